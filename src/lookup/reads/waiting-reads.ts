import { LookupError } from '../../errors.js';

/** Made once for all: where thousands are refused, the stack traces would take a tenth of the time. */
export const budgetSpent: LookupError = new LookupError(
  'lookup_budget_spent',
  'The read limit leaves no read within the deadline of this decision',
);

export interface WaitingRead {
  readonly giveUpAt: number;
  readonly admit: () => void;
  readonly refuse: (error: LookupError) => void;
}

/** The reads that wait for a token, in lanes that take turns. Within a lane the newest goes first. */
export class WaitingReads {
  /** In the order of their turns. */
  readonly #lanes = new Map<string, WaitingRead[]>();

  get isEmpty(): boolean {
    return this.#lanes.size === 0;
  }

  add(lane: string, read: WaitingRead): void {
    const waiting = this.#lanes.get(lane) ?? [];
    waiting.push(read);
    this.#lanes.set(lane, waiting);
  }

  /** How many wait in a lane, and until when the one whose turn comes last. */
  oldestIn(lane: string): { readonly count: number; readonly giveUpAt: number | undefined } {
    const waiting = this.#lanes.get(lane) ?? [];
    return { count: waiting.length, giveUpAt: waiting[0]?.giveUpAt };
  }

  /** The newest read of the lane whose turn it is. The lane goes to the end of the order. */
  next(): WaitingRead | undefined {
    for (const [lane, waiting] of this.#lanes) {
      const read = waiting.pop();
      this.#lanes.delete(lane);
      if (waiting.length > 0) this.#lanes.set(lane, waiting);
      return read;
    }
    return undefined;
  }

  /**
   * Refuses the read that waits in vain now that one more is in front of it. So a lane holds no more than can be served.
   *
   * @param tokenAt when there will be so many tokens
   */
  refuseSurplus(lane: string, tokenAt: (count: number) => number): void {
    const waiting = this.#lanes.get(lane) ?? [];
    const { length } = waiting;
    // Whoever is in front of the newest such read will be served, whatever becomes of the others.
    const index = waiting.findLastIndex(({ giveUpAt }, place) => giveUpAt <= tokenAt(length - place));
    if (index >= 0) for (const { refuse } of waiting.splice(index, 1)) refuse(budgetSpent);
  }

  refuseUpTo(at: number): void {
    for (const [lane, waiting] of this.#lanes) {
      const inTime = waiting.filter(({ giveUpAt }) => giveUpAt > at);
      if (inTime.length === waiting.length) continue;
      if (inTime.length > 0) this.#lanes.set(lane, inTime);
      else this.#lanes.delete(lane);
      for (const { giveUpAt, refuse } of waiting) if (giveUpAt <= at) refuse(budgetSpent);
    }
  }
}
