import type { Cache, ChannelRef, IdentifierRef } from '../ports.js';

/** `several`: which of them is meant cannot be told. */
export type Linked = string | 'several' | undefined;

/** A customer who wrote from an address of which the contact's id is not known. */
export interface LoneInbound {
  readonly address: string;
  /** Epoch ms. */
  readonly at: number;
  /** By what the contact can be searched; `undefined`: by nothing that is known. */
  readonly identifier: IdentifierRef | undefined;
}

interface Links {
  readonly addresses: Cache<{ readonly value: string }>;
  readonly contacts: Cache<{ readonly value: string }>;
}

/** More on one channel at once are not looked at: whoever has so many has Bird's events. */
const MAX_LONE = 1000;

/**
 * Which contact ids and addresses were told together, on which channel. A window belongs to an address, and a reply may
 * name its contact by id alone. Only this process knows: another one asks Bird.
 */
export class ContactLinks {
  readonly #links: Links;
  readonly #lone: Cache<{ readonly inbounds: Map<string, LoneInbound> }>;

  constructor(createCache: <V extends object>() => Cache<V>) {
    this.#links = { addresses: createCache(), contacts: createCache() };
    this.#lone = createCache();
  }

  /** They were told together. A contact with two addresses, or an address of two contacts, is linked to neither. */
  note(ref: ChannelRef, contactId: string, address: string): void {
    put(this.#links.addresses, nameOf(ref, contactId), address);
    put(this.#links.contacts, nameOf(ref, address), contactId);
    this.#lone.get(nameOf(ref, ''))?.inbounds.delete(address);
  }

  /** The address changed hands, or is to be forgotten. */
  drop(ref: ChannelRef, contactId: string | undefined, address: string | undefined): void {
    if (contactId !== undefined) this.#links.addresses.delete(nameOf(ref, contactId));
    if (address !== undefined) this.#links.contacts.delete(nameOf(ref, address));
  }

  addressOf(ref: ChannelRef, contactId: string): Linked {
    return this.#links.addresses.get(nameOf(ref, contactId))?.value;
  }

  contactOf(ref: ChannelRef, address: string): Linked {
    return this.#links.contacts.get(nameOf(ref, address))?.value;
  }

  /** A customer wrote, and only the address was told. */
  noteLone(ref: ChannelRef, inbound: LoneInbound): void {
    if (this.contactOf(ref, inbound.address) !== undefined) return;
    const name = nameOf(ref, '');
    const inbounds = this.#lone.get(name)?.inbounds ?? new Map<string, LoneInbound>();
    inbounds.delete(inbound.address);
    inbounds.set(inbound.address, inbound);
    const [oldest] = inbounds.keys();
    if (inbounds.size > MAX_LONE && oldest !== undefined) inbounds.delete(oldest);
    this.#lone.set(name, { inbounds });
  }

  /** Those since an instant, the latest first. */
  loneSince(ref: ChannelRef, since: number): readonly LoneInbound[] {
    const { inbounds } = this.#lone.get(nameOf(ref, '')) ?? {};
    return inbounds === undefined ? [] : [...inbounds.values()].filter(({ at }) => at >= since).reverse();
  }
}

function put(cache: Cache<{ readonly value: string }>, name: string, value: string): void {
  const known = cache.get(name)?.value;
  if (known !== value) cache.set(name, { value: known === undefined ? value : 'several' });
}

/** Ids have no space, and come first. */
function nameOf({ workspaceId, channelId }: ChannelRef, value: string): string {
  return `${workspaceId} ${channelId} ${value}`;
}
