import { own } from '../own.js';
import { platformOf, platformRow } from '../platforms.js';
import type { ContactIdentifier, RerouteContext, SendToReroute } from './policy.js';

/**
 * The key of each platform's addresses, for platforms whose addresses mean the same person elsewhere. The others have
 * keys of their own, such as `facebookid-509207435603226`.
 *
 * Source: docs.bird.com, Conversations API, "Conversation participants", read 2026-11-27.
 */
const addressKeys: Readonly<Record<string, string>> = {
  whatsapp: 'phonenumber',
  sms: 'phonenumber',
  rcs: 'phonenumber',
  viber: 'phonenumber',
  voice: 'phonenumber',
  email: 'emailaddress',
};

/** Why a contact cannot be reached on a channel. */
export type Unreachable = 'no_address' | 'address_unresolved';

/**
 * A send's contact on another channel, as an entry of Bird's `receiver.contacts`: by an address in the send, else by
 * one that the provider lists. Without either, Bird would accept the message and nobody would get it.
 */
export async function contactOnChannel(channelId: string, context: RerouteContext): Promise<object | Unreachable> {
  const named = namedAddress(context);
  const platform = await context.platformOf?.(channelId);
  const key = addressKeyOf(platform);
  if (named !== undefined && named.key === key) return toContact(named);
  const asNamed = named === undefined ? byId(context.send) : toContact(named);
  // A window is open only for a contact who has written on that channel, so the address need not be known.
  if (asNamed !== undefined && platformRow(platform, undefined)?.window !== null) return asNamed;
  const listed = platform === undefined ? undefined : await context.identifiers?.();
  if (platform === undefined || listed === undefined) return 'address_unresolved';
  const found = listed.find((identifier) => isFor(identifier, key ?? platform));
  return found === undefined ? 'no_address' : toContact(found);
}

/** The key of a platform's addresses; `undefined` if it has one of its own, or is not known. */
function addressKeyOf(platform: string | undefined): string | undefined {
  const key = own(addressKeys, platformOf(platform) ?? '');
  return typeof key === 'string' ? key : undefined;
}

function byId({ contact }: SendToReroute): object | undefined {
  const id = own(contact, 'id');
  return typeof id === 'string' ? { id } : undefined;
}

function toContact({ key, value }: ContactIdentifier): object {
  return { identifierKey: key, identifierValue: value };
}

/**
 * The phone number or email address in a send, `platformAddress` first. No other address means the same person on
 * another channel.
 */
function namedAddress({ send: { contact }, platform }: RerouteContext): ContactIdentifier | undefined {
  const listed = own(contact, 'identifiers');
  const holder = own(contact, 'identifierKey') === undefined && Array.isArray(listed) ? listed[0] : contact;
  const key = own(holder, 'identifierKey');
  const sentTo = own(contact, 'platformAddress') ?? undefined;
  const value = sentTo ?? own(holder, 'identifierValue');
  if (typeof value !== 'string') return undefined;
  const keys = sentTo === undefined ? [key] : [key, addressKeyOf(platform), keyOfNumber(value)];
  const fitting = keys.filter(isCommon).find((one) => isAddress(value, one));
  return fitting === undefined ? undefined : { key: fitting, value };
}

function isCommon(key: unknown): key is string {
  return key === 'phonenumber' || key === 'emailaddress';
}

/** Digits alone, without a key, may be an id of the platform. */
function keyOfNumber(value: string): string | undefined {
  return value.normalize('NFKC').trim().startsWith('+') ? 'phonenumber' : undefined;
}

function isFor({ key, value }: ContactIdentifier, wanted: string): boolean {
  return isCommon(wanted) ? key === wanted && isAddress(value, wanted) : key.startsWith(wanted);
}

/** Under `phonenumber` Bird also stores ids of users and groups, which no other platform knows. */
function isAddress(value: string, key: string): boolean {
  return key === 'phonenumber' ? PHONE_NUMBER.test(value.normalize('NFKC')) : value.includes('@');
}

const PHONE_NUMBER = /^[+\s(\p{Cf}]*(?:\d[\s().\-/\u2010-\u2015\p{Cf}]*){6,17}$/u;
