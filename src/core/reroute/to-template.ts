import { isMap, isObject } from '../option-checks.js';
import { own, ownFields } from '../own.js';
import { platformRow } from '../platforms.js';
import { ignoreRejection } from '../promise-like.js';
import { isUuid } from '../uuid.js';
import { doubt } from './doubt.js';
import { filledTemplate } from './filled-template.js';
import { asTag, matchLocale } from './locale.js';
import { isMatterOfTime } from './matter-of-time.js';
import { contentOf, type MessageContent, recipientOf, withoutContent } from './message-content.js';
import type { RerouteContext, ReroutePolicy, RerouteResult, SendToReroute } from './policy.js';
import { isBlank, splitText, tidyVariable } from './template-variable.js';
import { checkToTemplate, type MediaTemplate, type ToTemplateOptions } from './to-template-options.js';

/** A text that needs more sends than a batch of Bird's permits is declined. */
const MAX_SENDS = 100;

/**
 * Sends the text in a template, which needs no window. Declines what the template cannot carry completely, with a
 * reason: `text_blank`, `text_too_long`, `variable_blank`, `variable_too_long`, `interactive_content`,
 * `media_without_template`, `caption_not_carried`, `several_media`, `content_not_carried`, `ambiguous_message`,
 * `platform_without_templates`, `address_unresolved`, `reason_not_time`.
 *
 * A split text gives several sends, all of which must be sent.
 *
 * @throws {TypeError | RangeError} at creation, for invalid options
 *
 * @example
 * const onClosed = toTemplate({ projectId, locale: 'en', variable: 'message' });
 */
export function toTemplate(given: ToTemplateOptions): ReroutePolicy {
  checkToTemplate(given);
  const options = ownFields(given);
  const policy: ReroutePolicy = function toTemplatePolicy(context) {
    const { send, decision, platform } = context;
    // An inactive channel sends no template either, and a contact who has opted out gets nothing.
    if (!isMatterOfTime(decision.reason)) return context.decline('reason_not_time');
    const row = platformRow(platform, undefined);
    if (row !== undefined && own(row, 'hasTemplates') !== true) return context.decline('platform_without_templates');
    if (send.conversationId === undefined && !isObject(send.contact)) return context.decline('address_unresolved');
    const templates = templatesFor(contentOf(send.message), send, options);
    return typeof templates === 'string' ? context.decline(templates) : resultOf(templates, context);
  };
  if (!isUuid(options.projectId)) doubt(policy, NO_PROJECT);
  return policy;
}

const NO_PROJECT =
  "toTemplate.projectId is not a UUID; use the id of the project in Bird's Studio, not the template's name";

interface FilledTemplates {
  readonly templates: readonly object[];
  readonly changes: readonly string[];
}

/** The templates that carry a message, or the reason why none can. */
function templatesFor(
  content: MessageContent,
  send: SendToReroute,
  options: ToTemplateOptions,
): FilledTemplates | string {
  const { onInteractive = 'block' } = options;
  switch (content.kind) {
    case 'none':
      return content.reason;
    case 'interactive':
      return onInteractive === 'text'
        ? textTemplates(content.text, send, options, ['text_only'])
        : 'interactive_content';
    case 'text':
      return textTemplates(content.text, send, options, []);
    case 'image':
    case 'file':
      return mediaTemplate(content, send, options);
  }
}

function textTemplates(
  text: string,
  send: SendToReroute,
  options: ToTemplateOptions,
  changed: readonly string[],
): FilledTemplates | string {
  const { variable, maxLength = 1024, onTooLong = 'split' } = options;
  if (isBlank(text)) return 'text_blank';
  // A text that cannot fit is declined early, since processing it takes time.
  const tidy = tidyVariable(text, onTooLong === 'block' ? maxLength : MAX_SENDS * (maxLength + 1));
  const pieces = tidy === undefined ? undefined : splitText(tidy, maxLength);
  if (pieces === undefined || pieces.length > MAX_SENDS) return 'text_too_long';
  if (pieces.some(isBlank)) return 'text_blank';
  const others = otherVariables(send, options);
  if (typeof others === 'string') return others;
  const template = { projectId: options.projectId, version: options.version, locale: localeFor(send, options) };
  const changes = [...changed, ...(tidy === text ? [] : ['white_space']), ...(pieces.length > 1 ? ['split'] : [])];
  return { templates: pieces.map((piece) => filledTemplate(template, { ...others, [variable]: piece })), changes };
}

function mediaTemplate(
  { kind, url, text }: Extract<MessageContent, { readonly kind: 'image' | 'file' }>,
  send: SendToReroute,
  options: ToTemplateOptions,
): FilledTemplates | string {
  const given = own(options.media, kind) as MediaTemplate | undefined;
  if (given === undefined) return 'media_without_template';
  const media = ownFields(given);
  if (text !== undefined && media.variable === undefined) return 'caption_not_carried';
  if (text === undefined && media.variable !== undefined) return 'text_blank';
  const caption = text === undefined ? undefined : tidyVariable(text, options.maxLength ?? 1024);
  if (text !== undefined && caption === undefined) return 'text_too_long';
  const others = otherVariables(send, options);
  if (typeof others === 'string') return others;
  const captioned = media.variable === undefined || caption === undefined ? {} : { [media.variable]: caption };
  const template = { projectId: media.projectId, version: media.version, locale: localeFor(send, options) };
  const changes = caption === text ? [] : ['white_space'];
  return { templates: [filledTemplate(template, { ...others, ...captioned, [media.mediaVariable]: url })], changes };
}

function otherVariables(
  { message }: SendToReroute,
  { variables, maxLength = 1024 }: ToTemplateOptions,
): Readonly<Record<string, string>> | string {
  const given: unknown = variables?.(message) ?? {};
  // A promise that was not awaited has no entries, and would count as no variables.
  ignoreRejection(given);
  if (!isMap(given)) return 'variable_blank';
  const entries = Object.entries(given);
  if (entries.some(([, value]) => typeof value !== 'string' || isBlank(value))) return 'variable_blank';
  const tidy = entries.flatMap(([key, value]) => {
    const fitting = tidyVariable(value, maxLength);
    return fitting === undefined ? [] : [[key, fitting] as const];
  });
  return tidy.length < entries.length ? 'variable_too_long' : Object.fromEntries(tidy);
}

function localeFor(send: SendToReroute, { locale, locales = [asTag(locale)], ...options }: ToTemplateOptions): string {
  const wanted = [options.contactLocale?.(send), options.channelLocale?.(send), locale];
  // A promise is not a locale, and is skipped.
  for (const one of wanted) ignoreRejection(one);
  return matchLocale(wanted, locales, asTag(locale));
}

function resultOf({ templates, changes }: FilledTemplates, { send }: RerouteContext): RerouteResult {
  const { channelId = '', message } = send;
  const rest = withoutContent(message);
  const sends = templates.map((template) => ({ channelId, message: { ...rest, ...recipientOf(send), template } }));
  return { action: 'reroute', sends, changes: ['template', ...changes] };
}
