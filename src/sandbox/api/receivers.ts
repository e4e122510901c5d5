import { own } from '../../core/own.js';
import type { BirdChannel } from '../model/bird-channel.js';
import { type BirdContact, type ContactIdentifier, defaultIdentifier, identifierKind } from '../model/bird-contact.js';
import type { BirdReceiverContact } from '../model/bird-message.js';
import { sandboxAddress } from '../model/sandbox-address.js';
import type { WorkspaceState } from '../state.js';

/** The recipients of a message, as in its request. */
export interface Destination {
  readonly workspace: WorkspaceState;
  readonly channel: BirdChannel;
  /** The entries of `receiver.contacts`. */
  readonly entries: readonly unknown[];
  readonly now: number;
}

/**
 * The receivers of a message. An unknown identifier creates a contact, and an entry that names nobody is dropped.
 * `undefined`: an id is not a contact of the workspace.
 */
export function resolveReceivers({ workspace, channel, entries, now }: Destination): BirdReceiverContact[] | undefined {
  const receivers: BirdReceiverContact[] = [];
  for (const entry of entries) {
    const contact = contactOf(entry, { workspace, channel, now });
    if (contact === undefined && own(entry, 'id') !== undefined) return undefined;
    if (contact !== undefined) receivers.push(receiverOf(entry, contact, channel));
  }
  return receivers;
}

function contactOf(entry: unknown, { workspace, channel, now }: Omit<Destination, 'entries'>): BirdContact | undefined {
  const id = own(entry, 'id');
  if (typeof id === 'string') return workspace.contacts.get(id);
  const { key, value } = namedIdentifier(entry);
  if (value === undefined) return undefined;
  const known =
    key === undefined ? workspace.contacts.findByValue(value) : workspace.contacts.findByIdentifier({ key, value });
  return known ?? workspace.contacts.add([{ key: key ?? identifierKind(channel.platformId), value }], now);
}

function receiverOf(entry: unknown, contact: BirdContact, channel: BirdChannel): BirdReceiverContact {
  const named = namedIdentifier(entry);
  const usual: ContactIdentifier | undefined = defaultIdentifier(contact, channel.platformId);
  const given = text(own(entry, 'platformAddress'));
  const address = given === undefined ? (named.value ?? usual?.value ?? '') : sandboxAddress(given, named.key);
  const type = text(own(entry, 'type'));
  const known = contact.featuredIdentifiers.find(({ value }) => value === named.value);
  return {
    id: contact.id,
    identifierKey: named.key ?? known?.key ?? usual?.key ?? '',
    identifierValue: named.value ?? usual?.value ?? '',
    platformAddress: address,
    ...(type === undefined ? {} : { type }),
  };
}

/** The identifier in the entry itself, else the first of its `identifiers`, else the bare platform address. */
function namedIdentifier(entry: unknown): { readonly key: string | undefined; readonly value: string | undefined } {
  const listed = own(entry, 'identifiers');
  const source = own(entry, 'identifierValue') === undefined && Array.isArray(listed) ? listed[0] : entry;
  const value = text(own(source, 'identifierValue')) ?? text(own(entry, 'platformAddress'));
  const key = text(own(source, 'identifierKey'));
  return { key, value: value === undefined ? undefined : sandboxAddress(value, key) };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
