import { describe, expect, it } from 'vitest';
import type { FreeformCase } from '../../src/guard/case.js';
import { FactSearch, type Search } from '../../src/guard/fact-search.js';
import type { PolicyOptions } from '../../src/guard/workspaces/policy.js';
import type { WindowAnswer } from '../../src/lookup/window-cache.js';
import { createClock } from '../../src/sandbox/clock.js';
import { answerOf, fakeCase, HOUR, type Known, NOW, sms, target, whatsapp } from './fake-workspace.js';

const open = answerOf(NOW + HOUR);
const closed = answerOf(null);
const send = { workspaceId: 'workspace', channelId: 'channel' };

interface Setup extends Known {
  readonly options?: PolicyOptions;
  readonly parsed?: object;
  /** The budget refuses a read until an instant. */
  readonly isRefused?: boolean;
  /** A read of the window is running, or the store is across a network. */
  readonly isBeingRead?: boolean;
}

function setUp(setup: Setup) {
  const clock = createClock(NOW);
  const answered: unknown[] = [];
  const failures: unknown[] = [];
  const refusals: unknown[][] = [];
  const { open: found } = fakeCase(setup, (setup.parsed ?? {}) as never, setup.options);
  const { workspace } = found;
  Object.assign(workspace, {
    refusesRead: (...args: unknown[]) => {
      refusals.push(args);
      return setup.isRefused === true;
    },
    ownerOfPolicy: () => ({}),
  });
  Object.assign(workspace.windows, { isBeingRead: () => setup.isBeingRead === true });
  const search = new FactSearch({
    clock,
    hooks: { worked: () => {}, failed: () => {} } as never,
    notices: {
      failure: (error: { code: string }) => {
        failures.push(error);
        return error.code;
      },
      channel: () => {},
    } as never,
    workspaces: { load: async () => workspace } as never,
    cases: { recall: () => workspace, caseOf: () => found, open: () => found as FreeformCase } as never,
    onAnswered: (key) => answered.push(key),
  });
  const ask = (more: Partial<Search> = {}, deadlineMs = 800) =>
    search.decide({
      found,
      deadline: { from: NOW, at: NOW + deadlineMs, isPatient: false },
      mode: undefined,
      send,
      optOut: undefined,
      ...more,
    });
  return { ask, clock, answered, failures, refusals };
}

describe('who knows is asked', () => {
  it('and whoever watches the window is told that Bird has answered', async () => {
    const { ask, answered } = setUp({ fresh: whatsapp, answers: [open] });
    expect((await ask()).decision.verdict).toBe('allow');
    expect(answered).toEqual([target.key]);
  });

  it('about nobody whose address cannot be found: no window has an answer', async () => {
    const { ask, answered } = setUp({ fresh: sms, parsed: { target: 'address_unresolved' } });
    expect((await ask()).decision.verdict).toBe('allow');
    expect(answered).toEqual([]);
  });

  it('until the deadline: then it is unknown', async () => {
    const never = new Promise<undefined>(() => {});
    const { ask, clock, failures } = setUp({ fresh: whatsapp, evidence: never });
    const asking = ask();
    clock.advance(799);
    await new Promise(setImmediate);
    expect(failures).toEqual([]);
    clock.advance(1);
    expect((await asking).decision).toEqual({ verdict: 'unknown', reason: 'deadline_exceeded' });
  });

  it('and an answer that comes after a stall, past the deadline, denies nobody', async () => {
    const stalled = (answers: WindowAnswer[], ms: number) => setUp({ fresh: whatsapp, answers }).ask({}, -ms);
    expect((await stalled([closed], 0)).decision.verdict).toBe('deny');
    expect((await stalled([closed], 1)).decision).toEqual({ verdict: 'unknown', reason: 'deadline_exceeded' });
    expect((await stalled([open], 1)).decision.verdict).toBe('allow');
  });
});

describe('the application is asked for an opt-out', () => {
  it.each([true, Promise.resolve(true)])('and denies without Bird: %o', async (isOut) => {
    const isOptedOut = (): typeof isOut => isOut;
    const { ask } = setUp({ fresh: whatsapp, answers: [open], options: { isOptedOut } });
    expect((await ask()).decision.reason).toBe('opted_out');
  });

  it('and does not wait for a Bird that fails', async () => {
    const { ask } = setUp({ read: new Error('down'), options: { isOptedOut: async () => true } });
    expect((await ask()).decision.reason).toBe('opted_out');
  });

  it('only once: what it was asked before counts', async () => {
    let asked = 0;
    const isOptedOut = (): boolean => {
      asked += 1;
      return false;
    };
    const { ask } = setUp({ fresh: whatsapp, answers: [open], options: { isOptedOut } });
    expect((await ask({ optOut: Promise.resolve(true) })).decision.reason).toBe('opted_out');
    expect(asked).toBe(0);
  });

  it('not at all where only the facts are wanted', async () => {
    const { ask } = setUp({ fresh: whatsapp, answers: [open], options: { isOptedOut: () => true } });
    expect((await ask({ send: undefined })).decision.verdict).toBe('allow');
  });
});

describe('a read that the budget would refuse', () => {
  const refused: Setup = { fresh: whatsapp, answers: [open], isRefused: true };

  it('is not begun', async () => {
    const { ask, refusals, failures } = setUp(refused);
    expect((await ask()).decision).toEqual({ verdict: 'unknown', reason: 'lookup_budget_spent' });
    expect(refusals).toEqual([['channel', NOW + 800]]);
    expect(failures).toMatchObject([{ code: 'lookup_budget_spent' }]);
  });

  it.each<[string, Setup]>([
    ['there is room', { ...refused, isRefused: false }],
    ['the same read is running', { ...refused, isBeingRead: true }],
    ['a store across a network may know the window', { ...refused, evidence: Promise.resolve({ lastInboundAt: NOW }) }],
    ['the channel is not known: all sends share that read', { ...refused, fresh: undefined, read: whatsapp }],
    ['the application may say no first', { ...refused, options: { isOptedOut: () => false } }],
  ])('is begun all the same where %s', async (_, setup) => {
    expect((await setUp(setup).ask()).decision.verdict).toBe('allow');
  });

  it('is begun by a call that can wait, and for an address that nobody can find', async () => {
    const patient = { deadline: { from: NOW, at: NOW + HOUR, isPatient: true } };
    expect((await setUp(refused).ask(patient)).decision.verdict).toBe('allow');
    const unresolved = setUp({ ...refused, parsed: { target: 'address_unresolved' } });
    expect((await unresolved.ask()).decision).toEqual({ verdict: 'unknown', reason: 'address_unresolved' });
    expect(unresolved.refusals).toEqual([]);
  });
});
