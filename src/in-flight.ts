/** What is under way, for whoever waits until nothing is. */
export class InFlight {
  readonly #running = new Set<Promise<unknown>>();

  track<T>(work: Promise<T>): Promise<T> {
    const done = (): void => void this.#running.delete(work);
    this.#running.add(work);
    work.then(done, done);
    return work;
  }

  /** Settles when nothing runs any more, what was begun meanwhile included. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}
