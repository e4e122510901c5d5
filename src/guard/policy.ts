import type { SendRequest } from '../bird/send-request.js';
import type { UnknownDecision } from '../core/types.js';
import { aBoolean, numberBetween, type OptionCheck, oneOf, oneOfOrFunction } from './option-checks.js';

/** Called at once, never awaited; one that throws counts as `'allow'`. */
export type OnUnknown = 'allow' | 'block' | ((decision: UnknownDecision, send: SendRequest) => 'allow' | 'block');

/** What a workspace, or one of its channels, wants done with the answers. */
export interface PolicyOptions {
  /**
   * `enforce` acts on decisions; `observe` decides and reports, and never changes a request; `off` does nothing at all.
   * Default `enforce`.
   */
  readonly mode?: 'enforce' | 'observe' | 'off' | undefined;
  /** What happens to a free-form message that is denied. Default `block`. */
  readonly onClosed?: 'block' | undefined;
  /** What happens to a request of which some recipients may be written to and some not: all of it is blocked. */
  readonly onMixed?: 'block' | undefined;
  /** What happens where the facts could not be had. Default `allow`: the send passes, flagged. */
  readonly onUnknown?: OnUnknown | undefined;
  /** How long before its end a remembered window is asked for again, in ms. Default 10 000 (10 s); 0 to under 24 h. */
  readonly safetyMarginMs?: number | undefined;
  /** Longest time a decision may take, in ms, everything included. Default 800; 1 to 60 000. */
  readonly deadlineMs?: number | undefined;
  /** Whether Bird's `isPermanentSession: true` allows a send. Default true. */
  readonly trustPermanentSession?: boolean | undefined;
  /**
   * What a contact means that Bird does not know: `unknown`, or `closed` once two reads at least 1 s apart say so.
   * Default `unknown`.
   */
  readonly onContactNotFound?: 'unknown' | 'closed' | undefined;
  /** Whether a blocked response tells when the window closed. Default true. */
  readonly exposeExpiry?: boolean | undefined;
}

export type Policy = Readonly<{ [K in keyof PolicyOptions]-?: Exclude<PolicyOptions[K], undefined> }>;

const DAY_MS = 86_400_000;

/** What each option of a policy may hold. */
export const policyChecks: Readonly<Record<keyof PolicyOptions, OptionCheck>> = {
  mode: oneOf('enforce', 'observe', 'off'),
  onClosed: oneOf('block'),
  onMixed: oneOf('block'),
  onUnknown: oneOfOrFunction('allow', 'block'),
  // A margin as long as the shortest window would leave nothing that is ever known to be open.
  safetyMarginMs: numberBetween(0, DAY_MS - 1, 'milliseconds'),
  deadlineMs: numberBetween(1, 60_000, 'milliseconds'),
  trustPermanentSession: aBoolean,
  onContactNotFound: oneOf('unknown', 'closed'),
  exposeExpiry: aBoolean,
};

/** Fills in the defaults of what was checked before. */
export function resolvePolicy(options: PolicyOptions): Policy {
  const { mode = 'enforce', onClosed = 'block', onMixed = 'block', onUnknown = 'allow' } = options;
  const { safetyMarginMs = 10_000, deadlineMs = 800, trustPermanentSession = true } = options;
  const { onContactNotFound = 'unknown', exposeExpiry = true } = options;
  return {
    mode,
    onClosed,
    onMixed,
    onUnknown,
    safetyMarginMs,
    deadlineMs,
    trustPermanentSession,
    onContactNotFound,
    exposeExpiry,
  };
}
