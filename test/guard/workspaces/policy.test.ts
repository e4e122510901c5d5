import { holdUntilReply, toChannel, toTemplate } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { checkOptions } from '../../../src/core/option-checks.js';
import { doubt } from '../../../src/core/reroute/doubt.js';
import { LogOnce } from '../../../src/guard/notices/log-once.js';
import {
  type PolicyOptions,
  policyChecks,
  resolvePolicy,
  warnOfPolicies,
} from '../../../src/guard/workspaces/policy.js';
import { createClock } from '../../../src/sandbox/clock.js';
import { type LogLine, recordingLogger } from '../../support/world.js';
import { DAY } from '../support.js';

const WORKSPACE = '11111111-1111-4111-8111-111111111111';

const reroute = (): undefined => undefined;
const errorOf = (options: object): unknown => {
  try {
    checkOptions(options, policyChecks, 'defaults');
    return undefined;
  } catch (error) {
    return error;
  }
};

describe('the options of a policy', () => {
  it.each([
    { mode: 'enforce' },
    { mode: 'observe' },
    { mode: 'off' },
    { onClosed: 'block' },
    { onClosed: reroute },
    { onClosed: [] },
    { onClosed: ['block'] },
    { onClosed: [reroute, reroute, 'block'] },
    { onMixed: 'block' },
    { onMixed: 'split' },
    { onUnknown: 'allow' },
    { onUnknown: 'block' },
    { onUnknown: 'reroute' },
    { onUnknown: () => 'allow' },
    { safetyMarginMs: 0 },
    { safetyMarginMs: DAY - 1 },
    { deadlineMs: 1 },
    { deadlineMs: 60_000 },
    { onContactNotFound: 'unknown' },
    { onContactNotFound: 'closed' },
  ])('may be %j', (options) => {
    expect(errorOf(options)).toBeUndefined();
  });

  it.each([
    // A margin as long as the shortest window would leave nothing that is ever known to be open.
    [
      { safetyMarginMs: DAY },
      RangeError,
      'defaults.safetyMarginMs must be a number of milliseconds from 0 to 86399999',
    ],
    [{ safetyMarginMs: -1 }, RangeError, 'defaults.safetyMarginMs'],
    [{ deadlineMs: 0 }, RangeError, 'defaults.deadlineMs must be a number of milliseconds from 1 to 60000'],
    [{ deadlineMs: 60_001 }, RangeError, 'defaults.deadlineMs'],
    [{ mode: 'of' }, RangeError, "defaults.mode must be 'enforce' or 'observe' or 'off'; received 'of'"],
    [{ mode: '' }, RangeError, 'defaults.mode'],
    [{ onMixed: '' }, RangeError, "defaults.onMixed must be 'block' or 'split'"],
    [{ onUnknown: '' }, RangeError, "defaults.onUnknown must be 'allow' or 'block' or 'reroute' or a function"],
    [{ onContactNotFound: '' }, RangeError, "defaults.onContactNotFound must be 'unknown' or 'closed'"],
    [{ onClosed: 'allow' }, RangeError, "defaults.onClosed must be 'block', a reroute policy, or an array of them"],
    [{ onClosed: 'allow' }, RangeError, "received 'allow'"],
    [{ onClosed: [reroute, 'allow'] }, RangeError, 'defaults.onClosed'],
    [{ onClosed: {} }, TypeError, 'defaults.onClosed'],
    [{ onClosed: null }, TypeError, 'defaults.onClosed'],
    [{ onClosed: true }, TypeError, 'defaults.onClosed'],
    [{ onClosed: ['block', reroute] }, RangeError, "put 'block' last"],
    [{ onClosed: [reroute, 'block', 'block'] }, RangeError, "put 'block' last"],
    // Called as a policy, one of these would stop each message that it should save.
    [{ onClosed: toChannel }, RangeError, 'call toChannel, as in toChannel(...)'],
    [{ onClosed: [reroute, toTemplate] }, RangeError, 'call toTemplate, as in toTemplate(...)'],
    [{ onClosed: [holdUntilReply, 'block'] }, RangeError, 'call holdUntilReply, as in holdUntilReply(...)'],
  ])('may not be %j', (options, kind, text) => {
    const error = errorOf(options);
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toContain(text);
  });

  it('say nothing of factories and cut-off lists where only a word is wrong', () => {
    expect((errorOf({ onClosed: 'allow' }) as Error).message).not.toMatch(/call |put /);
  });
});

describe('a policy', () => {
  const defaults = {
    mode: 'enforce',
    onClosed: ['block'],
    onMixed: 'block',
    onUnknown: 'allow',
    safetyMarginMs: 10_000,
    deadlineMs: 800,
    trustPermanentSession: true,
    onContactNotFound: 'unknown',
    exposeExpiry: true,
    isOptedOut: undefined,
    optedOutBlocksTemplates: false,
  };

  it('without options has the documented ones', () => {
    expect(resolvePolicy({})).toEqual(defaults);
  });

  it('takes none of its options from a prototype', () => {
    expect(resolvePolicy(Object.create({ mode: 'off', onUnknown: 'block' }))).toEqual(defaults);
  });

  it.each([
    ["'block'", 'block', ['block']],
    ['one policy', reroute, [reroute]],
    ['a list', [reroute, 'block'], [reroute, 'block']],
    ['an empty list', [], []],
  ] as const)('keeps %s of onClosed as a list', (_, onClosed, list) => {
    expect(resolvePolicy({ onClosed }).onClosed).toEqual(list);
  });

  it('does not change when the list that it was given changes', () => {
    const onClosed: PolicyOptions['onClosed'][] = ['block'];
    const policy = resolvePolicy({ onClosed: onClosed as ['block'] });
    onClosed.unshift(reroute);
    expect(policy.onClosed).toEqual(['block']);
  });
});

describe('a warning of policies', () => {
  const warningsOf = (...given: readonly PolicyOptions[]): readonly LogLine[] => {
    const lines: LogLine[] = [];
    const logOnce = new LogOnce({ clock: createClock(0), logger: recordingLogger(lines) });
    warnOfPolicies({ id: WORKSPACE, policies: given.map(resolvePolicy) }, logOnce);
    return lines;
  };
  const doubtful = (text: string): (() => undefined) => {
    const policy = (): undefined => undefined;
    doubt(policy, text);
    return policy;
  };

  it.each([
    {},
    { onUnknown: 'block' },
    { onUnknown: 'reroute', onClosed: reroute },
    { onUnknown: 'reroute', onClosed: [reroute, 'block'] },
    { onUnknown: 'reroute', mode: 'off' },
    { onClosed: ['block'] },
  ] as const)('does not come for %j', (options) => {
    expect(warningsOf(options)).toEqual([]);
  });

  it.each([
    { onUnknown: 'reroute' },
    { onUnknown: 'reroute', onClosed: [] },
    { onUnknown: 'reroute', mode: 'observe' },
  ] as const)('comes where unknown sends are to be rerouted, and nothing reroutes: %j', (options) => {
    expect(warningsOf(options)).toEqual([
      {
        level: 'warn',
        fields: { workspaceId: WORKSPACE, option: 'onUnknown' },
        text: expect.stringMatching(/onClosed has no reroute policy.*say onUnknown: 'block'/),
      },
    ]);
  });

  it('names onClosed for each doubt about a reroute policy, on whichever channel, and comes once', () => {
    const [one, other] = [doubtful('one'), doubtful('other')];
    const fields = { workspaceId: WORKSPACE, option: 'onClosed' };
    expect(warningsOf({ onClosed: [one, other, 'block'] }, { onClosed: one })).toEqual([
      { level: 'warn', fields, text: 'one' },
      { level: 'warn', fields, text: 'other' },
    ]);
  });
});
