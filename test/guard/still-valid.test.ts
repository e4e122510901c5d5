import { describe, expect, it } from 'vitest';
import { deadlineOf, patienceOf, readCheckOptions, readCloseOptions } from '../../src/guard/deadline.js';
import type { Outcome } from '../../src/guard/outcome.js';
import { isStillValid, requireOutcomes } from '../../src/guard/still-valid.js';
import { resolvePolicy } from '../../src/guard/workspaces/policy.js';

const END = Date.UTC(2026, 10, 28, 9);
const allow = { verdict: 'allow', reason: 'service_window_open', validUntil: END };
const deny = { verdict: 'deny', reason: 'service_window_closed', closedAt: 5 };
const outcome = (fields: object): Outcome => ({ safetyMarginMs: 10, ...fields }) as Outcome;

describe('an outcome still holds at dispatch', () => {
  it.each<[string, Outcome, number, boolean]>([
    ['a send before the margin', outcome({ action: 'send', decision: allow }), END - 11, true],
    ['a send from the margin on', outcome({ action: 'send', decision: allow }), END - 10, false],
    ['a send without an end', outcome({ action: 'send', decision: { ...allow, validUntil: null } }), END, true],
    ['a send that was unknown', outcome({ action: 'send', decision: { verdict: 'unknown' } }), END, false],
    ['a denied send that was observed', outcome({ action: 'send', decision: { ...deny, validUntil: END } }), 0, false],
    ['what is sent instead', outcome({ action: 'reroute', decision: deny, sendsValidUntil: END }), END - 11, true],
    [
      'what is sent instead, late',
      outcome({ action: 'reroute', decision: deny, sendsValidUntil: END }),
      END - 10,
      false,
    ],
    [
      'a template that is sent instead',
      outcome({ action: 'reroute', decision: deny, sendsValidUntil: null }),
      END,
      true,
    ],
    ['a template of an older outcome', outcome({ action: 'reroute', decision: deny }), END, true],
    ['what is held', outcome({ action: 'hold', decision: deny, held: { expiresAt: END } }), END - 1, true],
    ['what is held no longer', outcome({ action: 'hold', decision: deny, held: { expiresAt: END } }), END, false],
    ['what somebody else holds', outcome({ action: 'hold', decision: deny }), END, true],
    ['what is blocked', outcome({ action: 'block', decision: deny }), 0, false],
  ])('%s', (_, one, at, isValid) => {
    expect(isStillValid(one, at)).toBe(isValid);
    expect(isStillValid(one, new Date(at))).toBe(isValid);
  });

  it('never at what is no instant, unless it has no end', () => {
    expect(isStillValid(outcome({ action: 'send', decision: allow }), 'soon' as never)).toBe(false);
    expect(isStillValid(outcome({ action: 'send', decision: { ...allow, validUntil: null } }), 'soon' as never)).toBe(
      true,
    );
  });

  it('now, if no instant is given', () => {
    expect(isStillValid(outcome({ action: 'send', decision: { ...allow, validUntil: Date.now() + 60_000 } }))).toBe(
      true,
    );
    expect(isStillValid(outcome({ action: 'send', decision: { ...allow, validUntil: Date.now() } }))).toBe(false);
  });

  it.each([
    ['a promise', Promise.resolve(outcome({ action: 'send', decision: allow })), 'await guard.check(send) first'],
    ['nothing', undefined, 'isStillValid: outcome'],
    ['a decision', allow, 'it has no action or no decision'],
    ['an outcome without its decision', { action: 'send' }, 'it has no action or no decision'],
  ])('is asked of an outcome, and not of %s', (_, one, text) => {
    expect(() => isStillValid(one as never)).toThrow(TypeError);
    expect(() => isStillValid(one as never)).toThrow(text);
  });

  it('names the one of a list that is none', () => {
    const one = outcome({ action: 'send', decision: allow });
    expect(() => requireOutcomes([one, one], 'summarize')).not.toThrow();
    expect(() => requireOutcomes([one, {}], 'summarize')).toThrow('summarize: outcomes[1]');
    expect(() => requireOutcomes(one, 'summarize')).toThrow('summarize: outcomes');
  });
});

describe('a deadline', () => {
  const policy = resolvePolicy({ deadlineMs: 300 });

  it("is the policy's, or the call's own: with a longer one nobody waits now", () => {
    expect(deadlineOf(policy, 1_000)).toEqual({ from: 1_000, at: 1_300, isPatient: false });
    expect(deadlineOf(policy, 1_000, 300)).toEqual({ from: 1_000, at: 1_300, isPatient: false });
    expect(deadlineOf(policy, 1_000, 200)).toEqual({ from: 1_000, at: 1_200, isPatient: false });
    expect(deadlineOf(policy, 1_000, 301)).toEqual({ from: 1_000, at: 1_301, isPatient: true });
  });

  it('shortens no read: others may wait for its answer', () => {
    expect(patienceOf(deadlineOf(policy, 1_000, 200), policy)).toEqual({ readMs: 300, wait: undefined });
    expect(patienceOf(deadlineOf(policy, 1_000, 900), policy)).toEqual({
      readMs: 300,
      wait: { from: 1_000, until: 1_900 },
    });
  });

  it.each([0, 600_001, Number.NaN])('of a call is between 1 ms and 10 min: %o', (deadlineMs) => {
    expect(() => readCheckOptions('check', { deadlineMs })).toThrow(/check.*deadlineMs/);
  });

  it.each([1, 600_000, undefined])('of a call may be %o', (deadlineMs) => {
    expect(readCheckOptions('check', { deadlineMs })).toBe(deadlineMs);
    expect(readCheckOptions('check', undefined)).toBeUndefined();
  });

  it('of close is 5 s, or between 0 and 10 min', () => {
    expect(readCloseOptions()).toBe(5_000);
    expect(readCloseOptions({ timeoutMs: 0 })).toBe(0);
    expect(readCloseOptions({ timeoutMs: 600_000 })).toBe(600_000);
    expect(() => readCloseOptions({ timeoutMs: -1 })).toThrow(/close.*timeoutMs/);
    expect(() => readCloseOptions({ timeoutMs: 600_001 })).toThrow(/close.*timeoutMs/);
  });
});
