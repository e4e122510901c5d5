import { addressOfId } from '../../core/contact-address.js';
import { toInstant } from '../../core/instant.js';
import { own } from '../../core/own.js';
import type { UnknownReason } from '../../core/types.js';
import { toId, toRecurringId } from '../../core/uuid.js';
import type { ConversationFacts, WindowTarget } from '../../ports.js';
import { type Recipient, readRecipient } from './address.js';
import { type MessageReader, messageReader } from './message.js';
import { type SendRequest, undecidableReason } from './send-request.js';

/** A template send. On a platform with templates it needs no window, only a channel that works. */
export interface TemplateSend {
  readonly kind: 'template';
  readonly workspaceId: string | undefined;
  readonly channelId: string | undefined;
  /** The same send as free text, for platforms without templates: see `asFreeform`. */
  readonly send: SendRequest;
  readonly messages: MessageReader;
}

/** A free-form send: the fields that the decision needs. */
export interface FreeformSend {
  readonly kind: 'freeform';
  readonly workspaceId: string;
  readonly channelId: string;
  /** Whose window it needs, or the reason why that is unknown. */
  readonly target: WindowTarget | 'address_unresolved';
  readonly isHuman: boolean;
  /** The contact of a send into a conversation, if it came from the conversation. */
  readonly contact?: unknown;
  /** When it will be sent, epoch ms; `undefined`: at once; `unreadable`: its schedule is not an instant. */
  readonly sendAt: number | 'unreadable' | undefined;
}

/** A send into a conversation, whose channel and contacts have to be read first. */
export interface ConversationSend {
  readonly kind: 'conversation';
  readonly workspaceId: string;
  readonly channelId: undefined;
  readonly conversationId: string;
  /** The recipient, if the message names one. Otherwise the conversation's contacts count. */
  readonly recipient: unknown;
  readonly isHuman: boolean;
  readonly sendAt: number | 'unreadable' | undefined;
}

/** A send for which nothing can be looked up. */
export interface UndecidableSend {
  readonly kind: 'undecidable';
  readonly workspaceId: string | undefined;
  readonly channelId: string | undefined;
  readonly reason: UnknownReason;
  /** Whether the reason was already reported when the request was read. */
  readonly isTold?: boolean | undefined;
}

/** A send, parsed once. Ids are lower-case UUIDs, or `undefined` for anything else. */
export type ParsedSend = TemplateSend | FreeformSend | ConversationSend | UndecidableSend;

/** @param messages how its message is read: the sends of one request share a reader */
export function parseSend(send: SendRequest, messages: MessageReader = messageReader): ParsedSend {
  // Callers without types may pass anything, and `check` promises not to reject.
  if (typeof send !== 'object' || send === null) {
    return { kind: 'undecidable', workspaceId: undefined, channelId: undefined, reason: 'bad_id' };
  }
  let ids: Ids = { workspaceId: undefined, channelId: undefined };
  try {
    ids = { workspaceId: toRecurringId(own(send, 'workspaceId')), channelId: toRecurringId(own(send, 'channelId')) };
    const message = own(send, 'message');
    const preset = undecidableReason(send);
    if (preset !== undefined) return { kind: 'undecidable', ...ids, reason: preset, isTold: true };
    const kind = message === undefined ? 'freeform' : messages.kindOf(message);
    if (kind === 'unclassified') return { kind: 'undecidable', ...ids, reason: 'unclassified_message' };
    return kind === 'template' ? { kind, ...ids, send, messages } : readFreeform(send, ids, messages);
  } catch {
    // A getter of the caller's own has thrown, such as that of a record which is not loaded.
    return { kind: 'undecidable', ...ids, reason: 'unclassified_message' };
  }
}

/** A template, parsed as free text for platforms without templates. */
export function asFreeform({ send, workspaceId, channelId, messages }: TemplateSend): FreeformSend | undefined {
  const parsed = readFreeform(send, { workspaceId, channelId }, messages);
  return parsed.kind === 'freeform' ? parsed : undefined;
}

type Ids = Pick<UndecidableSend, 'workspaceId' | 'channelId'>;

function readFreeform(
  send: SendRequest,
  { workspaceId, channelId }: Ids,
  messages: MessageReader,
): FreeformSend | ConversationSend | UndecidableSend {
  const kind = 'freeform';
  const message = own(send, 'message');
  const undecidable = (reason: UnknownReason): UndecidableSend => ({
    kind: 'undecidable',
    workspaceId,
    channelId,
    reason,
  });
  if (workspaceId === undefined) return undecidable('bad_id');
  const sender = own(send, 'sender');
  const isHuman = sender === undefined ? messages.isFromHuman(message) : sender === 'human';
  const toldAt = own(send, 'sendAt');
  const sendAt = toldAt === undefined ? messages.scheduledFor(message) : (toInstant(toldAt) ?? 'unreadable');
  const recipient = own(send, 'contact');
  if (channelId !== undefined) {
    const target = targetFor(recipient, workspaceId, channelId);
    return target === 'bad_id' ? undecidable(target) : { kind, workspaceId, channelId, target, isHuman, sendAt };
  }
  const conversationId = own(send, 'channelId') === undefined ? toId(own(send, 'conversationId')) : undefined;
  if (conversationId === undefined) return undecidable('bad_id');
  return { kind: 'conversation', workspaceId, channelId, conversationId, recipient, isHuman, sendAt };
}

/** A conversation's send, once its channel is known. */
export function withConversation(
  { workspaceId, recipient, isHuman, sendAt }: ConversationSend,
  { channelId, contacts }: ConversationFacts,
): FreeformSend | UndecidableSend {
  const contact = recipient ?? (contacts.length === 1 ? contacts[0] : undefined);
  const target = targetFor(contact, workspaceId, channelId);
  if (target === 'bad_id') return { kind: 'undecidable', workspaceId, channelId, reason: target };
  return { kind: 'freeform', workspaceId, channelId, target, contact, isHuman, sendAt };
}

function targetFor(
  contact: unknown,
  workspaceId: string,
  channelId: string,
): WindowTarget | 'address_unresolved' | 'bad_id' {
  const recipient = readRecipient(contact);
  return typeof recipient === 'string' ? recipient : targetOf(recipient, workspaceId, channelId);
}

function targetOf(recipient: Recipient, workspaceId: string, channelId: string): WindowTarget {
  const { contactId, identifier, address } = recipient;
  return {
    key: { workspaceId, channelId, address: address ?? addressOfId(contactId ?? '') },
    contactId,
    identifier: identifier && { workspaceId, key: identifier.key, value: identifier.value },
    sentTo: address,
  };
}

/** The send with the channel and the contact of its conversation. */
export function filledIn(send: SendRequest, parsed: ParsedSend): SendRequest {
  if (parsed.kind !== 'freeform' || send.channelId !== undefined) return send;
  return { ...send, channelId: parsed.channelId, contact: parsed.contact as SendRequest['contact'] };
}
