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
  readonly takes: string;
  accepts(value: unknown): boolean;
}

const rules: { readonly [Name in keyof Switches]: Rule<Switches[Name]> } = {
  readsPerSecond: { byDefault: 50, ...rate() },
  sendsPerSecond: { byDefault: 500, ...rate() },
  retryAfter: { byDefault: undefined, takes: 'a string', accepts: (value) => typeof value === 'string' },
  closedWindow: { byDefault: 'null', ...oneOf(null, 'null', 'past') },
  unknownContact: { byDefault: 'empty', ...oneOf('empty', '404') },
  permanentSession: { byDefault: 'absent', ...oneOf('absent', true, false) },
  contactAccess: { byDefault: 'allowed', ...oneOf('allowed', 'forbidden') },
  readLagMs: { byDefault: 0, ...length() },
  lateStatus: { byDefault: 'delivery_failed', ...oneOf('delivery_failed', 'sending_failed', 'rejected') },
  lateFailureCode: { byDefault: 15_000, takes: 'an integer', accepts: Number.isSafeInteger },
  lateFailureAfterMs: { byDefault: 120_000, ...length() },
  webhookDelayMs: { byDefault: 0, ...length() },
  webhookCopies: { byDefault: 1, takes: 'an integer of 1 or more', accepts: (value) => isCount(value) && value !== 0 },
  webhookLoss: { byDefault: 'none', ...oneOf('none', 'all') },
};

/** Whether a switch of this name exists. */
export function isSwitch(name: string): name is keyof Switches {
  return Object.hasOwn(rules, name);
}

/** A copy of the options given. Throws a `TypeError` that names the option when one is unknown or has a wrong value. */
export function checkSwitches(options: object): SwitchOptions {
  for (const [name, value] of Object.entries(options)) {
    if (!isSwitch(name)) throw new TypeError(`\`${name}\` is not an option of the sandbox`);
    if (value === undefined || rules[name].accepts(value)) continue;
    throw new TypeError(`\`${name}\` must be ${rules[name].takes}, not ${describe(value)}`);
  }
  return { ...options };
}

/** The switches in force: for each the first layer that sets it, else its default. */
export function resolveSwitches(...layers: readonly SwitchOptions[]): Switches {
  const names = Object.keys(rules).filter(isSwitch);
  const values = names.map((name) => {
    const setter = layers.find((layer) => layer[name] !== undefined);
    return [name, setter === undefined ? rules[name].byDefault : setter[name]];
  });
  return Object.fromEntries(values) as Switches;
}

function rate(): Pick<Rule<number>, 'takes' | 'accepts'> {
  const accepts = (value: unknown): boolean => value === Number.POSITIVE_INFINITY || isCount(value);
  return { takes: 'an integer of 0 or more, or Infinity', accepts };
}

function length(): Pick<Rule<number>, 'takes' | 'accepts'> {
  return { takes: 'a whole number of ms, 0 or more', accepts: isCount };
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function oneOf(...values: readonly unknown[]): Pick<Rule<never>, 'takes' | 'accepts'> {
  return {
    takes: values.map((value) => JSON.stringify(value)).join(' or '),
    accepts: (value) => values.includes(value),
  };
}

function describe(value: unknown): string {
  return typeof value === 'object' ? (value === null ? 'null' : 'an object') : (JSON.stringify(value) ?? typeof value);
}
