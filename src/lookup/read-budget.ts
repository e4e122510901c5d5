import { LookupError } from '../errors.js';
import type { Clock } from '../ports.js';

export interface ReadBudgetOptions {
  readonly clock: Clock;
  /** Reads a second in the long run. */
  readonly perSecond: number;
  /** Reads that may go at once after a quiet time. `perSecond + burst` is the most that any second can see. */
  readonly burst: number;
}

interface Waiter {
  readonly giveUpAt: number;
  readonly admit: () => void;
  readonly refuse: (error: LookupError) => void;
}

/** A token bucket over one workspace's reads. */
export class ReadBudget {
  readonly #options: ReadBudgetOptions;
  readonly #waiters: Waiter[] = [];
  #tokens: number;
  #countedAt: number;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #timer: unknown;

  constructor(options: ReadBudgetOptions) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#countedAt = options.clock.now();
  }

  /**
   * Settles when a read may start.
   *
   * @throws {LookupError} `lookup_budget_spent` when none can start by `giveUpAt`
   */
  take(giveUpAt: number): Promise<void> {
    const now = this.#options.clock.now();
    this.#refill(now);
    if (now < this.#pausedUntil) return Promise.reject(budgetSpent());
    if (this.#waiters.length === 0 && this.#tokens >= 1) {
      this.#tokens -= 1;
      return Promise.resolve();
    }
    return new Promise((admit, refuse) => {
      this.#waiters.push({ giveUpAt, admit, refuse });
      this.#schedule(now);
    });
  }

  /** No reads for so long: the provider said that there were too many. Those who wait are refused. */
  pause(durationMs: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#options.clock.now() + durationMs);
    for (const waiter of this.#waiters.splice(0)) waiter.refuse(budgetSpent());
  }

  #serve(): void {
    this.#timer = undefined;
    const now = this.#options.clock.now();
    this.#refill(now);
    this.#refuseLate(now);
    while (this.#tokens >= 1) {
      // The newest first: it has the most time left, and the oldest would often be answered too late to matter.
      const waiter = this.#waiters.pop();
      if (waiter === undefined) return;
      this.#tokens -= 1;
      waiter.admit();
    }
    if (this.#waiters.length > 0) this.#schedule(now);
  }

  #refuseLate(now: number): void {
    const late = this.#waiters.filter((waiter) => waiter.giveUpAt <= now);
    if (late.length === 0) return;
    const inTime = this.#waiters.filter((waiter) => waiter.giveUpAt > now);
    this.#waiters.splice(0, this.#waiters.length, ...inTime);
    for (const waiter of late) waiter.refuse(budgetSpent());
  }

  #schedule(now: number): void {
    if (this.#timer !== undefined) return;
    const tokenAt = now + Math.ceil(((1 - this.#tokens) * 1000) / this.#options.perSecond);
    const waitMs = Math.max(1, tokenAt - now);
    this.#timer = this.#options.clock.setTimeout(() => this.#serve(), waitMs);
  }

  #refill(now: number): void {
    // A clock that jumped back gives no tokens, and does not take any.
    const elapsedMs = Math.max(0, now - this.#countedAt);
    this.#countedAt = now;
    this.#tokens = Math.min(this.#options.burst, this.#tokens + (elapsedMs * this.#options.perSecond) / 1000);
  }
}

function budgetSpent(): LookupError {
  return new LookupError('lookup_budget_spent', 'The workspace has no read left in the time that this decision has');
}
