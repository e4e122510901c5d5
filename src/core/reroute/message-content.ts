import { foldKey } from '../key-spelling.js';
import { isSet, own } from '../own.js';
import type { SendToReroute } from './policy.js';
import { isBlank } from './template-variable.js';

/** What of a create-message body a template or another channel could carry. */
export type MessageContent =
  | { readonly kind: 'text'; readonly text: string }
  /** Exactly one picture or document, by its URL, with its caption. */
  | { readonly kind: 'image' | 'file'; readonly url: string; readonly text: string | undefined }
  /** Text with buttons, cards or a list, which would be lost. */
  | { readonly kind: 'interactive'; readonly text: string }
  | { readonly kind: 'none'; readonly reason: 'content_not_carried' | 'several_media' | 'ambiguous_message' };

/** Reads the content of a free-form message, own properties only. Throws for no input. */
export function contentOf(message: unknown): MessageContent {
  try {
    return readContent(message);
  } catch {
    // Getters and proxies may throw when they are read.
    return none('content_not_carried');
  }
}

function readContent(message: unknown): MessageContent {
  if (isSet(own(message, 'template')) || hasOtherSpelling(message)) return none('ambiguous_message');
  const body = own(message, 'body');
  const type = own(body, 'type');
  if (typeof type !== 'string') return none('content_not_carried');
  const content = own(body, type);
  if (hasRivals(body) || hasRivals(content)) return none('ambiguous_message');
  const text = own(content, 'text');
  switch (type) {
    case 'text':
      return typeof text === 'string' ? { kind: kindOfText(content), text } : none('content_not_carried');
    case 'image':
      return mediaOf('image', own(content, 'images'), content);
    case 'file':
      return mediaOf('file', own(content, 'files'), content);
    case 'list':
    case 'carousel':
      return typeof text === 'string' ? { kind: 'interactive', text } : none('content_not_carried');
    default:
      return none('content_not_carried');
  }
}

/**
 * The part of a message that says to whom it goes: to the contact that was decided about, and to nobody else that the
 * request names. A conversation's message that names nobody goes to the conversation's own.
 */
export function recipientOf({ conversationId, contact, message }: SendToReroute): object {
  if (conversationId === undefined) return { receiver: { contacts: [contact] } };
  const recipients = own(message, 'recipients');
  return Array.isArray(recipients) && recipients.length > 0 ? { recipients: [contact] } : {};
}

/** Everything of a message but its content and its receiver: the reference, the schedule, tags and the like. */
export function withoutContent(message: unknown): Record<string, unknown> {
  if (typeof message !== 'object' || message === null) return {};
  return Object.fromEntries(Object.entries(message).filter(([key]) => !contentKeys.has(foldKey(key))));
}

/** Under any letter case, since Bird's decoder does not mind it; `__proto__` is nothing that Bird knows. */
const contentKeys: ReadonlySet<string> = new Set([
  ...['body', 'template', 'receiver', '__proto__'],
  ...['text', 'html', 'image', 'file', 'gif', 'location', 'carousel', 'list', 'section', 'authentication', 'action'],
]);

/** `Body` beside or instead of `body`: which of them Bird would send cannot be told. */
function hasOtherSpelling(message: unknown): boolean {
  const others = keysOf(message).filter((key) => !['body', 'template', 'receiver'].includes(key));
  return others.some((key) => isContent(message, key));
}

function keysOf(value: unknown): readonly string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

function isContent(message: unknown, key: string): boolean {
  return contentKeys.has(foldKey(key)) && isSet(own(message, key));
}

/** A key in two letter cases, or `Text`: which of them Bird would read, and whether, cannot be told either. */
function hasRivals(value: unknown): boolean {
  const keys = keysOf(value);
  const names = new Set(keys.map((key) => foldKey(key)));
  return names.size < keys.length || (names.has('text') && !keys.includes('text'));
}

function kindOfText(content: unknown): 'text' | 'interactive' {
  const isExtra = (key: string): boolean => extras.has(foldKey(key)) && isFilled(own(content, key));
  return keysOf(content).some(isExtra) ? 'interactive' : 'text';
}

const extras: ReadonlySet<string> = new Set(['actions', 'attachments']);

function isFilled(value: unknown): boolean {
  return isSet(value) && !(Array.isArray(value) && value.length === 0);
}

function mediaOf(kind: 'image' | 'file', media: unknown, content: unknown): MessageContent {
  if (kindOfText(content) === 'interactive' || !Array.isArray(media)) return none('content_not_carried');
  if (media.length !== 1) return none('several_media');
  const url = own(media[0], 'mediaUrl');
  const text = own(content, 'text');
  if (typeof url !== 'string' || url.trim() === '' || isSound(media[0])) return none('content_not_carried');
  if (isSet(text) && typeof text !== 'string') return none('content_not_carried');
  return { kind, url, text: typeof text === 'string' && !isBlank(text) ? text : undefined };
}

/** The header of a template takes pictures, films and documents, but no voice note. */
function isSound(medium: unknown): boolean {
  const contentType = own(medium, 'contentType');
  return typeof contentType === 'string' && /^\s*audio\//i.test(contentType);
}

function none(reason: Extract<MessageContent, { readonly kind: 'none' }>['reason']): MessageContent {
  return { kind: 'none', reason };
}
