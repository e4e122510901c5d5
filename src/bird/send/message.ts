import { toInstant } from '../../core/instant.js';
import { foldKey, hasRival, isSet, own } from '../../core/own.js';

export type MessageKind = 'template' | 'freeform' | 'unclassified';

/** Content of a create-message body besides `template`. The kinds of body are listed for callers that omit `body`. */
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
 * The kind of a create-message body. A template has an own `template` that names one, and no other content in any
 * letter case: Bird's decoder ignores the case, so `Body` is a body. Everything else is free-form, except for what is
 * no message at all, such as an unparsed body.
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
    // With both `Template` and `template` it is unknown which of them Bird would read.
    const isRival = isTemplate ? key !== 'template' : contentKeys.has(name);
    hasContent ||= isRival && isSet(own(message, key));
  }
  if (!isMessage) return 'unclassified';
  const template = own(message, 'template');
  return isSet(template) && namesTemplate(template) && !hasContent ? 'template' : 'freeform';
}

/**
 * When a message will be sent: `undefined` for at once, `unreadable` if `scheduledFor` is not an instant.
 */
export function scheduledInstant(message: unknown): number | 'unreadable' | undefined {
  if (hasRival(message, ['scheduledFor'])) return 'unreadable';
  const scheduledFor = own(message, 'scheduledFor') ?? undefined;
  return scheduledFor === undefined ? undefined : (toInstant(scheduledFor) ?? 'unreadable');
}

/** Whether the message says that a human writes: Bird then adds Meta's HUMAN_AGENT tag. */
export function isFromHuman(message: unknown): boolean {
  const meta = own(message, 'meta');
  const extra = own(meta, 'extraInformation');
  const useCase = own(extra, 'useCase');
  if (useCase !== 'conversation' && useCase !== 'transactional') return false;
  // With two spellings Bird may read the one that does not say so.
  return !(hasRival(message, ['meta']) || hasRival(meta, ['extraInformation']) || hasRival(extra, ['useCase']));
}

function namesTemplate(template: unknown): boolean {
  return isText(own(template, 'projectId')) || isText(own(template, 'name'));
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}

/** How messages are read. */
export interface MessageReader {
  readonly kindOf: typeof classifyMessage;
  readonly scheduledFor: typeof scheduledInstant;
  readonly isFromHuman: typeof isFromHuman;
}

/** Reads each message anew: it may have changed since the last time. */
export const messageReader: MessageReader = { kindOf: classifyMessage, scheduledFor: scheduledInstant, isFromHuman };

/**
 * For the recipients of one request, which name the same message one after the other. Read for each of 1000 recipients,
 * 80 kB of keys that nobody knows would stop the process for seconds.
 */
export function sharedMessageReader(): MessageReader {
  return {
    kindOf: onceEach(classifyMessage),
    scheduledFor: onceEach(scheduledInstant),
    isFromHuman: onceEach(isFromHuman),
  };
}

function onceEach<T>(read: (message: unknown) => T): (message: unknown) => T {
  let last: { readonly message: unknown; readonly said: T } | undefined;
  return (message) => {
    if (last === undefined || last.message !== message) last = { message, said: read(message) };
    return last.said;
  };
}
