import {
  aFunction,
  aText,
  checkOptions,
  integerBetween,
  numberBetween,
  type OptionCheck,
  objectWith,
  requireAll,
} from '../core/option-checks.js';
import { readLocale } from '../core/reroute/locale.js';
import type { HeldMessage, HeldStore } from '../ports.js';
import { memoryHeldStore } from '../stores/memory-held-store.js';

/** A message that is to go out now: one that was held, or the nudge that asks the customer to write. */
export interface ReleasedMessage extends Omit<HeldMessage, 'address' | 'id' | 'expiresAt'> {
  readonly kind: 'held' | 'nudge';
}

/** A template that asks the customer to write. */
export interface Nudge {
  readonly projectId: string;
  /** Default `latest`. */
  readonly version?: string | undefined;
  /** BCP 47. */
  readonly locale: string;
  /** Values by variable. */
  readonly variables?: Readonly<Record<string, string>> | undefined;
}

export interface HoldUntilReplyOptions {
  /**
   * Where the messages wait. Default: `memoryHeldStore()`, which loses them when the process ends. For several processes:
   * `redisStore(...).held`.
   */
  readonly store?: HeldStore | undefined;
  /**
   * Sends a message that may go now. After a crash, or where it throws or takes longer than 30 s, it is called again with
   * the same `reference`. Default: Bird's API, with the workspace's key.
   */
  readonly release?: ((message: ReleasedMessage) => unknown) | undefined;
  /** Sent when a message is held, at most once until the customer writes. Default: none. */
  readonly nudge?: Nudge | undefined;
  /** How many messages may wait for one contact on one channel. Default 20; 1 to 1000. */
  readonly maxPerContact?: number | undefined;
  /** How long a message waits, in ms. Default 259 200 000 (72 h); 1000 (1 s) to 30 days. */
  readonly lifetimeMs?: number | undefined;
  /**
   * Called with a message that is not sent any more: its time is over, or Bird refuses it for good. Where it throws, it is
   * called again.
   */
  readonly onExpired?: ((message: HeldMessage, why: 'expired' | 'rejected') => unknown) | undefined;
}

export interface ResolvedHold extends Omit<HoldUntilReplyOptions, 'store' | 'maxPerContact' | 'lifetimeMs'> {
  readonly store: HeldStore;
  readonly maxPerContact: number;
  readonly lifetimeMs: number;
}

/** @throws {TypeError | RangeError} naming the option */
export function resolveHold(options: HoldUntilReplyOptions): ResolvedHold {
  checkOptions(options, checks, 'holdUntilReply');
  if (options.nudge !== undefined) checkNudge(options.nudge);
  const { store = memoryHeldStore(), release, nudge, maxPerContact = 20, lifetimeMs = 72 * HOUR, onExpired } = options;
  return { store, release, nudge, maxPerContact, lifetimeMs, onExpired };
}

const HOUR = 3_600_000;

const checks: Readonly<Record<keyof HoldUntilReplyOptions, OptionCheck>> = {
  store: objectWith('add', 'list', 'remove', 'windows', 'lock', 'unlock', 'claimNudge', 'endNudge'),
  release: aFunction,
  nudge: { rule: 'an object', hasType: (value) => typeof value === 'object' && value !== null },
  maxPerContact: integerBetween(1, 1000, 'messages'),
  lifetimeMs: numberBetween(1000, 30 * 24 * HOUR, 'milliseconds'),
  onExpired: aFunction,
};

const nudgeChecks: Readonly<Record<keyof Nudge, OptionCheck>> = {
  projectId: aText,
  version: aText,
  locale: {
    rule: 'a BCP 47 locale',
    hasType: (value) => typeof value === 'string',
    isInRange: (value: string) => readLocale(value) !== undefined,
  },
  variables: {
    rule: 'an object of texts',
    hasType: (value) => typeof value === 'object' && value !== null,
    isInRange: (value: object) => Object.values(value).every((one) => typeof one === 'string' && one.trim() !== ''),
  },
};

function checkNudge(nudge: Nudge): void {
  checkOptions(nudge, nudgeChecks, 'holdUntilReply.nudge');
  const { projectId, locale } = nudge;
  requireAll({ projectId, locale }, 'holdUntilReply.nudge');
}
