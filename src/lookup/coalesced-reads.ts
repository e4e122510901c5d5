import type { ReadWaiters } from '../ports.js';

/**
 * Lets requests for the same thing share reads without sharing staleness. An answer that a waiter accepts may come from
 * any read in flight; any other answer must come from a read that started after the waiter arrived, because what it
 * says ("closed") may have changed since an earlier read started. So at most one read per key is running and one is
 * awaited after it, however many wait.
 */
export class CoalescedReads<T> {
  readonly #running = new Map<string, { readonly read: Promise<T>; readonly waiters: Waiters }>();

  /**
   * @param start may tell its waiters that the read itself started later than this call
   * @param accepts whether the answer of a read that was already running at the call will do
   * @returns the answer; rejects as the read that started after the call does
   */
  async read(key: string, start: (waiters: ReadWaiters) => Promise<T>, accepts: (answer: T) => boolean): Promise<T> {
    const earlier = this.#running.get(key);
    if (earlier !== undefined) {
      const place = earlier.waiters.join();
      const answer = await earlier.read.catch(() => undefined);
      if (answer !== undefined && (place <= earlier.waiters.served || accepts(answer))) return answer;
    }
    // Whatever runs now started after `earlier` settled, and so after this call. The first waiter to get here starts it.
    return this.#running.get(key)?.read ?? this.#start(key, start);
  }

  #start(key: string, start: (waiters: ReadWaiters) => Promise<T>): Promise<T> {
    const waiters = new Waiters();
    const read = start(waiters).finally(() => this.#running.delete(key));
    this.#running.set(key, { read, waiters });
    return read;
  }
}

class Waiters implements ReadWaiters {
  #joined = 0;
  #served = 0;
  #waiting: (() => void)[] = [];

  get joined(): number {
    return this.#joined;
  }

  /** The read started after so many had joined. */
  get served(): number {
    return this.#served;
  }

  join(): number {
    this.#joined += 1;
    for (const wake of this.#waiting.splice(0)) wake();
    return this.#joined;
  }

  serves(joined: number): void {
    this.#served = Math.max(this.#served, joined);
  }

  grown(since: number): Promise<void> {
    if (this.#joined > since) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
