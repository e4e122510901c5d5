import type { Clock } from '../../ports.js';
import { readHttpDate } from './http-date.js';

/** Smaller differences are left alone: `Date` counts in seconds, and an answer takes its time. */
const TOLERATED_MS = 2_000;

/** What takes longer says nothing: the local clock has jumped, or the machine has slept, before the answer was read. */
const MAX_WIDTH_MS = 5_000;

/** A larger change is believed only where two answers say it: one odd header must not open windows that have ended. */
const SUDDEN_MS = 60_000;

/** A difference of more is no clock that somebody has set wrong. */
const MAX_SKEW_MS = 366 * 24 * 3_600_000;

/** A warning is due where the difference has changed by more, and not more often than once a minute. */
const WARN_CHANGE_MS = 10_000;
const WARN_APART_MS = 60_000;

/** When a request to Bird left and when its answer was there, epoch ms by the local clock. */
export interface Exchange {
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** What an answer's headers say of its time. */
export interface DatedHeaders {
  readonly date: string | null;
  /** For how many seconds a cache had kept the answer. */
  readonly age?: string | null | undefined;
}

/**
 * The time as Bird has it: windows end by Bird's clock, so a local clock that is wrong by more than 2 s is corrected
 * by the `Date` of Bird's answers.
 */
export class ServerClock {
  readonly #clock: Clock;
  readonly #onSkew: (skewMs: number) => void;
  readonly #maxSkewMs: number;
  #skewMs = 0;
  /** What one answer has said and no second one yet. */
  #suddenMs: number | undefined;
  #warned = { skewMs: 0, at: Number.NEGATIVE_INFINITY };

  /** @param onSkew called with the difference where it has changed by more than 10 s, at most once a minute */
  constructor(clock: Clock, onSkew: (skewMs: number) => void, maxSkewMs: number = MAX_SKEW_MS) {
    this.#clock = clock;
    this.#maxSkewMs = maxSkewMs;
    this.#onSkew = onSkew;
  }

  now(): number {
    return this.#clock.now() + this.#skewMs;
  }

  /** The time if the latest answer is right, where that is another one and no second answer has said so yet. */
  suddenNow(): number | undefined {
    return this.#suddenMs === undefined ? undefined : this.#clock.now() + this.#suddenMs;
  }

  /** Takes the headers of a good answer; what cannot be read changes nothing. */
  observe({ date, age }: DatedHeaders, { sentAt, answeredAt }: Exchange): void {
    const stamp = readHttpDate(date);
    const ageMs = readAge(age);
    if (stamp === undefined || ageMs === undefined) return;
    // Bird wrote the stamp between the two, and the stamp says the second only: the true difference lies in between.
    const least = stamp + ageMs - answeredAt;
    const most = stamp + ageMs + 1_000 - sentAt;
    if (most - least > MAX_WIDTH_MS) return;
    const isTolerable = least <= TOLERATED_MS && most >= -TOLERATED_MS;
    const skewMs = isTolerable ? 0 : Math.round((least + most) / 2);
    if (Math.abs(skewMs) <= this.#maxSkewMs) this.#take(skewMs);
  }

  #take(skewMs: number): void {
    const isSudden = Math.abs(skewMs - this.#skewMs) > SUDDEN_MS;
    const isSaidAgain = this.#suddenMs !== undefined && Math.abs(skewMs - this.#suddenMs) <= MAX_WIDTH_MS;
    this.#suddenMs = isSudden && !isSaidAgain ? skewMs : undefined;
    if (this.#suddenMs !== undefined) return;
    if (Math.abs(skewMs - this.#skewMs) > TOLERATED_MS || skewMs === 0) this.#skewMs = skewMs;
    this.#warn();
  }

  #warn(): void {
    const at = this.#clock.now();
    const isDue = Math.abs(this.#skewMs - this.#warned.skewMs) > WARN_CHANGE_MS;
    // A clock that was set back must not silence it for as long.
    if (!isDue || Math.abs(at - this.#warned.at) < WARN_APART_MS) return;
    this.#warned = { skewMs: this.#skewMs, at };
    this.#onSkew(this.#skewMs);
  }
}

/** 0 where there is none; `undefined` for what is no number of seconds. */
function readAge(age: string | null | undefined): number | undefined {
  if (age === undefined || age === null) return 0;
  return /^\d{1,9}$/.test(age) ? Number(age) * 1000 : undefined;
}
