import { windowName } from '../core/window-name.js';
import type { Cache, ChannelRef, IdentifierRef } from '../ports.js';

/** `several`: there is more than one, and no way to tell which is meant. */
export type Linked = string | 'several' | undefined;

/** A customer's message from an address whose contact id is not known. */
export interface LoneInbound {
  readonly address: string;
  /** Epoch ms. */
  readonly at: number;
  /** The identifier to search the contact by; `undefined`: none is known. */
  readonly identifier: IdentifierRef | undefined;
}

interface Links {
  readonly addresses: Cache<{ readonly value: string }>;
  readonly contacts: Cache<{ readonly value: string }>;
}

/** Older ones on the same channel are dropped: an application with so many receives Bird's events. */
const MAX_LONE = 1000;

/**
 * Which contact ids and addresses were observed together, by channel. A window belongs to an address, and a reply may
 * name its contact by id alone. Links exist in this process only; another process asks Bird.
 */
export class ContactLinks {
  readonly #links: Links;
  readonly #lone: Cache<{ readonly inbounds: Map<string, LoneInbound> }>;

  constructor(createCache: <V extends object>() => Cache<V>) {
    this.#links = { addresses: createCache(), contacts: createCache() };
    this.#lone = createCache();
  }

  /** Links an id and an address. A contact with two addresses, or an address of two contacts, is linked to neither. */
  note(ref: ChannelRef, contactId: string, address: string): void {
    put(this.#links.addresses, windowName(ref, contactId), address);
    put(this.#links.contacts, windowName(ref, address), contactId);
    this.#lone.get(windowName(ref, ''))?.inbounds.delete(address);
  }

  /** Removes a link, when the address changed hands or is to be forgotten. */
  drop(ref: ChannelRef, contactId: string | undefined, address: string | undefined): void {
    if (contactId !== undefined) this.#links.addresses.delete(windowName(ref, contactId));
    if (address !== undefined) this.#links.contacts.delete(windowName(ref, address));
  }

  addressOf(ref: ChannelRef, contactId: string): Linked {
    return this.#links.addresses.get(windowName(ref, contactId))?.value;
  }

  contactOf(ref: ChannelRef, address: string): Linked {
    return this.#links.contacts.get(windowName(ref, address))?.value;
  }

  /** Records a customer's message for which only the address is known. */
  noteLone(ref: ChannelRef, inbound: LoneInbound): void {
    if (this.contactOf(ref, inbound.address) !== undefined) return;
    const name = windowName(ref, '');
    const inbounds = this.#lone.get(name)?.inbounds ?? new Map<string, LoneInbound>();
    inbounds.delete(inbound.address);
    inbounds.set(inbound.address, inbound);
    const [oldest] = inbounds.keys();
    if (inbounds.size > MAX_LONE && oldest !== undefined) inbounds.delete(oldest);
    this.#lone.set(name, { inbounds });
  }

  /** The recorded messages since an instant, the latest first. */
  loneSince(ref: ChannelRef, since: number): readonly LoneInbound[] {
    const { inbounds } = this.#lone.get(windowName(ref, '')) ?? {};
    return inbounds === undefined ? [] : [...inbounds.values()].filter(({ at }) => at >= since).reverse();
  }
}

function put(cache: Cache<{ readonly value: string }>, name: string, value: string): void {
  const known = cache.get(name)?.value;
  if (known !== value) cache.set(name, { value: known === undefined ? value : 'several' });
}
