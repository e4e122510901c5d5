import type { Clock } from '../../ports.js';

/** The breaker does not open on fewer reads than this. */
const MIN_READS = 20;
const FAILED_SHARE = 0.5;
const COUNTED_MS = 10_000;
/** While the breaker is open, one read per this time probes whether the provider is back. */
const PROBE_MS = 1_000;

/**
 * Stops reads that would only wait for a provider that is down. It opens when half of at least 20 reads within 10 s have
 * failed. Then one read a second probes the provider, and the first that succeeds closes the breaker.
 */
export class CircuitBreaker {
  readonly #clock: Clock;
  #results: { readonly at: number; readonly hasFailed: boolean }[] = [];
  #probeAt: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isOpen(): boolean {
    return this.#probeAt !== undefined;
  }

  /** Whether a read would be refused now. Does not claim the probe. */
  get isRefusing(): boolean {
    return this.#probeAt !== undefined && this.#clock.now() < this.#probeAt;
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
    if (this.#probeAt !== undefined) this.#results = [];
    this.#probeAt = undefined;
    this.#count(false);
  }

  failed(): void {
    this.#count(true);
    if (this.#probeAt !== undefined || this.#results.length < MIN_READS) return;
    const failures = this.#results.filter(({ hasFailed }) => hasFailed).length;
    if (failures / this.#results.length >= FAILED_SHARE) this.#probeAt = this.#clock.now() + PROBE_MS;
  }

  #count(hasFailed: boolean): void {
    const now = this.#clock.now();
    this.#results.push({ at: now, hasFailed });
    const oldest = this.#results.findIndex(({ at }) => at > now - COUNTED_MS);
    if (oldest > 0) this.#results.splice(0, oldest);
  }
}
