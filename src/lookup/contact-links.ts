import { addressOfId, idOfAddress, isAddressOfId } from '../core/contact-address.js';
import type { ChannelRef, IdentifierRef, Links, WindowKey } from '../ports.js';

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

export interface ContactLinksParts {
  readonly links: Links;
  readonly lone: LoneInbounds;
}

/** By channel, under no address. */
export interface LoneInbounds {
  get(key: WindowKey): Map<string, LoneInbound> | undefined;
  set(key: WindowKey, inbounds: Map<string, LoneInbound>): void;
  forget(target: Parameters<Links['forget']>[0]): void;
}

/** Older ones on the same channel are dropped: an application with so many receives Bird's events. */
const MAX_LONE = 1000;

/**
 * Which contact ids and addresses were observed together, by channel. A window belongs to an address, and a reply may
 * name its contact by id alone. Links exist in this process only; another process asks Bird.
 */
export class ContactLinks {
  readonly #links: Links;
  readonly #lone: ContactLinksParts['lone'];

  constructor({ links, lone }: ContactLinksParts) {
    this.#links = links;
    this.#lone = lone;
  }

  /** Links an id and an address. A contact with two addresses, or an address of two contacts, is linked to neither. */
  note(ref: ChannelRef, contactId: string, address: string): void {
    this.#links.note(ref, addressOfId(contactId), address);
    this.dropLone(ref, address);
  }

  /** Removes a link, when the address changed hands or is to be forgotten. */
  drop(ref: ChannelRef, contactId: string | undefined, address: string | undefined): void {
    if (contactId !== undefined) this.#links.drop({ ...ref, address: addressOfId(contactId) });
    if (address !== undefined) this.#links.drop({ ...ref, address });
  }

  addressOf(ref: ChannelRef, contactId: string): Linked {
    return this.#links.other({ ...ref, address: addressOfId(contactId) });
  }

  contactOf(ref: ChannelRef, address: string): Linked {
    const name = this.#links.other({ ...ref, address });
    return name !== undefined && isAddressOfId(name) ? idOfAddress(name) : name;
  }

  /** Records a customer's message for which only the address is known. */
  noteLone(ref: ChannelRef, inbound: LoneInbound): void {
    if (this.contactOf(ref, inbound.address) !== undefined) return;
    const inbounds = this.#loneOf(ref) ?? new Map<string, LoneInbound>();
    inbounds.delete(inbound.address);
    inbounds.set(inbound.address, inbound);
    const [oldest] = inbounds.keys();
    if (inbounds.size > MAX_LONE && oldest !== undefined) inbounds.delete(oldest);
    this.#lone.set({ ...ref, address: '' }, inbounds);
  }

  /** The recorded messages since an instant, the latest first. */
  loneSince(ref: ChannelRef, since: number): readonly LoneInbound[] {
    return [...(this.#loneOf(ref)?.values() ?? [])].filter(({ at }) => at >= since).reverse();
  }

  /** Removes what was recorded of an address that is to be forgotten. */
  dropLone(ref: ChannelRef, address: string): void {
    this.#loneOf(ref)?.delete(address);
  }

  /** Removes all that was recorded of a channel, or of a workspace. */
  forget(target: Parameters<Links['forget']>[0]): void {
    this.#links.forget(target);
    this.#lone.forget(target);
  }

  #loneOf(ref: ChannelRef): Map<string, LoneInbound> | undefined {
    return this.#lone.get({ ...ref, address: '' });
  }
}
