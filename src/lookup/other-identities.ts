import { addressOfId } from '../core/contact-address.js';
import { latest, type WindowEvidence } from '../core/service-window.js';
import { LookupError } from '../errors.js';
import type { Lookup, ReadLimits, Store, WindowKey, WindowTarget } from '../ports.js';
import type { ContactIdCache } from './contact-id-cache.js';
import type { ContactLinks, LoneInbound } from './contact-links.js';
import { saysOpen } from './remembered.js';

export interface OtherIdentitiesParts {
  readonly lookup: Lookup;
  readonly contactIds: ContactIdCache;
  readonly links: ContactLinks;
  readonly otherSpelling: (address: string) => string | undefined;
  readonly store: Store;
}

export interface Look {
  readonly limits: ReadLimits;
  /** The time as the provider has it, epoch ms. */
  readonly now: () => number;
}

/** Bird shows a message within seconds. Bird's answer already includes what was observed longer ago. */
const LAG_MS = 120_000;
/** More searches for one decision would use up the limit that sends need. */
const MAX_SEARCHES = 10;

/**
 * Evidence about a contact under its other identities: the contact's id, another address observed with it, another
 * spelling of its number. None of it opens this window, but each casts doubt on a denial.
 */
export class OtherIdentities {
  readonly #parts: OtherIdentitiesParts;

  constructor(parts: OtherIdentitiesParts) {
    this.#parts = parts;
  }

  /** When the contact wrote under another identity, epoch ms; `undefined`: never, as far as is known. */
  async wroteAt(target: WindowTarget, foundId: string | undefined, look: Look): Promise<number | undefined> {
    if (target.sentTo === undefined) return this.#byId(target, look);
    const { key, sentTo } = target;
    const linked = this.#parts.links.contactOf(key, sentTo);
    const ids = new Set([target.contactId, foundId, linked === 'several' ? undefined : linked]);
    const addresses = [...ids].flatMap((id) => (id === undefined ? [] : [addressOfId(id)]));
    const spelling = this.#parts.otherSpelling(sentTo);
    if (spelling !== undefined) addresses.push(spelling);
    const observed = await this.#latestObserved(key, addresses);
    if (observed !== undefined || spelling === undefined) return observed;
    return (await this.#isOpenUnder(target, spelling, look)) ? look.now() : undefined;
  }

  async #latestObserved(key: WindowKey, addresses: readonly string[]): Promise<number | undefined> {
    const known = await Promise.all(addresses.map((address) => this.#parts.store.get({ ...key, address })));
    return known.map(wroteAtOf).reduce(latest, undefined);
  }

  /** One search, then a read if it finds a contact. If either fails, Bird's answer for this number stands. */
  async #isOpenUnder({ key, identifier }: WindowTarget, address: string, { limits, now }: Look): Promise<boolean> {
    if (identifier?.key !== 'phonenumber') return false;
    const { workspaceId, channelId } = key;
    try {
      const contactId = await this.#parts.contactIds.find({ workspaceId, key: identifier.key, value: address }, limits);
      const facts = await this.#parts.lookup.window({ workspaceId, channelId, contactId, address }, limits);
      return saysOpen(facts, now());
    } catch (error) {
      if (error instanceof LookupError) return false;
      throw error;
    }
  }

  /** For a send by id alone, soon after a message with an address alone: finds out whether it was this contact's. */
  async #byId({ key, contactId }: WindowTarget, { limits, now }: Look): Promise<number | undefined> {
    const { links } = this.#parts;
    if (contactId === undefined || links.addressOf(key, contactId) !== undefined) return undefined;
    const lone = links.loneSince(key, now() - LAG_MS);
    const looked = await Promise.all(lone.slice(0, MAX_SEARCHES).map((one) => this.#ownerOf(key, one, limits)));
    // Found owners are linked now. A message whose owner is not known may be this contact's.
    const unknown = lone.filter((_, index) => looked[index] === undefined);
    return unknown[0]?.at;
  }

  async #ownerOf(
    key: WindowKey,
    { address, identifier }: LoneInbound,
    limits: ReadLimits,
  ): Promise<string | undefined> {
    if (identifier === undefined) return undefined;
    try {
      const id = await this.#parts.contactIds.find(identifier, limits);
      this.#parts.links.note(key, id, address);
      return id;
    } catch (error) {
      if (error instanceof LookupError) return undefined;
      throw error;
    }
  }
}

function wroteAtOf(evidence: WindowEvidence | undefined): number | undefined {
  return latest(evidence?.lastInboundAt, evidence?.contactWroteAt);
}
