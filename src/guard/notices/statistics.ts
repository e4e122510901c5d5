import type { Decision } from '../../core/types.js';

/** Counters of a guard since its creation. */
export interface GuardStats {
  /** Number of decisions by reason. */
  readonly decisions: Readonly<Record<string, number>>;
  /** Number of requests to Bird by kind. All but `contactId` count as reads, of which Bird allows 50 a second. */
  readonly lookups: Readonly<Record<'channel' | 'contactId' | 'window' | 'conversation' | 'identifiers', number>>;
  /** Number of decisions answered from memory, without I/O. */
  readonly fromMemory: number;
}

/** Counts; holds no ids. */
export class Statistics {
  readonly #decisions = new Map<string, number>();
  readonly #lookups = { channel: 0, contactId: 0, window: 0, conversation: 0, identifiers: 0 };
  #fromMemory = 0;

  countDecision(reason: Decision['reason'], isFromMemory: boolean): void {
    this.#decisions.set(reason, (this.#decisions.get(reason) ?? 0) + 1);
    if (isFromMemory) this.#fromMemory += 1;
  }

  countLookup(kind: keyof GuardStats['lookups']): void {
    this.#lookups[kind] += 1;
  }

  read(): GuardStats {
    return {
      decisions: Object.fromEntries(this.#decisions),
      lookups: { ...this.#lookups },
      fromMemory: this.#fromMemory,
    };
  }
}
