import type { Cache, Clock, IdentifierRef, Lookup, ReadLimits } from '../ports.js';
import { CoalescedReads } from './coalesced-reads.js';
import { nameOfShared } from './patience.js';

const FRESH_MS = 10 * 60_000;

export interface ContactIdCacheParts {
  readonly lookup: Lookup;
  readonly cache: Cache<{ readonly id: string; readonly freshUntil: number }>;
  readonly clock: Clock;
}

/** One workspace's contact ids by identifier, each found by a coalesced search and cached for ten minutes. */
export class ContactIdCache {
  readonly #parts: ContactIdCacheParts;
  readonly #searches = new CoalescedReads<string>();

  constructor(parts: ContactIdCacheParts) {
    this.#parts = parts;
  }

  /** @throws {LookupError} `contact_not_found` when no contact has the identifier */
  async find(ref: IdentifierRef, limits: ReadLimits): Promise<string> {
    const { lookup, cache, clock } = this.#parts;
    const remembered = cache.get(cacheKey(ref));
    if (remembered !== undefined && clock.now() < remembered.freshUntil) return remembered.id;
    const search = async (): Promise<string> => {
      const id = await lookup.contactId(ref, limits);
      cache.set(cacheKey(ref), { id, freshUntil: clock.now() + FRESH_MS });
      return id;
    };
    // An id is never "closed": any search in flight will do.
    return this.#searches.read(nameOfShared(cacheKey(ref), limits), search, () => true);
  }

  /** Drops an id that the provider no longer knows: contacts get merged. */
  drop(ref: IdentifierRef): void {
    this.#parts.cache.delete(cacheKey(ref));
  }
}

function cacheKey({ key, value }: IdentifierRef): string {
  // The key comes from a request and may contain any separator, so its length says where it ends.
  return `${key.length} ${key} ${value}`;
}
