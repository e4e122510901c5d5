import type { Clock } from '../../ports.js';

/** The breaker does not open on fewer reads than this. */
const MIN_READS = 20;
const FAILED_SHARE = 0.5;
const COUNTED_MS = 10_000;
/** While the breaker is open, one read per this time probes whether the provider is back. */
const PROBE_MS = 1_000;

/**
 * Stops reads that would only wait for a provider that is down. It opens when half of at least 20 reads within 10 s
 * have failed. Then one read a second probes the provider, and the first that succeeds closes the breaker.
 */
export class CircuitBreaker {
  readonly #clock: Clock;
  /** In the order of their instants; those before `#first` count no more. */
  #results: { readonly at: number; readonly hasFailed: boolean }[] = [];
  #first = 0;
  /** Of those that count. */
  #failures = 0;
  #probeAt: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isOpen(): boolean {
    return this.#probeAt !== undefined;
  }

  /** How much longer reads are refused, in ms; 0: not now. Does not claim the probe. */
  get refusedForMs(): number {
    return this.#probeAt === undefined ? 0 : Math.max(0, this.#probeAt - this.#clock.now());
  }

  /** Whether a read may start now. While the breaker is open, a true answer claims the probe. */
  admits(): boolean {
    if (this.#probeAt === undefined) return true;
    const now = this.#clock.now();
    if (now < this.#probeAt) return false;
    this.#probeAt = now + PROBE_MS;
    return true;
  }

  succeeded(): void {
    if (this.#probeAt !== undefined) this.#forget();
    this.#probeAt = undefined;
    this.#count(false);
  }

  failed(): void {
    this.#count(true);
    const reads = this.#results.length - this.#first;
    if (this.#probeAt !== undefined || reads < MIN_READS) return;
    if (this.#failures / reads >= FAILED_SHARE) this.#probeAt = this.#clock.now() + PROBE_MS;
  }

  #count(hasFailed: boolean): void {
    const now = this.#clock.now();
    this.#results.push({ at: now, hasFailed });
    if (hasFailed) this.#failures += 1;
    for (let oldest = this.#results[this.#first]; oldest !== undefined; oldest = this.#results[this.#first]) {
      if (oldest.at > now - COUNTED_MS) break;
      this.#first += 1;
      if (oldest.hasFailed) this.#failures -= 1;
    }
    // Cut off by halves, so that a read costs the same however many there are.
    if (this.#first * 2 <= this.#results.length) return;
    this.#results = this.#results.slice(this.#first);
    this.#first = 0;
  }

  #forget(): void {
    this.#results = [];
    this.#first = 0;
    this.#failures = 0;
  }
}
