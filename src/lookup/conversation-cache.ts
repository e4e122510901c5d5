import type { Cache, Clock, ConversationFacts, ConversationRef, Lookup, ReadLimits } from '../ports.js';
import { CoalescedReads } from './coalesced-reads.js';
import { nameOfShared } from './patience.js';

/** A conversation stays on its channel, but people are added to it. */
const FRESH_MS = 10 * 60_000;

export interface ConversationCacheParts {
  readonly lookup: Lookup;
  readonly cache: Cache<{ readonly facts: ConversationFacts; readonly freshUntil: number }>;
  readonly clock: Clock;
}

/** One workspace's conversations, each found by a coalesced read and cached for ten minutes. */
export class ConversationCache {
  readonly #parts: ConversationCacheParts;
  readonly #reads = new CoalescedReads<ConversationFacts>();

  constructor(parts: ConversationCacheParts) {
    this.#parts = parts;
  }

  /** The cached facts of a conversation, if they need no renewal yet. */
  recall(conversationId: string): ConversationFacts | undefined {
    const remembered = this.#parts.cache.get(conversationId);
    return remembered !== undefined && this.#parts.clock.now() < remembered.freshUntil ? remembered.facts : undefined;
  }

  /** @throws {LookupError} `address_unresolved` where the provider does not know it */
  async find(ref: ConversationRef, limits: ReadLimits): Promise<ConversationFacts> {
    const { lookup, cache, clock } = this.#parts;
    const remembered = this.recall(ref.conversationId);
    if (remembered !== undefined) return remembered;
    const ask = async (): Promise<ConversationFacts> => {
      const facts = await lookup.conversation(ref, limits);
      cache.set(ref.conversationId, { facts, freshUntil: clock.now() + FRESH_MS });
      return facts;
    };
    return this.#reads.read(nameOfShared(ref.conversationId, limits), ask, () => true);
  }
}
