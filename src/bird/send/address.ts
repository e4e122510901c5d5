import { hasRival, isSet, own } from '../../core/own.js';
import { toId } from '../../core/uuid.js';

/** A contact as a send names it: an entry of Bird's `receiver.contacts`. */
export interface ReceiverContact {
  /** The contact's id at Bird, a UUID in any letter case. */
  readonly id?: string | undefined;
  /**
   * The kind of `identifierValue`: `phonenumber`, `emailaddress`, or a platform's own. Default: guessed from the value.
   */
  readonly identifierKey?: string | undefined;
  /** What the contact is searched by: a phone number, a mail address, a page-scoped id. */
  readonly identifierValue?: string | undefined;
  /** The same as a list; with more than one entry, the send is `address_unresolved`. */
  readonly identifiers?:
    | readonly {
        /** The kind of this entry's `identifierValue`. */
        readonly identifierKey?: string;
        /** What the contact is searched by. */
        readonly identifierValue?: string;
      }[]
    | undefined;
  /** The address the message is sent to, where it differs from the identifier. */
  readonly platformAddress?: string | undefined;
  /** Bird's rule for choosing an address; with one, the send is `address_unresolved`. */
  readonly platformAddressSelector?: string | null | undefined;
}

/** The contact whose window a send needs. */
export interface Recipient {
  /** The contact's id, lower-case, where the send gives it. */
  readonly contactId: string | undefined;
  /** The identifier by which the contact can be searched; without it and an id, only memory can know the window. */
  readonly identifier: { readonly key: string; readonly value: string } | undefined;
  /** The normalised address; `undefined` when the send names the contact by its id alone. */
  readonly address: string | undefined;
}

const contactKeys: readonly string[] = [
  'id',
  'identifierKey',
  'identifierValue',
  'identifiers',
  'platformAddress',
  'platformAddressSelector',
];

/** Reads whose window a send needs, or the reason why that is unknown. Own properties only. */
export function readRecipient(contact: unknown): Recipient | 'address_unresolved' | 'bad_id' {
  if (isSet(own(contact, 'platformAddressSelector')) || hasRival(contact, contactKeys)) return 'address_unresolved';
  const id = own(contact, 'id');
  const contactId = toId(id);
  if (isSet(id) && contactId === undefined) return 'bad_id';

  const named = readIdentifier(contact);
  if (named === undefined) return 'address_unresolved';
  const platformAddress = own(contact, 'platformAddress');
  const address = isSet(platformAddress) ? normaliseAddress(platformAddress, named.key) : named.value;
  if (address === undefined && (isSet(platformAddress) || contactId === undefined)) return 'address_unresolved';

  const value = named.value ?? address;
  const key = named.key ?? guessKey(value);
  return { contactId, identifier: value !== undefined && key !== undefined ? { key, value } : undefined, address };
}

interface NamedIdentifier {
  readonly key?: string | undefined;
  readonly value?: string | undefined;
}

/** The one identifier of a contact: `{}` if it has none, `undefined` if it is ambiguous. */
function readIdentifier(contact: unknown): NamedIdentifier | undefined {
  const named = identifierOf(contact);
  const identifiers = own(contact, 'identifiers') ?? [];
  if (!Array.isArray(identifiers) || identifiers.length > 1) return undefined;
  if (identifiers.length === 0) return named;
  const listed = identifierOf(identifiers[0]);
  const isSame = named !== undefined && (named.value === undefined || named.value === listed?.value);
  return isSame ? listed : undefined;
}

function identifierOf(holder: unknown): NamedIdentifier | undefined {
  const key = own(holder, 'identifierKey');
  const value = own(holder, 'identifierValue');
  if (isSet(key) && !isUsableText(key)) return undefined;
  const usableKey = isUsableText(key) ? key : undefined;
  if (!isSet(value)) return { key: usableKey };
  const address = normaliseAddress(value, usableKey);
  return address === undefined ? undefined : { key: usableKey, value: address };
}

const E164 = /^\+[1-9]\d{5,14}$/;
// Numbers copied from a phone often contain invisible direction marks (Cf).
const SEPARATORS = /[\s().\-\u2010-\u2015/\p{Cf}]/gu;

/**
 * A zero in brackets after a country code is for calls within the country: `+31 (0)6 ...`. Italy's belongs to the
 * number.
 */
const TRUNK_ZERO = /^(\+|00)(\s*[1-9]\d{0,2}[\s-]*)\(\s*0\s*\)/;

/**
 * Normalises an address, so that two spellings of a number have one window, and Bird is asked for the same number. An
 * address that is not a phone number stays as written: business-scoped ids and group ids have their own dots and
 * dashes. `undefined` for anything but a usable string.
 */
export function normaliseAddress(value: unknown, key: string | undefined): string | undefined {
  if (!isUsableText(value)) return undefined;
  if (E164.test(value)) return value;
  const text = value.normalize('NFKC').trim();
  // One character may become 18. What is too long now would be no address the next time either.
  if (text.length > MAX_ADDRESS_LENGTH) return undefined;
  const international = text
    .replace(/^tel:(?=\+)/i, '')
    .replace(TRUNK_ZERO, (zero, plus: string, country: string) => (country.trim() === '39' ? zero : plus + country));
  // Normalised again, since characters that a separator kept apart may combine.
  const compact = international.replace(SEPARATORS, '').replace(/^00/, '+').normalize('NFKC');
  if (E164.test(compact)) return compact;
  // Digits alone are a phone number only if the key says so: page-scoped ids are digits too.
  if (key === 'phonenumber' && E164.test(`+${compact}`)) return `+${compact}`;
  // An address of separators alone is invalid: an empty one would mean the contact's default address.
  return compact === '' ? undefined : text;
}

/** Bird's key for an address whose form shows its kind. */
export function guessKey(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (E164.test(value)) return 'phonenumber';
  return value.includes('@') ? 'emailaddress' : undefined;
}

const MAX_ADDRESS_LENGTH = 512;

/** Whether a value can be an address or key at all: a non-empty string of limited length without a lone surrogate. */
function isUsableText(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > MAX_ADDRESS_LENGTH || value.trim() === '') return false;
  return !LONE_SURROGATE.test(value);
}

const LONE_SURROGATE = /\p{Surrogate}/u;
