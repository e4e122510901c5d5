/**
 * Lets requests for the same thing share reads without sharing staleness. An answer that a waiter accepts may come from
 * any read in flight; any other answer must come from a read that started after the waiter arrived, because what it
 * says ("closed") may have changed since an earlier read started. So at most one read per key is running and one is
 * awaited after it, however many wait.
 */
export class SharedReads<T> {
  readonly #running = new Map<string, Promise<T>>();

  /**
   * @param accepts whether the answer of a read that was already running at the call will do
   * @returns the answer; rejects as the read that started after the call does
   */
  async read(key: string, start: () => Promise<T>, accepts: (answer: T) => boolean): Promise<T> {
    const earlier = this.#running.get(key);
    if (earlier !== undefined) {
      const answer = await earlier.catch(() => undefined);
      if (answer !== undefined && accepts(answer)) return answer;
    }
    // Whatever runs now started after `earlier` settled, and so after this call. The first waiter to get here starts it.
    return this.#running.get(key) ?? this.#start(key, start);
  }

  #start(key: string, start: () => Promise<T>): Promise<T> {
    const read = start().finally(() => this.#running.delete(key));
    this.#running.set(key, read);
    return read;
  }
}
