/** The most operations that are kept; further ones are not retried. */
const MAX_PENDING = 10_000;

/** Operations that Redis has not acknowledged. Each is retried until it is. */
export class RetryUntilAcknowledged {
  readonly #pending = new Map<string, () => Promise<unknown>>();
  #isBusy = false;

  /** @param name replaces the pending operation of the same name */
  add(name: string, operation: () => Promise<unknown>): void {
    if (this.#pending.size < MAX_PENDING) this.#pending.set(name, operation);
  }

  delete(name: string): void {
    this.#pending.delete(name);
  }

  /** Runs each operation once. One that fails stays pending. */
  async retry(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (const [name, operation] of this.#pending) {
      const isAcknowledged = await operation().then(
        () => true,
        () => false,
      );
      if (isAcknowledged && this.#pending.get(name) === operation) this.#pending.delete(name);
    }
    this.#isBusy = false;
  }
}
