import type { ReadWaiters } from '../ports.js';

/**
 * Single flight without stale answers. A waiter may accept the answer of any read in flight. Every other answer must
 * come from a read that started after the waiter arrived, because "closed" may have changed since an earlier read
 * started. So per key at most one read is running and one is queued behind it, however many callers wait.
 */
export class CoalescedReads<T> {
  readonly #running = new Map<string, { readonly read: Promise<T>; readonly waiters: Waiters }>();

  /** Whether a read is running whose answer may do. */
  isRunning(key: string): boolean {
    return this.#running.has(key);
  }

  /**
   * @param start starts the read; by its waiters it may report that the provider was asked later than at this call
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
    // Whatever runs now started after `earlier` settled, and so after this call. The first waiter to get here starts
    // it.
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

  /** The provider was asked after this many had joined. */
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
