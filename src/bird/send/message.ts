import { toInstant } from '../../core/instant.js';
import { foldKey, hasRival } from '../../core/key-spelling.js';
import { isSet, own } from '../../core/own.js';

export type MessageKind = 'template' | 'freeform' | 'unclassified';

/** Content of a create-message body beside `template`; the kinds of body stand here for callers that leave `body` out. */
const contentKeys: ReadonlySet<string> = new Set([
  'body',
  'text',
  'html',
  'image',
  'file',
  'gif',
  'location',
  'carousel',
  'list',
  'section',
  'authentication',
  'action',
]);

/**
 * What a create-message body is for the window. A template is an own `template` that names one and no content beside
 * it, under any letter case: Bird's decoder does not mind the case, so `Body` is a body. Everything else is free-form,
 * but for what is no message at all, such as a body that nobody parsed.
 */
export function classifyMessage(message: unknown): MessageKind {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return 'unclassified';
  // A raw body is an object too, with a key for each byte.
  if (ArrayBuffer.isView(message)) return 'unclassified';
  let isMessage = false;
  let hasContent = false;
  for (const key of Object.keys(message)) {
    const name = foldKey(key);
    const isTemplate = name === 'template';
    isMessage ||= isTemplate || name === 'receiver' || contentKeys.has(name);
    // `Template` beside `template`: which of the two Bird would take cannot be told.
    const isRival = isTemplate ? key !== 'template' : contentKeys.has(name);
    hasContent ||= isRival && isSet(own(message, key));
  }
  if (!isMessage) return 'unclassified';
  const template = own(message, 'template');
  return isSet(template) && namesTemplate(template) && !hasContent ? 'template' : 'freeform';
}

/**
 * When a message will be sent: `undefined` for at once, and `unreadable` where `scheduledFor` is there and is no
 * instant.
 */
export function scheduledInstant(message: unknown): number | 'unreadable' | undefined {
  if (hasRival(message, ['scheduledFor'])) return 'unreadable';
  const scheduledFor = own(message, 'scheduledFor') ?? undefined;
  return scheduledFor === undefined ? undefined : (toInstant(scheduledFor) ?? 'unreadable');
}

/** Whether the caller says that a human writes; Bird then adds Meta's HUMAN_AGENT tag by itself. */
export function isFromHuman(message: unknown): boolean {
  const meta = own(message, 'meta');
  const extra = own(meta, 'extraInformation');
  const useCase = own(extra, 'useCase');
  if (useCase !== 'conversation' && useCase !== 'transactional') return false;
  // Of two spellings Bird may follow the one that says nothing of a human.
  return !(hasRival(message, ['meta']) || hasRival(meta, ['extraInformation']) || hasRival(extra, ['useCase']));
}

function namesTemplate(template: unknown): boolean {
  return isText(own(template, 'projectId')) || isText(own(template, 'name'));
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
