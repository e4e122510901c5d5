import { checkOptions, integerFrom, isNumber, isString, type OptionCheck, oneOf } from '../core/option-checks.js';

/**
 * Behaviour that Bird does not document, or that occurs only in bad times. Set it in `createSandbox`, in `addWorkspace`
 * (which wins for that workspace), or with `set` at run time. `undefined` always means the default.
 */
export interface Switches {
  /**
   * GET requests per sliding second and workspace before 429. Default 50, Bird's own; `Infinity`: no limit. While the
   * clock stands still, no request leaves the second: advance the clock, or lift the limit.
   */
  readonly readsPerSecond: number;
  /** POST requests per sliding second and workspace before 429, contact searches included. Default 500. */
  readonly sendsPerSecond: number;
  /** The `Retry-After` header of a 429, verbatim. Default absent, since Bird documents none. */
  readonly retryAfter: string | undefined;
  /** How a window that has closed is reported: `null` (default, also `'null'`), or `'past'`, its end. */
  readonly closedWindow: 'null' | 'past' | null;
  /** The contact search's answer for an unknown identifier: `'empty'` results (default) or a `'404'`. */
  readonly unknownContact: 'empty' | '404';
  /**
   * `isPermanentSession` in the contact answer, for contacts without their own value: `'absent'` (default) or a
   * boolean.
   */
  readonly permanentSession: 'absent' | boolean;
  /** Whether the key may read contacts: `'forbidden'` answers 403 on the contact path alone. Default `'allowed'`. */
  readonly contactAccess: 'allowed' | 'forbidden';
  /**
   * How long the contact answer lags behind a new inbound message, in ms. Sending sees the message at once. Default 0.
   */
  readonly readLagMs: number;
  /** The final status of a late free-form message. Default `'delivery_failed'`; not verified against Bird. */
  readonly lateStatus: 'delivery_failed' | 'sending_failed' | 'rejected';
  /** The `failure.code` of a late message. Default 15000, a guess within Bird's platform family 15xxx; not verified. */
  readonly lateFailureCode: number;
  /** How long after its send a late message fails, in ms. Default 120 000 (2 minutes). */
  readonly lateFailureAfterMs: number;
  /**
   * How long after an event its first delivery is made, in ms; the signature carries the time of the event. Default 0.
   */
  readonly webhookDelayMs: number;
  /** How many times each event is delivered. Default 1. */
  readonly webhookCopies: number;
  /** Whether events are lost: with `'all'`, events that happen from now on are never delivered. Default `'none'`. */
  readonly webhookLoss: 'none' | 'all';
}

/** The switches to set; each may be omitted. */
export type SwitchOptions = { readonly [Name in keyof Switches]?: Switches[Name] | undefined };

interface Rule<Value> {
  readonly byDefault: Value;
  readonly check: OptionCheck;
}

const aRate: OptionCheck = {
  rule: 'a whole number, 0 or more, or Infinity',
  hasType: isNumber,
  isInRange: (value: number) => value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && value >= 0),
};
const aDuration = integerFrom(0, 'milliseconds');

const rules: { readonly [Name in keyof Switches]: Rule<Switches[Name]> } = {
  readsPerSecond: { byDefault: 50, check: aRate },
  sendsPerSecond: { byDefault: 500, check: aRate },
  retryAfter: { byDefault: undefined, check: { rule: 'a string', hasType: isString } },
  closedWindow: { byDefault: 'null', check: oneOf(null, 'null', 'past') },
  unknownContact: { byDefault: 'empty', check: oneOf('empty', '404') },
  permanentSession: { byDefault: 'absent', check: oneOf('absent', true, false) },
  contactAccess: { byDefault: 'allowed', check: oneOf('allowed', 'forbidden') },
  readLagMs: { byDefault: 0, check: aDuration },
  lateStatus: { byDefault: 'delivery_failed', check: oneOf('delivery_failed', 'sending_failed', 'rejected') },
  lateFailureCode: {
    byDefault: 15_000,
    check: { rule: 'a whole number', hasType: isNumber, isInRange: Number.isSafeInteger },
  },
  lateFailureAfterMs: { byDefault: 120_000, check: aDuration },
  webhookDelayMs: { byDefault: 0, check: aDuration },
  webhookCopies: { byDefault: 1, check: integerFrom(1, 'deliveries') },
  webhookLoss: { byDefault: 'none', check: oneOf('none', 'all') },
};

/** What each switch accepts. */
export const switchChecks = Object.fromEntries(
  Object.entries(rules).map(([name, { check }]) => [name, check]),
) as Readonly<Record<keyof Switches, OptionCheck>>;

/** A copy of the switches. Throws a `TypeError` or `RangeError` that names an unknown or wrong one. */
export function checkSwitches(switches: SwitchOptions, path: string): SwitchOptions {
  checkOptions(switches, switchChecks, path);
  return { ...switches };
}

/** The switches in force: each from the first layer that sets it, else its default. */
export function resolveSwitches(...layers: readonly SwitchOptions[]): Switches {
  const values = Object.entries(rules).map(([name, { byDefault }]) => {
    const setter = layers.find((layer) => layer[name as keyof Switches] !== undefined);
    return [name, setter === undefined ? byDefault : setter[name as keyof Switches]];
  });
  return Object.fromEntries(values) as Switches;
}
