import {
  aFunction,
  anObject,
  checkOptions,
  checkOptionsOf,
  integerBetween,
  nonEmptyString,
  numberBetween,
  type OptionCheck,
  objectWith,
  requireAll,
} from '../core/option-checks.js';
import { ownFields } from '../core/own.js';
import { aLocale } from '../core/reroute/to-template-options.js';
import type { HeldMessage, HeldStore } from '../stores/held-store.js';
import { memoryHeldStore } from '../stores/memory-held-store.js';

/**
 * A message to send now: a held one, or the nudge. Each call gets its own copy. A repeated call has the same `id`;
 * another message under the same reference has another.
 */
export interface ReleasedMessage extends Omit<HeldMessage, 'address' | 'expiresAt' | 'isWindowUnknown'> {
  /** `held` for a message that waited, `nudge` for the template that asks the customer to write. */
  readonly kind: 'held' | 'nudge';
}

/** A customer's message on a channel where messages are held for that customer. */
export interface ReplyEvent {
  /** The workspace that was written to. */
  readonly workspaceId: string;
  /** The channel on which the customer wrote. */
  readonly channelId: string;
  /** The customer's contact id; absent where only an address is known. */
  readonly contactId?: string | undefined;
  /** What the customer wrote from; absent where only a contact id is known. */
  readonly address?: string | undefined;
  /** What the customer wrote; `undefined` where there is no text, or the guard does not know it. */
  readonly text?: string | undefined;
}

/** A template that asks the customer to write. */
export interface Nudge {
  /** The template's project in Bird's Studio, a UUID. */
  readonly projectId: string;
  /** Which of its versions is sent. Default `latest`. */
  readonly version?: string | undefined;
  /** The language of the template, as a BCP 47 locale. */
  readonly locale: string;
  /** The values of the template's variables. Default: none. */
  readonly variables?: Readonly<Record<string, string>> | undefined;
}

/** Where held messages wait, for how long, and how they are sent. */
export interface HoldUntilReplyOptions {
  /**
   * Where held messages are kept. Default: `memoryHeldStore()`, which loses them when the process ends. For several
   * processes: `redisStore(...).held`.
   */
  readonly store?: HeldStore | undefined;
  /**
   * Sends a message that may go now. Return `'rejected'` where it can never be sent: `onExpired(message, 'rejected')`
   * is called and the next message follows. Any other result means accepted. After a crash, an error or 30 s it is
   * called again with the same `id` and `reference`, and later messages wait. Default: Bird's API with the workspace's
   * key.
   */
  readonly release?: ((message: ReleasedMessage) => unknown) | undefined;
  /** Called after a held message was accepted. Its result and its errors do not affect the message. */
  readonly onReleased?: ((message: ReleasedMessage) => unknown) | undefined;
  /**
   * Whether a customer's message releases held messages. Not awaited; after an error or a result that is no boolean,
   * the default applies. Default: every message except a bare opt-out word (STOP, BAJA, ARRET, ...), after which held
   * messages wait for the next one.
   */
  readonly releaseOn?: ((event: ReplyEvent) => boolean) | undefined;
  /** The template to send when a message is held, at most once until the customer writes. Default: none. */
  readonly nudge?: Nudge | undefined;
  /** How many messages may wait for one contact on one channel. Default 20; 1 to 1000. */
  readonly maxPerContact?: number | undefined;
  /** How long a message waits, in ms. Default 259 200 000 (72 h); 1000 (1 s) to 30 days. */
  readonly lifetimeMs?: number | undefined;
  /**
   * Called with a message that will not be sent: it has expired, or Bird rejects it. After an error it is called again.
   */
  readonly onExpired?: ((message: HeldMessage, why: 'expired' | 'rejected') => unknown) | undefined;
}

export interface ResolvedHold extends Omit<HoldUntilReplyOptions, 'store' | 'maxPerContact' | 'lifetimeMs'> {
  readonly store: HeldStore;
  readonly maxPerContact: number;
  readonly lifetimeMs: number;
}

/** @throws {TypeError | RangeError} naming the option */
export function resolveHold(given: HoldUntilReplyOptions): ResolvedHold {
  checkOptionsOf('holdUntilReply', given, checks);
  const options = ownFields(given);
  if (options.nudge !== undefined) checkNudge(options.nudge);
  const { store = memoryHeldStore(), maxPerContact = 20, lifetimeMs = 72 * HOUR, ...rest } = options;
  const { release, onReleased, releaseOn, nudge, onExpired } = rest;
  return { store, maxPerContact, lifetimeMs, release, onReleased, releaseOn, nudge, onExpired };
}

const HOUR = 3_600_000;

const checks: Readonly<Record<keyof HoldUntilReplyOptions, OptionCheck>> = {
  store: objectWith('add', 'list', 'remove', 'windows', 'lock', 'unlock', 'claimNudge', 'endNudge'),
  release: aFunction,
  onReleased: aFunction,
  releaseOn: aFunction,
  nudge: anObject,
  maxPerContact: integerBetween(1, 1000, 'messages'),
  lifetimeMs: numberBetween(1000, 30 * 24 * HOUR, 'milliseconds'),
  onExpired: aFunction,
};

const nudgeChecks: Readonly<Record<keyof Nudge, OptionCheck>> = {
  projectId: nonEmptyString,
  version: nonEmptyString,
  locale: aLocale,
  variables: {
    rule: 'an object of non-empty strings',
    hasType: (value) => typeof value === 'object' && value !== null,
    isInRange: (value: object) => Object.values(value).every((one) => typeof one === 'string' && one.trim() !== ''),
  },
};

function checkNudge(nudge: Nudge): void {
  checkOptions(nudge, nudgeChecks, 'holdUntilReply.nudge');
  const { projectId, locale } = nudge;
  requireAll({ projectId, locale }, 'holdUntilReply.nudge');
}
