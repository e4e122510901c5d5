import { type BirdContact, type ContactIdentifier, createContact } from './bird-contact.js';
import { sandboxAddress } from './sandbox-address.js';

/** A workspace's contacts, by id and by identifier. */
export interface ContactBook {
  add(identifiers: readonly ContactIdentifier[], now: number): BirdContact;
  get(id: string): BirdContact | undefined;
  /** The first contact added with this identifier. */
  findByIdentifier(identifier: ContactIdentifier): BirdContact | undefined;
  /** The first contact added with this value under any key. */
  findByValue(value: string): BirdContact | undefined;
}

export function createContactBook(): ContactBook {
  const byId = new Map<string, BirdContact>();
  const byIdentifier = new Map<string, BirdContact>();
  const byValue = new Map<string, BirdContact>();
  return {
    add: (identifiers, now) => {
      const contact = createContact(identifiers, now);
      byId.set(contact.id, contact);
      for (const identifier of contact.featuredIdentifiers) {
        addFirst(byIdentifier, keyOf(identifier), contact);
        addFirst(byValue, identifier.value, contact);
      }
      return contact;
    },
    get: (id) => byId.get(id),
    findByIdentifier: (identifier) => byIdentifier.get(keyOf(identifier)),
    findByValue: (value) => byValue.get(sandboxAddress(value)),
  };
}

function addFirst(contacts: Map<string, BirdContact>, key: string, contact: BirdContact): void {
  if (!contacts.has(key)) contacts.set(key, contact);
}

function keyOf({ key, value }: ContactIdentifier): string {
  return JSON.stringify([key, sandboxAddress(value, key)]);
}
