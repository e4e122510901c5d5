import { foldKey, isSet, own } from '../own.js';
import type { SendToReroute } from './policy.js';
import { isBlank } from './template-variable.js';

/** The content of a create-message body that a template or another channel can carry. */
export type MessageContent =
  | { readonly kind: 'text'; readonly text: string }
  /** Exactly one image or document, by its URL, with its caption. */
  | { readonly kind: 'image' | 'file'; readonly url: string; readonly text: string | undefined }
  /** Text with buttons, cards or a list, which would be lost in a template. */
  | { readonly kind: 'interactive'; readonly text: string }
  | { readonly kind: 'none'; readonly reason: 'content_not_carried' | 'several_media' | 'ambiguous_message' };

/** Reads the content of a free-form message, own properties only. Never throws. */
export function contentOf(message: unknown): MessageContent {
  try {
    return readContent(message);
  } catch {
    // Getters and proxies may throw when read.
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
 * The receiver of a message for the contact of the send, and for no other recipient of the request. A conversation's
 * message without a receiver goes to the conversation's participants.
 */
export function recipientOf({ conversationId, contact, message }: SendToReroute): object {
  if (conversationId === undefined) return { receiver: { contacts: [contact] } };
  const recipients = own(message, 'recipients');
  return Array.isArray(recipients) && recipients.length > 0 ? { recipients: [contact] } : {};
}

/** A message without its content and receiver: the reference, the schedule, tags and so on. */
export function withoutContent(message: unknown): Record<string, unknown> {
  if (typeof message !== 'object' || message === null) return {};
  return Object.fromEntries(Object.entries(message).filter(([key]) => !contentKeys.has(foldKey(key))));
}

/** Keys of content and receiver, compared in any letter case, which Bird's decoder ignores. */
const contentKeys: ReadonlySet<string> = new Set([
  ...['body', 'template', 'receiver', '__proto__'],
  ...['text', 'html', 'image', 'file', 'gif', 'location', 'carousel', 'list', 'section', 'authentication', 'action'],
]);

/** Whether `Body` appears besides or instead of `body`: it is unknown which of them Bird would send. */
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

/** Whether a key appears in another letter case, such as `Text`: it is unknown which of them Bird would read. */
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

/** A template's header takes images, videos and documents, but no voice messages. */
function isSound(medium: unknown): boolean {
  const contentType = own(medium, 'contentType');
  return typeof contentType === 'string' && /^\s*audio\//i.test(contentType);
}

function none(reason: Extract<MessageContent, { readonly kind: 'none' }>['reason']): MessageContent {
  return { kind: 'none', reason };
}
