import { randomUUID } from 'node:crypto';
import { platformName } from '../../core/platforms.js';
import { sandboxAddress } from './sandbox-address.js';

/** One way to reach a contact, e.g. `{ key: 'phonenumber', value: '+12025550100' }`. */
export interface ContactIdentifier {
  /** The kind of identifier: `phonenumber`, `emailaddress`, or a platform's own, such as `facebookid-<page id>`. */
  readonly key: string;
  /** The number, mail address or id itself. */
  readonly value: string;
}

/** Bird's contact object, as the contact search lists it. */
export interface BirdContact {
  /** The contact's id in sends, a UUID. */
  readonly id: string;
  /** A name for people; here the value of the first identifier. */
  readonly computedDisplayName: string;
  /** The contact's identifiers; here all of them. */
  readonly featuredIdentifiers: readonly ContactIdentifier[];
  /** The number of identifiers. */
  readonly identifierCount: number;
  /** The values of the identifiers, as a list for each key. */
  readonly attributes: { readonly [attribute: string]: unknown };
  /** The lists that the contact is on; here none. */
  readonly listIds: readonly string[];
  /** When it was created: RFC 3339, by the sandbox's clock. */
  readonly createdAt: string;
  /** When it last changed: RFC 3339, by the sandbox's clock. */
  readonly updatedAt: string;
}

/** A contact as Bird shows it. */
export function createContact(given: readonly ContactIdentifier[], now: number): BirdContact {
  const identifiers = given.map(({ key, value }) => ({ key, value: sandboxAddress(value, key) }));
  const at = new Date(now).toISOString();
  const valuesByKey = new Map<string, string[]>();
  for (const { key, value } of identifiers) valuesByKey.set(key, [...(valuesByKey.get(key) ?? []), value]);
  return {
    id: randomUUID(),
    computedDisplayName: identifiers[0]?.value ?? '',
    featuredIdentifiers: identifiers,
    identifierCount: identifiers.length,
    attributes: Object.fromEntries(valuesByKey),
    listIds: [],
    createdAt: at,
    updatedAt: at,
  };
}

/** The identifier that a platform uses by default: the first of its kind, else the first of all. */
export function defaultIdentifier(contact: BirdContact, platformId: string): ContactIdentifier | undefined {
  const kind = identifierKind(platformId);
  const fitting = contact.featuredIdentifiers.find(({ key }) => key === kind || key.startsWith(`${kind}-`));
  return fitting ?? contact.featuredIdentifiers[0];
}

const phonePlatforms: readonly string[] = ['whatsapp', 'sms', 'rcs', 'voice', 'viber'];

/** The key of a platform's identifiers; page-scoped ones go on with `-<pageId>`, as in `facebookid-509207435603226`. */
export function identifierKind(platformId: string): string {
  const platform = platformName(platformId);
  if (phonePlatforms.includes(platform)) return 'phonenumber';
  return platform === 'email' ? 'emailaddress' : `${platform}id`;
}
