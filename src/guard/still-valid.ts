import { requireArray, requireObject } from '../core/argument-checks.js';
import { toInstant } from '../core/instant.js';
import { isObject } from '../core/option-checks.js';
import { own, ownFields } from '../core/own.js';
import { isPromiseLike } from '../core/promise-like.js';
import type { Instant } from '../core/types.js';
import type { Outcome } from './outcome.js';

/**
 * Whether an outcome still holds at dispatch, after time in a queue. No I/O. What it means for each action:
 *
 * - `send`: the message may still go as it is. False from `safetyMarginMs` before the end of the window, and for a
 * decision that was not `allow`: ask again.
 * - `reroute`: all of `sends` may still go. A template always may.
 * - `hold`: the message still waits. There is nothing to send and nothing to ask: another check would hold it twice.
 * - `block`: false. Ask again if the customer may have written since.
 *
 * @param at the instant of dispatch, default now
 * @throws {TypeError} for a promise of an outcome, and for what is no outcome
 */
export function isStillValid(outcome: Outcome, at: Instant = Date.now()): boolean {
  if (isPromiseLike(outcome)) {
    throw new TypeError('isStillValid takes an outcome, not a promise of one: await guard.check(send) first');
  }
  requireOutcome(outcome, 'isStillValid: outcome');
  const { action, decision, held, sendsValidUntil = null, safetyMarginMs } = ownFields(outcome);
  const isBefore = (end: number | null): boolean => end === null || (toInstant(at) ?? Number.NaN) < end;
  const withMargin = (end: number | null): number | null => (end === null ? null : end - safetyMarginMs);
  switch (action) {
    case 'send':
      return decision.verdict === 'allow' && isBefore(withMargin(decision.validUntil));
    case 'reroute':
      return isBefore(withMargin(sendsValidUntil));
    case 'hold':
      return isBefore(held?.expiresAt ?? null);
    case 'block':
      return false;
  }
}

/** @throws {TypeError} for anything but a list of outcomes */
export function requireOutcomes(outcomes: unknown, caller: string): void {
  requireArray(outcomes, `${caller}: outcomes`, 'outcomes');
  for (const [position, outcome] of outcomes.entries()) requireOutcome(outcome, `${caller}: outcomes[${position}]`);
}

function requireOutcome(outcome: unknown, name: string): void {
  const shape = 'as guard.check gives it';
  requireObject(outcome, name, shape);
  const isOne = own(outcome, 'action') !== undefined && isObject(own(outcome, 'decision'));
  if (!isOne) throw new TypeError(`${name} must be an outcome, ${shape}; it has no action or no decision`);
}
