import { toInstant } from '../core/instant.js';
import { own } from '../core/own.js';
import { toId, toRecurringId } from '../core/uuid.js';
import { readFailure } from './api/failure.js';
import { readRecipient } from './send/address.js';

/** The contact that an event is about. At least one of the two fields is set. */
export interface EventContact {
  readonly contactId: string | undefined;
  /** Normalised. */
  readonly address: string | undefined;
}

interface ChannelEvent {
  /** Lower-case UUID. */
  readonly channelId: string;
  /** When the reported change happened, epoch ms; `undefined`: the event does not say. */
  readonly happenedAt: number | undefined;
}

interface OutboundEvent extends ChannelEvent {
  readonly contacts: readonly EventContact[];
  readonly messageId: string | undefined;
  /** When the message was sent, epoch ms. */
  readonly sentAt: number;
}

/** The meaning of one of Bird's events for service windows. */
export type WebhookEvent =
  /** A customer's message that opens a window. */
  | (ChannelEvent & {
      readonly kind: 'customer_wrote';
      readonly contact: EventContact;
      /** Epoch ms. */
      readonly wroteAt: number;
      /** Whether `wroteAt` is the platform's time. Otherwise it is Bird's, which may be later. */
      readonly isPlatformTime: boolean;
      /** The customer's text, if the message is one. It is checked for opt-out words and not stored. */
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
  /** An unexplained event about these contacts: Bird has to be asked. */
  | (ChannelEvent & { readonly kind: 'doubtful'; readonly contacts: readonly EventContact[] })
  /** A customer's message that may be a public comment. It changes no evidence. */
  | (ChannelEvent & { readonly kind: 'maybe_wrote'; readonly contact: EventContact; readonly text: string | undefined })
  | { readonly kind: 'nothing'; readonly channelId: string | undefined; readonly happenedAt: undefined };

/**
 * Reads an event with a valid signature, own properties only. Only a certain customer's message opens a window. An
 * event that is not understood is `doubtful`, and one that is not about a message is `nothing`.
 *
 * Bird reports no inbound message for a call, so calls are `nothing` here. Only a read finds a window opened by a call.
 */
export function decodeWebhookEvent(parsed: unknown): WebhookEvent {
  const payload = own(parsed, 'payload');
  const channelId = toRecurringId(own(payload, 'channelId'));
  const { platform, direction } = splitName(own(parsed, 'event'));
  if (own(parsed, 'service') !== 'channels' || channelId === undefined) return nothing(channelId);
  // Instagram's comments and mentions are inbound events too, and no documented field distinguishes them from direct
  // messages. Remembered evidence stays valid, so the event changes nothing, and Bird is asked where there is none.
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

/** The two parts of a name such as `whatsapp.inbound`. Without arrays here and below, decoding takes 0.8 of the time. */
function splitName(event: unknown): { readonly platform?: string; readonly direction?: string } {
  if (typeof event !== 'string') return {};
  const dot = event.indexOf('.');
  return dot > 0 ? { platform: event.slice(0, dot), direction: event.slice(dot + 1) } : {};
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

/** Meta's system messages, current and former. Bird does not document the place of their type, so several are tried. */
const numberChanges: ReadonlySet<unknown> = new Set(['user_changed_number', 'customer_changed_number']);

function isNumberChange(payload: unknown): boolean {
  const body = own(payload, 'body');
  const extra = own(own(payload, 'meta'), 'extraInformation');
  return saysNumberChange(body) || saysNumberChange(extra);
}

function saysNumberChange(holder: unknown): boolean {
  return numberChanges.has(own(holder, 'type')) || numberChanges.has(own(own(holder, 'system'), 'type'));
}

/** The platform's own time of a message, which Bird passes on as a string of unix seconds. */
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
  // A template needs no window and does not count towards its quota.
  const isFreeform = (own(payload, 'body') ?? undefined) !== undefined;
  return isFreeform && onItsWay.has(status) ? { kind: 'message_sent', ...outbound } : nothing(channelId);
}

const MAX_ID_LENGTH = 128;

/** When a message was sent: a scheduled one is sent, and may be refused, long after it was created. */
function sendingTime(payload: unknown): number | undefined {
  const createdAt = readInstant(payload, 'createdAt');
  const scheduledFor = readInstant(payload, 'scheduledFor');
  if (createdAt === undefined || scheduledFor === undefined) return createdAt;
  // A message due within minutes may be sent at once: its status then changed before it was due.
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

/** Bird writes empty strings for missing values. */
function ownText(value: unknown, key: string): unknown {
  const text = own(value, key);
  return text === '' ? undefined : text;
}

function readInstant(payload: unknown, key: string): number | undefined {
  const value = own(payload, key);
  return typeof value === 'string' ? toInstant(value) : undefined;
}
