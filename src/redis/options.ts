import { ownFields } from '../core/own.js';
import { platforms } from '../core/platforms.js';

const DAY_MS = 86_400_000;
const SHORTEST_SECRET = 16;

/** What the processes that share a Redis have in common, and what each keeps for itself. */
export interface RedisStoreOptions {
  /**
   * From which the names of customers' windows are made, so that nobody without it can tell whose they are. The same for
   * all processes, at least 16 characters, kept like a password. Held messages are encrypted with a key made of it. With
   * a new one everything is asked of Bird once, and messages that were held under the former are not found.
   */
  readonly secret: string;
  /** What all keys begin with. Default `ffg:`. One per deployment that shares a Redis with others. */
  readonly prefix?: string | undefined;
  /** Windows kept in this process's memory, in front of Redis. Default 100 000; 0: none, each question is a round trip. */
  readonly max?: number | undefined;
  /**
   * How many processes there are at most, at the same time. Each that is alive brings its share of the workspace's limit:
   * nobody can tell those that are gone from those that are cut off and read by themselves. Default 4; 1 to 10 000.
   */
  readonly instances?: number | undefined;
  /**
   * How long the longest window lasts that is of interest, in ms: so long a customer's message is kept, and a refusal for
   * a day more. Default: 30 days, as long as any platform's. Shorter needs less of Redis's memory. From a day.
   */
  readonly longestWindowMs?: number | undefined;
  /**
   * How long an answer of Redis may take, in ms of real time; what takes longer has failed, and the memory goes on alone.
   * Default 40, a little less than the 50 ms that a guard waits for any store. 1 to 60 000.
   */
  readonly patienceMs?: number | undefined;
  /** The guard's clock, where that is not the system's. */
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

const known = ['secret', 'prefix', 'max', 'instances', 'longestWindowMs', 'patienceMs', 'clock'];

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {TypeError} for a misspelt option, a missing secret or a wrong type; {RangeError} for a value out of range.
 *   The secret is never shown.
 */
export function resolveRedisOptions(options: RedisStoreOptions): ResolvedRedisOptions {
  if (typeof options !== 'object' || options === null) throw new TypeError('redisStore: options are missing');
  const misspelt = Object.keys(options).find((name) => !known.includes(name));
  if (misspelt !== undefined) {
    throw new TypeError(`redisStore: ${misspelt} is not an option; known are ${known.join(', ')}`);
  }
  const { secret, prefix = 'ffg:', clock = { now: () => Date.now() } } = ownFields(options);
  const { max = 100_000, instances = 4, longestWindowMs = longestOfAll(), patienceMs = 40 } = ownFields(options);
  if (typeof secret !== 'string') throw new TypeError(`redisStore: secret must be a text; received ${typeof secret}`);
  if (secret.length < SHORTEST_SECRET) {
    throw new RangeError(`redisStore: secret must have at least ${SHORTEST_SECRET} characters`);
  }
  if (typeof prefix !== 'string') throw new TypeError(`redisStore: prefix must be a text; received ${typeof prefix}`);
  if (typeof clock?.now !== 'function') throw new TypeError('redisStore: clock must have a function now');
  checkWhole('max', max, 0, Number.MAX_SAFE_INTEGER);
  checkWhole('instances', instances, 1, 10_000);
  checkWhole('longestWindowMs', longestWindowMs, DAY_MS, 366 * DAY_MS);
  checkWhole('patienceMs', patienceMs, 1, 60_000);
  return { secret, prefix, max, instances, longestWindowMs, patienceMs, clock };
}

function checkWhole(name: string, value: unknown, least: number, most: number): void {
  const rule = `redisStore: ${name} must be a whole number from ${least} to ${most}`;
  if (typeof value !== 'number') throw new TypeError(`${rule}; received a ${typeof value}`);
  if (!Number.isInteger(value) || value < least || value > most) throw new RangeError(`${rule}, not ${value}`);
}

/** The longest window of all platforms that has an end. */
function longestOfAll(): number {
  const durations = Object.values(platforms).flatMap(({ window }) =>
    window === null ? [] : [window.durationMs, window.humanAgentMs ?? 0],
  );
  return Math.max(...durations.filter(Number.isFinite));
}
