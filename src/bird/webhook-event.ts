import { toInstant } from '../core/instant.js';
import { own } from '../core/own.js';
import { toId } from '../core/uuid.js';
import { readFailure } from './api/failure.js';
import { readRecipient } from './send/address.js';

/** Whom an event is about. At least one of the two is there. */
export interface EventContact {
  readonly contactId: string | undefined;
  /** Normalised. */
  readonly address: string | undefined;
}

interface ChannelEvent {
  /** Lower-case UUID. */
  readonly channelId: string;
  /** When what the event tells happened, epoch ms; `undefined`: it does not say. */
  readonly happenedAt: number | undefined;
}

interface OutboundEvent extends ChannelEvent {
  readonly contacts: readonly EventContact[];
  readonly messageId: string | undefined;
  /** When the message was sent, epoch ms. */
  readonly sentAt: number;
}

/** What one of Bird's events means for service windows. */
export type WebhookEvent =
  /** A customer's message of a kind that opens a window. */
  | (ChannelEvent & {
      readonly kind: 'customer_wrote';
      readonly contact: EventContact;
      /** Epoch ms. */
      readonly wroteAt: number;
      /** The platform's own time was there; else Bird's, which may be later, was taken. */
      readonly isPlatformTime: boolean;
      /** What the customer wrote, where it is text. It is looked at and not kept. */
      readonly text: string | undefined;
    })
  /** A free-form message of the business is on its way. */
  | (OutboundEvent & { readonly kind: 'message_sent' })
  /** A message of the business failed, for a reason that says nothing about the window. */
  | (OutboundEvent & { readonly kind: 'message_lost' })
  /** A message of the business was refused because the window was closed, or its quota was spent. */
  | (OutboundEvent & { readonly kind: 'message_refused'; readonly code: string | number })
  /** The address is no longer the customer's. */
  | (ChannelEvent & { readonly kind: 'number_changed'; readonly contact: EventContact; readonly changedAt: number })
  /** Something happened to these contacts, but not what: Bird has to be asked. */
  | (ChannelEvent & { readonly kind: 'doubtful'; readonly contacts: readonly EventContact[] })
  /** Something of the customer's that may be a comment in public. It changes nothing of what is known. */
  | (ChannelEvent & { readonly kind: 'maybe_wrote'; readonly contact: EventContact; readonly text: string | undefined })
  | { readonly kind: 'nothing'; readonly channelId: string | undefined; readonly happenedAt: undefined };

/**
 * Reads an event whose signature holds, own properties only. Only what is certain to be a customer's message opens;
 * what is not understood is doubtful, and what is no message at all is nothing.
 *
 * Calls are no inbound message at Bird, so they come as nothing here: a window that a call opened is known to Bird's
 * look-up alone.
 */
export function decodeWebhookEvent(parsed: unknown): WebhookEvent {
  const payload = own(parsed, 'payload');
  const channelId = toId(own(payload, 'channelId'));
  const [platform, direction] = splitName(own(parsed, 'event'));
  if (own(parsed, 'service') !== 'channels' || channelId === undefined) return nothing(channelId);
  // Instagram's comments and mentions are inbound events too, and nothing that is documented tells them from direct
  // messages. What is remembered stays right, so this changes nothing; what is not remembered, Bird is asked for.
  if (platform === 'instagram' && direction === 'inbound') return decodePublic(payload, channelId);
  if (direction === 'inbound') return decodeInbound(payload, channelId);
  return direction === 'outbound' ? decodeOutbound(payload, channelId) : nothing(channelId);
}

function decodePublic(payload: unknown, channelId: string): WebhookEvent {
  const contact = readContact(own(own(payload, 'sender'), 'contact'));
  return contact === undefined
    ? nothing(channelId)
    : { kind: 'maybe_wrote', channelId, happenedAt: undefined, contact, text: textOf(payload) };
}

function nothing(channelId: string | undefined): WebhookEvent {
  return { kind: 'nothing', channelId, happenedAt: undefined };
}

/** `whatsapp.inbound` in its two parts. */
function splitName(event: unknown): readonly (string | undefined)[] {
  const parts = typeof event === 'string' ? event.split('.') : [];
  return parts.length === 2 ? parts : [];
}

/** The types of Bird's bodies that a customer can write. */
const customerContent: ReadonlySet<unknown> = new Set(['text', 'html', 'image', 'file', 'gif', 'location', 'list']);

function decodeInbound(payload: unknown, channelId: string): WebhookEvent {
  const contact = readContact(own(own(payload, 'sender'), 'contact'));
  if (contact === undefined) return nothing(channelId);
  const createdAt = readInstant(payload, 'createdAt');
  if (createdAt === undefined) return { kind: 'doubtful', channelId, happenedAt: undefined, contacts: [contact] };

  const platformAt = platformTime(payload);
  const wroteAt = Math.min(createdAt, platformAt ?? createdAt);
  if (isNumberChange(payload)) {
    return { kind: 'number_changed', channelId, happenedAt: wroteAt, contact, changedAt: wroteAt };
  }
  if (!isCustomerContent(payload)) return { kind: 'doubtful', channelId, happenedAt: wroteAt, contacts: [contact] };
  const isPlatformTime = platformAt !== undefined;
  const text = textOf(payload);
  return { kind: 'customer_wrote', channelId, happenedAt: wroteAt, contact, wroteAt, isPlatformTime, text };
}

function textOf(payload: unknown): string | undefined {
  const text = own(own(own(payload, 'body'), 'text'), 'text');
  return typeof text === 'string' ? text : undefined;
}

function isCustomerContent(payload: unknown): boolean {
  const status = own(payload, 'status');
  const isReceived = own(payload, 'direction') === 'incoming' && (status === undefined || status === 'delivered');
  return isReceived && customerContent.has(own(own(payload, 'body'), 'type'));
}

/** Meta's system messages, of today and of old. Where Bird puts the type of one is not documented, so these are tried. */
const numberChanges: ReadonlySet<unknown> = new Set(['user_changed_number', 'customer_changed_number']);

function isNumberChange(payload: unknown): boolean {
  const body = own(payload, 'body');
  const extra = own(own(payload, 'meta'), 'extraInformation');
  const types = [body, own(body, 'system'), extra, own(extra, 'system')].map((holder) => own(holder, 'type'));
  return types.some((type) => numberChanges.has(type));
}

/** The platform's own time of a message, which Bird hands on as a string of unix seconds. */
function platformTime(payload: unknown): number | undefined {
  const timestamp = own(own(own(payload, 'meta'), 'extraInformation'), 'timestamp');
  return typeof timestamp === 'string' && /^\d{10}$/.test(timestamp) ? Number(timestamp) * 1000 : undefined;
}

const onItsWay: ReadonlySet<unknown> = new Set(['accepted', 'processing', 'sent', 'delivered']);
const failed: ReadonlySet<unknown> = new Set(['rejected', 'sending_failed', 'delivery_failed', 'skipped']);

function decodeOutbound(payload: unknown, channelId: string): WebhookEvent {
  const contacts = readContacts(own(own(payload, 'receiver'), 'contacts'));
  const status = own(payload, 'status');
  if (contacts.length === 0 || own(payload, 'direction') === 'incoming') return nothing(channelId);

  const refusedBy = failed.has(status) ? readFailure(payload) : undefined;
  const sentAt = sendingTime(payload);
  const happenedAt = readInstant(payload, 'lastStatusAt') ?? sentAt;
  // Of several contacts it is not said whom the refusal concerns, and it must not close the windows of the others.
  const isUnsure = refusedBy?.refusal === 'doubtful' || sentAt === undefined || contacts.length > 1;
  if (refusedBy !== undefined && isUnsure) {
    return { kind: 'doubtful', channelId, happenedAt, contacts };
  }
  if (sentAt === undefined) return nothing(channelId);
  const id = own(payload, 'id');
  const messageId = typeof id === 'string' && id.length <= MAX_ID_LENGTH ? id : undefined;
  const outbound = { channelId, happenedAt, contacts, messageId, sentAt };
  if (refusedBy !== undefined) return { kind: 'message_refused', ...outbound, code: refusedBy.code };
  if (failed.has(status)) return { kind: 'message_lost', ...outbound };
  // A template needs no window and takes nothing from its quota.
  const isFreeform = (own(payload, 'body') ?? undefined) !== undefined;
  return isFreeform && onItsWay.has(status) ? { kind: 'message_sent', ...outbound } : nothing(channelId);
}

const MAX_ID_LENGTH = 128;

/** A scheduled message is sent, and judged by the platform, long after it was created. */
function sendingTime(payload: unknown): number | undefined {
  const createdAt = readInstant(payload, 'createdAt');
  const scheduledFor = readInstant(payload, 'scheduledFor');
  if (createdAt === undefined || scheduledFor === undefined) return createdAt;
  // One that is due within minutes may go at once: its status then changed before it was due.
  const statusAt = readInstant(payload, 'lastStatusAt') ?? scheduledFor;
  return Math.max(createdAt, Math.min(scheduledFor, statusAt));
}

function readContacts(contacts: unknown): readonly EventContact[] {
  if (!Array.isArray(contacts)) return [];
  return contacts.map(readContact).filter((contact) => contact !== undefined);
}

function readContact(contact: unknown): EventContact | undefined {
  const contactId = toId(own(contact, 'id'));
  const recipient = readRecipient({
    identifierKey: ownText(contact, 'identifierKey'),
    identifierValue: ownText(contact, 'identifierValue'),
    identifiers: own(contact, 'identifiers'),
    platformAddress: ownText(contact, 'platformAddress'),
    platformAddressSelector: ownText(contact, 'platformAddressSelector'),
  });
  const address = typeof recipient === 'string' ? undefined : recipient.address;
  return contactId === undefined && address === undefined ? undefined : { contactId, address };
}

/** Bird writes empty texts where it has none. */
function ownText(value: unknown, key: string): unknown {
  const text = own(value, key);
  return text === '' ? undefined : text;
}

function readInstant(payload: unknown, key: string): number | undefined {
  const value = own(payload, key);
  return typeof value === 'string' ? toInstant(value) : undefined;
}
