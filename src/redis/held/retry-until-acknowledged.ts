/** Most that is remembered; what comes after that is not repeated. */
const MAX_PENDING = 10_000;

/** What has to happen, and of which nobody has heard that it has: it is repeated until somebody does. */
export class RetryUntilAcknowledged {
  readonly #unheard = new Map<string, () => Promise<unknown>>();
  #isBusy = false;

  /** @param name what has the same name stands for the same, and the last of it counts */
  add(name: string, work: () => Promise<unknown>): void {
    if (this.#unheard.size < MAX_PENDING) this.#unheard.set(name, work);
  }

  delete(name: string): void {
    this.#unheard.delete(name);
  }

  /** Repeats all of it. What fails is left for the next time. */
  async repeat(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (const [name, work] of this.#unheard) {
      const isHeard = await work().then(
        () => true,
        () => false,
      );
      if (isHeard && this.#unheard.get(name) === work) this.#unheard.delete(name);
    }
    this.#isBusy = false;
  }
}
