import type { Clock } from '../../ports.js';
import { budgetSpent, WaitingReads } from './waiting-reads.js';

export interface ReadLimit {
  /** Reads per second in the long run. */
  readonly perSecond: number;
  /** Reads that may start at once after a quiet time. No second can have more than `perSecond + burst`. */
  readonly burst: number;
}

export interface FairTokenBucketOptions extends ReadLimit {
  readonly clock: Clock;
  /** Whether reads go on waiting for which there will be no token in time: the limit may be lifted before. */
  readonly keepsSurplus?: boolean | undefined;
}

/** The share of the full rate that returns per second after it was halved. */
const RECOVERY_PER_SECOND = 0.1;
const MIN_PER_SECOND = 1;
/** With less time to gain, no read takes the place of one that waits: in a burst, each millisecond would begin anew. */
const MIN_GAIN_MS = 100;
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 8_000;

/**
 * A token bucket for one workspace's reads. If there are more reads than tokens, the lanes (channels) take turns, so
 * that a campaign on one channel cannot starve replies on another. Within a lane the newest read goes first, because it
 * has the most time left. A read that cannot start in time is rejected early.
 */
export class FairTokenBucket {
  #options: FairTokenBucketOptions;
  readonly #waiting = new WaitingReads();
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
    const { clock, keepsSurplus } = this.#options;
    const now = clock.now();
    this.#refill();
    if (now < this.#pausedUntil) return Promise.reject(budgetSpent);
    if (this.#waiting.isEmpty && this.#tokens >= 1) {
      this.#tokens -= 1;
      return Promise.resolve();
    }
    if (giveUpAt <= this.#tokenAt(1, now)) return Promise.reject(budgetSpent);
    return new Promise((admit, refuse) => {
      this.#waiting.add(lane, { giveUpAt, admit, refuse });
      if (keepsSurplus !== true) this.#waiting.refuseSurplus(lane, (count) => this.#tokenAt(count, now));
      this.#schedule(now);
    });
  }

  /** Whether a read would wait in vain, or would make one wait in vain that has hardly less time left. */
  refuses(giveUpAt: number, lane = ''): boolean {
    const now = this.#options.clock.now();
    this.#refill();
    if (now < this.#pausedUntil) return true;
    if (this.#waiting.isEmpty && this.#tokens >= 1) return false;
    const { count, giveUpAt: last = giveUpAt } = this.#waiting.oldestIn(lane);
    return giveUpAt - last < MIN_GAIN_MS && last <= this.#tokenAt(count + 1, now);
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
      if (fullAt <= now && this.#waiting.isEmpty) {
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
    this.#waiting.refuseUpTo(Number.POSITIVE_INFINITY);
  }

  /** Call when a read was answered: the next pause is short again. */
  succeeded(): void {
    this.#nextPauseMs = FIRST_PAUSE_MS;
  }

  #serve(): void {
    this.#timer = undefined;
    const now = this.#options.clock.now();
    this.#refill();
    this.#waiting.refuseUpTo(now);
    while (this.#tokens >= 1 && !this.#waiting.isEmpty) {
      this.#tokens -= 1;
      this.#waiting.next()?.admit();
    }
    // Rejected early, while the caller has time to react; at its own deadline it would only time out.
    this.#waiting.refuseUpTo(this.#tokenAt(1, now));
    if (!this.#waiting.isEmpty) this.#schedule(now);
  }

  #schedule(now: number): void {
    if (this.#timer !== undefined) return;
    this.#timer = this.#options.clock.setTimeout(() => this.#serve(), this.#tokenAt(1, now) - now);
  }

  /** When so many tokens have been there, if none is taken before. */
  #tokenAt(count: number, now: number): number {
    return now + Math.max(1, Math.ceil(((count - this.#tokens) * 1000) / this.#perSecond));
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

/**
 * One process's share of a limit. All shares together exceed the limit in no second; each has a burst of at least 1.
 */
export function shareOf({ perSecond, burst }: ReadLimit, instances: number): ReadLimit {
  const ownBurst = Math.max(1, Math.floor(burst / instances));
  const left = (perSecond + burst) / instances - ownBurst;
  return { perSecond: Math.max(0.1, Math.min(perSecond / instances, left)), burst: ownBurst };
}
