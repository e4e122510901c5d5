import { describe, expect, it } from 'vitest';
import type { Hook } from '../../src/core/hook.js';
import type { FreeformCase } from '../../src/guard/case.js';
import { FactSearch, type Search } from '../../src/guard/fact-search.js';
import { undecided } from '../../src/guard/outcome.js';
import type { PolicyOptions } from '../../src/guard/workspaces/policy.js';
import type { WindowAnswer } from '../../src/lookup/window-cache.js';
import { createClock } from '../../src/sandbox/clock.js';
import { answerOf, fakeCase, HOUR, type Known, NOW, sms, target, whatsapp } from './fake-workspace.js';
import { turns } from './support.js';

const open = answerOf(NOW + HOUR);
const closed = answerOf(null);
const send = { workspaceId: 'workspace', channelId: 'channel' };
const id = '0a4de1aa-8a1d-4a37-9a0c-5a2f6a1a7d22';
const inConversation = { kind: 'conversation', channelId: undefined, conversationId: id, recipient: undefined };

interface Setup extends Known {
  readonly options?: PolicyOptions;
  readonly parsed?: object;
  /** The budget refuses a read until an instant. */
  readonly isRefused?: boolean;
  /** A read of the window is running, or the store is across a network. */
  readonly isBeingRead?: boolean;
  /** The application has to be asked for the options of the workspace. Default: nobody is asked. */
  readonly load?: 'found' | 'unknown' | undefined;
  readonly isOff?: boolean;
}

function setUp(setup: Setup) {
  const clock = createClock(NOW);
  const answered: unknown[] = [];
  const failures: unknown[] = [];
  const refusals: unknown[][] = [];
  const loads: string[] = [];
  const places: string[] = [];
  const failedHooks: unknown[] = [];
  const { open: found, asked } = fakeCase(setup, (setup.parsed ?? {}) as never, setup.options);
  const { workspace } = found;
  Object.assign(workspace, {
    refusesRead: (...args: unknown[]) => {
      refusals.push(args);
      return setup.isRefused === true;
    },
    ownerOfPolicy: () => ({}),
    policyFor: () => found.policy,
    isOff: setup.isOff === true,
    conversations: {
      find: async ({ conversationId }: { conversationId: string }) => {
        places.push(conversationId);
        return { channelId: id, contacts: [{ id }] };
      },
    },
  });
  Object.assign(workspace.windows, { isBeingRead: () => setup.isBeingRead === true });
  const search = new FactSearch({
    clock,
    hooks: { worked: () => {}, failed: ({ name }: Hook) => failedHooks.push(name) } as never,
    notices: {
      failure: (error: { code: string }) => {
        failures.push(error);
        return error.code;
      },
      channel: () => {},
    } as never,
    workspaces: {
      load: async (workspaceId: string) => {
        loads.push(workspaceId);
        return setup.load === 'unknown' ? 'unknown' : workspace;
      },
    } as never,
    cases: {
      recall: () => (setup.load === undefined ? workspace : undefined),
      caseOf: (parsed, workspace) => ({ ...found, parsed, workspace }),
      open: (one) =>
        one.workspace === 'unknown' || one.parsed.kind === 'conversation'
          ? undecided('workspace_unknown')
          : (one as FreeformCase),
    },
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
  return { ask, clock, answered, failures, refusals, asked, loads, places, failedHooks };
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

describe('what belongs to a send is found first', () => {
  it('from nobody where it is known', async () => {
    const { ask, loads, places } = setUp({ fresh: whatsapp, answers: [open] });
    expect((await ask()).decision.verdict).toBe('allow');
    expect([loads, places]).toEqual([[], []]);
  });

  it('from the application, which may know nothing of the workspace', async () => {
    const { ask, loads } = setUp({ fresh: whatsapp, answers: [open], load: 'found' });
    expect((await ask()).decision.verdict).toBe('allow');
    expect(loads).toEqual(['workspace']);
    const unknown = setUp({ load: 'unknown' });
    expect((await unknown.ask()).decision.reason).toBe('workspace_unknown');
  });

  it.each([undefined, 'found'] as const)('from its conversation, once the workspace is there: %o', async (load) => {
    const { ask, places, answered } = setUp({ fresh: whatsapp, answers: [open], parsed: inConversation, load });
    expect((await ask()).decision.verdict).toBe('allow');
    expect(places).toEqual([id]);
    expect(answered).toMatchObject([{ channelId: id }]);
  });

  it('from no conversation in a workspace that nobody knows, or where nothing is decided', async () => {
    const unknown = setUp({ parsed: inConversation, load: 'unknown' });
    expect((await unknown.ask()).decision.reason).toBe('workspace_unknown');
    const off = setUp({ parsed: inConversation, isOff: true });
    await off.ask();
    expect([unknown.places, unknown.failures, off.places]).toEqual([[], [], []]);
  });

  it('from its conversation where nothing is decided too, if the facts are wanted all the same', async () => {
    const { ask, places } = setUp({ fresh: whatsapp, answers: [open], parsed: inConversation, isOff: true });
    expect((await ask({ mode: 'enforce' })).decision.verdict).toBe('allow');
    expect(places).toEqual([id]);
  });
});

describe('the application is asked for an opt-out', () => {
  it.each([true, Promise.resolve(true)])('and denies without Bird: %o', async (isOut) => {
    const isOptedOut = (): typeof isOut => isOut;
    const { ask, asked } = setUp({ read: whatsapp, answers: [open], options: { isOptedOut } });
    expect((await ask()).decision.reason).toBe('opted_out');
    // While the application takes its time, Bird is asked.
    expect(asked.channelMs).toHaveLength(isOut === true ? 0 : 1);
  });

  it('and is told of where it takes too long', async () => {
    const isOptedOut = (): Promise<boolean> => new Promise(() => {});
    const { ask, clock, failedHooks } = setUp({ fresh: whatsapp, answers: [open], options: { isOptedOut } });
    const asking = ask();
    clock.advance(799);
    await turns();
    expect(failedHooks).toEqual([]);
    clock.advance(1);
    expect((await asking).decision).toEqual({ verdict: 'unknown', reason: 'deadline_exceeded' });
    await turns();
    expect(failedHooks).toEqual(['isOptedOut']);
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

  it('is not needed for a template', async () => {
    const template = { kind: 'template', send, target: undefined };
    const { ask, failures } = setUp({ ...refused, parsed: template });
    expect((await ask()).decision).toMatchObject({ verdict: 'allow', reason: 'template' });
    expect(failures).toEqual([]);
  });

  it('is begun by a call that can wait, and for an address that nobody can find', async () => {
    const patient = { deadline: { from: NOW, at: NOW + HOUR, isPatient: true } };
    expect((await setUp(refused).ask(patient)).decision.verdict).toBe('allow');
    const unresolved = setUp({ ...refused, parsed: { target: 'address_unresolved' } });
    expect((await unresolved.ask()).decision).toEqual({ verdict: 'unknown', reason: 'address_unresolved' });
    expect(unresolved.refusals).toEqual([]);
  });
});
