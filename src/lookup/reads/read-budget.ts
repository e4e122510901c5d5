import { LookupError } from '../../errors.js';
import type { Clock } from '../../ports.js';

export interface ReadLimit {
  /** Reads per second in the long run. */
  readonly perSecond: number;
  /** Reads that may start at once after a quiet time. No second can have more than `perSecond + burst`. */
  readonly burst: number;
}

export interface FairTokenBucketOptions extends ReadLimit {
  readonly clock: Clock;
}

interface Waiter {
  readonly giveUpAt: number;
  readonly admit: () => void;
  readonly refuse: (error: LookupError) => void;
}

/** The share of the full rate that returns per second after it was halved. */
const RECOVERY_PER_SECOND = 0.1;
const MIN_PER_SECOND = 1;
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 8_000;

/**
 * A token bucket for one workspace's reads. If there are more reads than tokens, the lanes (channels) take turns, so
 * that a campaign on one channel cannot starve replies on another. Within a lane the newest read goes first, because it
 * has the most time left. A read that cannot start in time is rejected early.
 */
export class FairTokenBucket {
  #options: FairTokenBucketOptions;
  /** In the order of their turns. */
  readonly #lanes = new Map<string, Waiter[]>();
  #tokens: number;
  #perSecond: number;
  #countedAt: number;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #nextPauseMs = FIRST_PAUSE_MS;
  #timer: unknown;

  constructor(options: FairTokenBucketOptions) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#perSecond = options.perSecond;
    this.#countedAt = this.#passed();
  }

  /**
   * Settles when a read may start.
   *
   * @throws {LookupError} `lookup_budget_spent` when none can start by `giveUpAt`, or while reads are paused
   */
  take(giveUpAt: number, lane = ''): Promise<void> {
    const now = this.#options.clock.now();
    this.#refill();
    if (now < this.#pausedUntil) return Promise.reject(budgetSpent());
    if (this.#lanes.size === 0 && this.#tokens >= 1) {
      this.#tokens -= 1;
      return Promise.resolve();
    }
    if (giveUpAt <= this.#nextTokenAt(now)) return Promise.reject(budgetSpent());
    return new Promise((admit, refuse) => {
      const waiters = this.#lanes.get(lane) ?? [];
      waiters.push({ giveUpAt, admit, refuse });
      this.#lanes.set(lane, waiters);
      this.#schedule(now);
    });
  }

  /**
   * Takes a token only while the bucket is full, and so leaves what comes next all but one of the burst. For one caller
   * at a time.
   *
   * @returns false where the bucket is not full by `giveUpAt`
   */
  async takeSurplus(giveUpAt: number): Promise<boolean> {
    const { clock } = this.#options;
    for (;;) {
      const now = clock.now();
      this.#refill();
      const fullAt = Math.max(this.#pausedUntil, this.#fullAt(now));
      if (fullAt <= now && this.#lanes.size === 0) {
        this.#tokens -= 1;
        return true;
      }
      if (fullAt > giveUpAt) return false;
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, Math.max(1, fullAt - now)));
    }
  }

  /**
   * Call when the provider reports too many requests. No read starts for a while, waiting reads are rejected, and the
   * rate is halved and then recovers.
   *
   * @param durationMs as the provider asks; default 1 s, doubling up to 8 s until a read succeeds
   */
  pause(durationMs?: number): void {
    const now = this.#options.clock.now();
    // Concurrent reads are throttled together: the rate is halved once for all of them.
    const isPaused = now < this.#pausedUntil;
    const pauseMs = durationMs ?? (isPaused ? 0 : this.#nextPauseMs);
    this.#pausedUntil = Math.max(this.#pausedUntil, now + pauseMs);
    if (isPaused) return;
    this.#nextPauseMs = Math.min(MAX_PAUSE_MS, this.#nextPauseMs * 2);
    this.#perSecond = Math.max(Math.min(MIN_PER_SECOND, this.#options.perSecond), this.#perSecond / 2);
    this.#tokens = 0;
    this.refuseAll();
  }

  /** Changes the limit. Spent tokens stay spent. */
  limit(limit: ReadLimit): void {
    this.#refill();
    this.#options = { ...this.#options, ...limit };
    this.#perSecond = Math.min(this.#perSecond, limit.perSecond);
    this.#tokens = Math.min(this.#tokens, limit.burst);
  }

  /** How many reads may start at once. */
  get left(): number {
    this.#refill();
    return this.#options.clock.now() < this.#pausedUntil ? 0 : Math.floor(this.#tokens);
  }

  /** Drops all tokens, after reads that this bucket did not grant. */
  empty(): void {
    this.#refill();
    this.#tokens = 0;
  }

  /** Rejects all waiting reads. */
  refuseAll(): void {
    const waiting = [...this.#lanes.values()].flat();
    this.#lanes.clear();
    for (const waiter of waiting) waiter.refuse(budgetSpent());
  }

  /** Call when a read was answered: the next pause is short again. */
  succeeded(): void {
    this.#nextPauseMs = FIRST_PAUSE_MS;
  }

  #serve(): void {
    this.#timer = undefined;
    const now = this.#options.clock.now();
    this.#refill();
    this.#refuseUpTo(now);
    while (this.#tokens >= 1 && this.#lanes.size > 0) {
      this.#tokens -= 1;
      this.#nextWaiter()?.admit();
    }
    // Rejected early, while the caller has time to react; at its own deadline it would only time out.
    this.#refuseUpTo(this.#nextTokenAt(now));
    if (this.#lanes.size > 0) this.#schedule(now);
  }

  /** The newest read of the lane whose turn it is. The lane goes to the end of the order. */
  #nextWaiter(): Waiter | undefined {
    for (const [lane, waiters] of this.#lanes) {
      const waiter = waiters.pop();
      this.#lanes.delete(lane);
      if (waiters.length > 0) this.#lanes.set(lane, waiters);
      return waiter;
    }
    return undefined;
  }

  #refuseUpTo(at: number): void {
    for (const [lane, waiters] of this.#lanes) {
      const inTime = waiters.filter(({ giveUpAt }) => giveUpAt > at);
      if (inTime.length === waiters.length) continue;
      if (inTime.length > 0) this.#lanes.set(lane, inTime);
      else this.#lanes.delete(lane);
      for (const waiter of waiters) if (waiter.giveUpAt <= at) waiter.refuse(budgetSpent());
    }
  }

  #schedule(now: number): void {
    if (this.#timer !== undefined) return;
    this.#timer = this.#options.clock.setTimeout(() => this.#serve(), this.#nextTokenAt(now) - now);
  }

  #nextTokenAt(now: number): number {
    return now + Math.max(1, Math.ceil(((1 - this.#tokens) * 1000) / this.#perSecond));
  }

  #fullAt(now: number): number {
    return now + Math.ceil(((this.#options.burst - this.#tokens) * 1000) / this.#perSecond);
  }

  #refill(): void {
    const { perSecond, burst } = this.#options;
    const passed = this.#passed();
    // A clock that jumped back neither gives nor takes tokens.
    const seconds = Math.max(0, passed - this.#countedAt) / 1000;
    this.#countedAt = passed;
    this.#perSecond = Math.min(perSecond, this.#perSecond + seconds * perSecond * RECOVERY_PER_SECOND);
    this.#tokens = Math.min(burst, this.#tokens + seconds * this.#perSecond);
  }

  /** Elapsed time in ms, monotonic if possible: a wall clock that is set forward must not give tokens. */
  #passed(): number {
    const { clock } = this.#options;
    return clock.monotonic?.() ?? clock.now();
  }
}

export function budgetSpent(): LookupError {
  return new LookupError('lookup_budget_spent', 'The read limit leaves no read within the deadline of this decision');
}

/**
 * One process's share of a limit. All shares together exceed the limit in no second; each has a burst of at least 1.
 */
export function shareOf({ perSecond, burst }: ReadLimit, instances: number): ReadLimit {
  const ownBurst = Math.max(1, Math.floor(burst / instances));
  const left = (perSecond + burst - instances * ownBurst) / instances;
  return { perSecond: Math.max(0.1, Math.min(perSecond / instances, left)), burst: ownBurst };
}
