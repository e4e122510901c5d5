import { systemClock } from '../clock.js';
import {
  checkOptionsOf,
  integerBetween,
  integerFrom,
  isFunction,
  isObject,
  isString,
  type OptionCheck,
  type OptionChecks,
  requireAll,
} from '../core/option-checks.js';
import { ownFields } from '../core/own.js';
import { platforms } from '../core/platforms.js';

const DAY_MS = 86_400_000;
const MIN_SECRET_LENGTH = 16;

/** The secret that all processes share, and the limits of memory and time. */
export interface RedisStoreOptions {
  /**
   * The secret from which the names of windows in Redis are derived, so that nobody without it can tell whose they are.
   * The same for all processes, at least 16 characters; keep it like a password. Held messages are encrypted with a key
   * derived from it. After a change, every window is asked of Bird once, and messages held under the old secret are not
   * found.
   */
  readonly secret: string;
  /** The prefix of all keys, one per deployment in a shared Redis. Default `ffg:`. */
  readonly prefix?: string | undefined;
  /**
   * How many windows this process keeps in memory, in front of Redis, and as many contact ids. With 0 every decision asks
   * Redis. Default 100 000.
   */
  readonly max?: number | undefined;
  /**
   * The largest number of processes at the same time. Each live process contributes its share of the workspace's limit,
   * because one that is gone cannot be told from one that is cut off and still reads. Default 4; 1 to 10 000.
   */
  readonly instances?: number | undefined;
  /**
   * The length of the longest window that matters, in ms. A customer's message is kept that long, a refusal a day
   * longer; a shorter time saves Redis memory. Default: 30 days, the longest of all platforms; from one day.
   */
  readonly longestWindowMs?: number | undefined;
  /**
   * How long to wait for an answer from Redis, in ms of real time; after that the call has failed and memory is used
   * alone. Default 40, a little less than the 50 ms that a guard waits for any store; 1 to 60 000.
   */
  readonly timeoutMs?: number | undefined;
  /** The guard's clock, where it is not the system's. */
  readonly clock?:
    | {
        /** Wall time, epoch ms. */
        now(): number;
      }
    | undefined;
}

export type ResolvedRedisOptions = {
  readonly [Name in keyof RedisStoreOptions]-?: Exclude<RedisStoreOptions[Name], undefined>;
};

const aSecret: OptionCheck = {
  rule: `a string of at least ${MIN_SECRET_LENGTH} characters`,
  hasType: isString,
  isInRange: (secret: string) => secret.length >= MIN_SECRET_LENGTH,
};

const checks: OptionChecks & Readonly<Record<keyof RedisStoreOptions, OptionCheck>> = {
  secret: aSecret,
  prefix: { rule: 'a string', hasType: isString },
  max: integerFrom(0, 'windows'),
  instances: integerBetween(1, 10_000, 'processes'),
  longestWindowMs: integerBetween(DAY_MS, 366 * DAY_MS, 'milliseconds'),
  timeoutMs: integerBetween(1, 60_000, 'milliseconds'),
  clock: { rule: 'an object with a function now', hasType: hasNow },
};

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {TypeError} for a misspelt option, a missing secret or a wrong type; {RangeError} for a value out of range.
 *   The secret is never shown.
 */
export function resolveRedisOptions(options: RedisStoreOptions): ResolvedRedisOptions {
  checkOptionsOf('redisStore', options, checks);
  const { secret, prefix = 'ffg:', clock = systemClock } = ownFields(options);
  const { max = 100_000, instances = 4, longestWindowMs = longestOfAll(), timeoutMs = 40 } = ownFields(options);
  requireAll({ secret }, 'redisStore');
  return { secret, prefix, max, instances, longestWindowMs, timeoutMs, clock };
}

/** A clock may be an instance of a class, whose `now` is inherited. */
function hasNow(clock: unknown): boolean {
  return isObject(clock) && isFunction((clock as { readonly now?: unknown }).now);
}

/** The longest of all platforms' windows that end. */
function longestOfAll(): number {
  const durations = Object.values(platforms).flatMap(({ window }) =>
    window === null ? [] : [window.durationMs, window.humanAgentMs ?? 0],
  );
  return Math.max(...durations.filter(Number.isFinite));
}
