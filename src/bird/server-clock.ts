import type { Clock } from '../ports.js';

/** Smaller differences are left alone: `Date` counts in seconds, and an answer takes its time. */
const TOLERATED_MS = 2_000;

/** What takes longer says nothing: the local clock has jumped, or the machine has slept, before the answer was read. */
const WIDEST_MS = 5_000;

/** When a request to Bird left and when its answer was there, epoch ms by the local clock. */
export interface Exchange {
  readonly sentAt: number;
  readonly answeredAt: number;
}

/**
 * The time as Bird has it: windows end by Bird's clock, so a local clock that is wrong by more than 2 s is corrected
 * by the `Date` of Bird's answers.
 */
export class ServerClock {
  readonly #clock: Clock;
  readonly #onSkew: (skewMs: number) => void;
  #skewMs = 0;

  /** @param onSkew called with the difference when a correction begins or changes by more than what is tolerated */
  constructor(clock: Clock, onSkew: (skewMs: number) => void) {
    this.#clock = clock;
    this.#onSkew = onSkew;
  }

  now(): number {
    return this.#clock.now() + this.#skewMs;
  }

  /** Takes the `Date` header of an answer; one that cannot be read changes nothing. */
  observe(date: string | null, { sentAt, answeredAt }: Exchange): void {
    const stamp = date === null ? Number.NaN : Date.parse(date);
    if (Number.isNaN(stamp)) return;
    // Bird wrote the stamp between the two, and the stamp says the second only: the true difference lies in between.
    const least = stamp - answeredAt;
    const most = stamp + 1_000 - sentAt;
    if (most - least > WIDEST_MS) return;
    const isTolerable = least <= TOLERATED_MS && most >= -TOLERATED_MS;
    const skewMs = isTolerable ? 0 : Math.round((least + most) / 2);
    const isNews = Math.abs(skewMs - this.#skewMs) > TOLERATED_MS;
    if (isNews && skewMs !== 0) this.#onSkew(skewMs);
    if (isNews || skewMs === 0) this.#skewMs = skewMs;
  }
}
