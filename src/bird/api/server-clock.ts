import type { Clock } from '../../ports.js';
import { readHttpDate } from './http-date.js';

/** Smaller differences are ignored: `Date` counts in seconds, and an answer takes time. */
const TOLERATED_MS = 2_000;

/**
 * A longer exchange is ignored: the local clock jumped, or the machine slept, before the answer was read. So is one that
 * ended before it began: the local clock was set back.
 */
const MAX_WIDTH_MS = 5_000;

/** A larger change needs two answers that agree: one odd header must not open windows that have ended. */
const SUDDEN_MS = 60_000;

/** A larger difference is not a wrongly set clock, and is ignored. */
const MAX_SKEW_MS = 366 * 24 * 3_600_000;

/** A change of the difference by more than this is a warning, at most one a minute. */
const WARN_CHANGE_MS = 10_000;
const WARN_APART_MS = 60_000;

/** When a request to Bird was sent and when its answer arrived, epoch ms by the local clock. */
export interface Exchange {
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** The headers that date an answer. */
export interface DatedHeaders {
  readonly date: string | null;
  /** How many seconds a cache has kept the answer. */
  readonly age?: string | null | undefined;
}

/**
 * Bird's clock. Windows end by Bird's clock, so a local clock that differs by more than 2 s is corrected by the `Date`
 * of Bird's answers.
 */
export class ServerClock {
  readonly #clock: Clock;
  readonly #onSkew: (skewMs: number) => void;
  readonly #maxSkewMs: number;
  #skewMs = 0;
  /** A large change that one answer reported and no second answer has confirmed. */
  #suddenMs: number | undefined;
  #warned = { skewMs: 0, at: Number.NEGATIVE_INFINITY };
  /** Answers of the same second have the same date: to read it again costs 0.06 of the guard's part of a miss. */
  #lastDate: { readonly text: string | null; readonly at: number | undefined } = { text: null, at: undefined };

  /** @param onSkew called with the difference when it has changed by more than 10 s, at most once a minute */
  constructor(clock: Clock, onSkew: (skewMs: number) => void, maxSkewMs: number = MAX_SKEW_MS) {
    this.#clock = clock;
    this.#maxSkewMs = maxSkewMs;
    this.#onSkew = onSkew;
  }

  now(): number {
    return this.at(this.#clock.now());
  }

  /** The time here when the local clock says `localMs`. */
  at(localMs: number): number {
    return localMs + this.#skewMs;
  }

  /** The time by a large change that no second answer has confirmed yet; `undefined`: there is none. */
  suddenNow(): number | undefined {
    return this.#suddenMs === undefined ? undefined : this.#clock.now() + this.#suddenMs;
  }

  /** Reads the headers of a successful answer. Unreadable ones change nothing. */
  observe({ date, age }: DatedHeaders, { sentAt, answeredAt }: Exchange): void {
    if (date !== this.#lastDate.text) this.#lastDate = { text: date, at: readHttpDate(date) };
    const stamp = this.#lastDate.at;
    const ageMs = readAge(age);
    if (stamp === undefined || ageMs === undefined) return;
    // Bird wrote the date between the two instants, in whole seconds: the true difference lies between these bounds.
    const least = stamp + ageMs - answeredAt;
    const most = stamp + ageMs + 1_000 - sentAt;
    if (answeredAt < sentAt || most - least > MAX_WIDTH_MS) return;
    const isTolerable = least <= TOLERATED_MS && most >= -TOLERATED_MS;
    const skewMs = isTolerable ? 0 : Math.round((least + most) / 2);
    if (Math.abs(skewMs) <= this.#maxSkewMs) this.#take(skewMs);
  }

  #take(skewMs: number): void {
    const isSudden = Math.abs(skewMs - this.#skewMs) > SUDDEN_MS;
    const isConfirmed = this.#suddenMs !== undefined && Math.abs(skewMs - this.#suddenMs) <= MAX_WIDTH_MS;
    this.#suddenMs = isSudden && !isConfirmed ? skewMs : undefined;
    if (this.#suddenMs !== undefined) return;
    // A correction is itself larger than what is tolerated, so that agreement ends it.
    if (Math.abs(skewMs - this.#skewMs) > TOLERATED_MS) this.#skewMs = skewMs;
    this.#warn();
  }

  #warn(): void {
    const at = this.#clock.now();
    const isDue = Math.abs(this.#skewMs - this.#warned.skewMs) > WARN_CHANGE_MS;
    // `abs`, because a clock that is set back must not silence the warning until it has caught up.
    if (!isDue || Math.abs(at - this.#warned.at) < WARN_APART_MS) return;
    this.#warned = { skewMs: this.#skewMs, at };
    this.#onSkew(this.#skewMs);
  }
}

/** 0 for an absent header; `undefined` for anything but a number of seconds. */
function readAge(age: string | null | undefined): number | undefined {
  if (age === undefined || age === null) return 0;
  return /^\d{1,9}$/.test(age) ? Number(age) * 1000 : undefined;
}
