import { LookupError } from '../errors.js';
import type { Cache, ChannelFacts, ChannelRef, Clock, Lookup } from '../ports.js';
import { CoalescedReads } from './coalesced-reads.js';
import { limitsOf, nameOfShared, type Patience } from './patience.js';

const FRESH_MS = 10 * 60_000;
/** After a failed renewal the old facts count for this long before the next try: an outage must not close a window. */
const GRACE_MS = 10_000;

interface RememberedChannel {
  readonly facts: ChannelFacts;
  readonly freshUntil: number;
}

export interface ChannelCacheParts {
  readonly lookup: Lookup;
  readonly cache: Cache<RememberedChannel>;
  readonly clock: Clock;
}

/**
 * One workspace's channels, cached for ten minutes. A denial has to be confirmed by a read; the caller does that,
 * because only the caller knows which facts deny.
 */
export class ChannelCache {
  readonly #parts: ChannelCacheParts;
  readonly #reads = new CoalescedReads<ChannelFacts>();

  constructor(parts: ChannelCacheParts) {
    this.#parts = parts;
  }

  /** The cached facts of a channel, however old. */
  recall(channelId: string): ChannelFacts | undefined {
    return this.#parts.cache.get(channelId)?.facts;
  }

  /** Drops the facts of one channel, or of all. */
  forget(channelId: string | undefined): void {
    if (channelId === undefined) this.#parts.cache.clear();
    else this.#parts.cache.delete(channelId);
  }

  /** The cached facts of a channel, if they need no renewal yet. */
  recallFresh(channelId: string, now: number = this.#parts.clock.now()): ChannelFacts | undefined {
    const remembered = this.#parts.cache.get(channelId);
    return remembered !== undefined && now < remembered.freshUntil ? remembered.facts : undefined;
  }

  /**
   * Reads from the provider. Concurrent reads are coalesced.
   *
   * @param accepts whether facts from a read that was already running will do
   * @throws {LookupError}
   */
  read(ref: ChannelRef, patience: Patience, accepts: (facts: ChannelFacts) => boolean): Promise<ChannelFacts> {
    const limits = limitsOf(patience, this.#parts.clock.now());
    const start = (): Promise<ChannelFacts> => {
      // After a failed read, its grace period serves its waiters too: they have no time for another read.
      const fresh = this.recallFresh(ref.channelId);
      return fresh !== undefined && accepts(fresh) ? Promise.resolve(fresh) : this.#ask(ref, patience);
    };
    return this.#reads.read(nameOfShared(ref.channelId, limits), start, accepts);
  }

  async #ask(ref: ChannelRef, patience: Patience): Promise<ChannelFacts> {
    const { lookup, cache, clock } = this.#parts;
    const startedAt = clock.now();
    try {
      const facts = await lookup.channel(ref, limitsOf(patience, startedAt));
      cache.set(ref.channelId, { facts, freshUntil: startedAt + FRESH_MS });
      return facts;
    } catch (error) {
      const isGone = error instanceof LookupError && error.code === 'channel_not_found';
      const facts = isGone ? undefined : this.recall(ref.channelId);
      if (isGone) cache.delete(ref.channelId);
      if (facts !== undefined) cache.set(ref.channelId, { facts, freshUntil: clock.now() + GRACE_MS });
      throw error;
    }
  }
}
