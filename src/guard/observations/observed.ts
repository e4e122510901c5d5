import { guessKey, normaliseAddress } from '../../bird/send/address.js';
import { requireObject } from '../../core/argument-checks.js';
import { addressOfId } from '../../core/contact-address.js';
import { typeName } from '../../core/option-checks.js';
import { own } from '../../core/own.js';
import type { Instant } from '../../core/types.js';
import { toId, toRecurringId } from '../../core/uuid.js';
import type { ReplyEvent } from '../../held/options.js';
import type { ChannelRef, IdentifierRef, WindowKey } from '../../ports.js';

/** Whose window an observation concerns: the address where it is known, else the contact id. */
export interface ObservedContact {
  /** The workspace that the channel belongs to, a UUID. */
  readonly workspaceId: string;
  /** The channel on which it happened, a UUID. */
  readonly channelId: string;
  /** The contact's id, a UUID. Either this or `address` is required; both are best. */
  readonly contactId?: string | undefined;
  /** What the customer wrote from, or what the message was sent to. */
  readonly address?: string | undefined;
  /** Bird's key of the address, such as `phonenumber`. Needed only for a phone number without its `+`. */
  readonly identifierKey?: string | undefined;
}

/** A customer's message that your application has seen. */
export interface ObservedInbound extends ObservedContact {
  /**
   * When the customer wrote, by the platform's clock. Up to 5 minutes ahead counts as now; anything later opens
   * nothing.
   */
  readonly at: Instant;
  /** The message's id, for your logs. Reporting the same message twice changes nothing. */
  readonly messageId?: string | undefined;
  /** What the customer wrote, for `holdUntilReply`: an opt-out word alone releases nothing. It is not kept. */
  readonly text?: string | undefined;
}

/** A message that the provider refused as too late. */
export interface ObservedRefusal extends ObservedContact {
  /** When the refused message was sent. */
  readonly sentAt: Instant;
  /**
   * The provider's code, with its subcode or its words where there are any: `131047`, `10/2018278`. A code that does
   * not concern the window changes nothing, and the first such code is logged. After a code that may concern the
   * window, Bird is asked again.
   */
  readonly code: string | number;
}

/** That a contact has opted out of free-form messages, or in again. */
export interface ObservedOptOut extends ObservedContact {
  /** True: the contact has opted out. False: the contact wants messages again. */
  readonly optedOut: boolean;
  /** When the contact said so. The latest report counts, in whatever order they come; of two of one instant, `true`. */
  readonly at: Instant;
}

/** A message that was sent, or that turned out not to have been. */
export interface ObservedSent extends ObservedContact {
  readonly messageId: string;
  readonly sentAt: Instant;
  readonly isLost: boolean;
}

/** What to forget: one window; without contact and address, a channel; without a channel, a workspace. */
export interface ForgetTarget extends Omit<ObservedContact, 'channelId'> {
  /** The channel whose windows are forgotten. Default: all channels of the workspace. */
  readonly channelId?: string | undefined;
}

/** An observed contact, read and checked. */
export interface ReadContact {
  readonly ref: ChannelRef;
  readonly contactId: string | undefined;
  /** Where the store keeps what is observed of the contact. */
  readonly byAddress: WindowKey | undefined;
  readonly byId: WindowKey | undefined;
}

const CONTACT_SHAPE = '{ workspaceId, channelId, contactId or address, ... }';

/** @throws {TypeError} naming the field; `caller` stands in front */
export function readContact(contact: ObservedContact, caller: string): ReadContact {
  requireObject(contact, `${caller}: the argument`, CONTACT_SHAPE);
  const workspaceId = toRecurringId(contact.workspaceId) ?? readId(contact.workspaceId, caller, 'workspaceId');
  const channelId = toRecurringId(contact.channelId) ?? readId(contact.channelId, caller, 'channelId');
  const id = own(contact, 'contactId');
  const given = own(contact, 'address');
  if (id === undefined && given === undefined) throw new TypeError(`${caller} needs contactId or address`);
  const contactId = id === undefined ? undefined : readId(id, caller, 'contactId');
  const address = given === undefined ? undefined : readAddress(contact, caller);
  return {
    ref: { workspaceId, channelId },
    contactId,
    byAddress: address === undefined ? undefined : { workspaceId, channelId, address },
    byId: contactId === undefined ? undefined : { workspaceId, channelId, address: addressOfId(contactId) },
  };
}

function readAddress(contact: ObservedContact, caller: string): string {
  const address = normaliseAddress(own(contact, 'address'), keyOf(contact));
  if (address === undefined) throw new TypeError(`${caller}: address must be a non-empty string`);
  return address;
}

function keyOf(contact: Pick<ObservedContact, 'identifierKey'>): string | undefined {
  const key = own(contact, 'identifierKey');
  return typeof key === 'string' ? key : undefined;
}

/** By what a contact can be searched; `undefined` where the kind of its address is not known. */
export function identifierOf(contact: Omit<ObservedContact, 'channelId'>): IdentifierRef | undefined {
  const given = keyOf(contact);
  const value = normaliseAddress(own(contact, 'address'), given);
  const key = given ?? guessKey(value);
  return value === undefined || key === undefined ? undefined : { workspaceId: contact.workspaceId, key, value };
}

/** @throws {TypeError} naming the field */
export function readId(value: unknown, caller: string, field: string): string {
  const id = toId(value);
  if (id === undefined) throw new TypeError(`${caller}: ${field} must be a UUID; received ${typeName(value)}`);
  return id;
}

/** What `holdUntilReply` is told of a customer's message. */
export function replyOf({ workspaceId, channelId, contactId, address, text }: Omit<ObservedInbound, 'at'>): ReplyEvent {
  return { workspaceId, channelId, contactId, address, text: typeof text === 'string' ? text : undefined };
}
