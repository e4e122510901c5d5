import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Hook, HookFailure } from '../../src/core/hook.js';
import type { ReroutePolicy, RerouteResult, SendToReroute } from '../../src/core/reroute/policy.js';
import type { Decision } from '../../src/core/types.js';
import type { HookTroubles } from '../../src/guard/notices/hook-troubles.js';
import { type RerouteCircumstances, reroute } from '../../src/guard/reroute.js';
import type { Policy } from '../../src/guard/workspaces/policy.js';
import { createClock } from '../../src/sandbox/clock.js';
import { turns } from './support.js';

const channelId = '0a4de1aa-8a1d-4a37-9a0c-5a2f6a1a7d22';
const other = '1b5e2f33-8a1d-4a37-9a0c-5a2f6a1a7d22';
const contact = { id: channelId };
const send: SendToReroute = { workspaceId: 'workspace', channelId, contact, message: { body: {} } };
const template = { receiver: { contacts: [contact] }, template: {} };
const closed: Decision = { verdict: 'deny', reason: 'service_window_closed', closedAt: 1 };
const allow = (validUntil: number | null): Decision => ({ verdict: 'allow', reason: 'template', validUntil });

interface Setup {
  readonly decide?: (send: SendToReroute) => Decision;
  readonly send?: SendToReroute;
}

/** Asks these policies with half a second left. */
function setUp({ decide = () => allow(null), send: original = send }: Setup = {}) {
  const clock = createClock(1_000_000);
  const said: (Hook & Partial<HookFailure>)[] = [];
  const hooks = {
    worked: (hook: Hook) => said.push(hook),
    failed: (hook: Hook, failure: HookFailure) => said.push({ ...hook, ...failure }),
  } as unknown as HookTroubles;
  const asked: SendToReroute[] = [];
  const circumstances: RerouteCircumstances = {
    send: original,
    decision: closed,
    at: 1,
    isDryRun: false,
    decide: async (one) => {
      asked.push(one);
      return decide(one);
    },
    clock,
    hooks,
    owner: { workspaceId: 'workspace', channelId },
    deadlineAt: clock.now() + 500,
  };
  return { clock, said, asked, ask: (...policies: Policy['onClosed']) => reroute(policies, circumstances) };
}

/** A promise that the test ends. */
function pending(): { promise: Promise<undefined>; end: () => void } {
  let end = (): void => {};
  const promise = new Promise<undefined>((resolve) => {
    end = () => resolve(undefined);
  });
  return { promise, end: () => end() };
}

/** A policy whose result notes whether it is used. */
function giving(result: unknown): { policy: ReroutePolicy; settled: boolean[] } {
  const settled: boolean[] = [];
  const policy = async (): Promise<RerouteResult> => {
    const settle = (isUsed: boolean): void => void settled.push(isUsed);
    return { ...(result as RerouteResult), settle };
  };
  return { policy, settled };
}

const insteadOf = (...sends: unknown[]): unknown => ({ action: 'reroute', sends, changes: ['template'] });
const one = { channelId, message: template };

describe('a chain of policies', () => {
  it('takes the first that helps, and says why those before it could not', async () => {
    const { ask, said } = setUp();
    const { policy } = giving(insteadOf(one));
    const outcome = await ask(
      ({ decline }) => decline('no_number'),
      () => undefined,
      policy,
      () => expect.fail('asked'),
    );
    expect(outcome).toMatchObject({
      action: 'reroute',
      sends: [one],
      sendsValidUntil: null,
      changes: ['template'],
      declined: ['no_number'],
    });
    const part = (position: number) => ({
      name: 'onClosed',
      workspaceId: 'workspace',
      part: `${channelId} ${position}`,
    });
    expect(said).toEqual([part(0), part(1), part(2)]);
  });

  it('blocks at its end, and nothing is left to settle', async () => {
    const { ask } = setUp();
    const outcome = await ask(() => undefined, (() => null) as never);
    expect(outcome).toEqual({ action: 'block', changes: [], declined: [], settle: expect.any(Function) });
    await outcome.settle(true);
  });

  it("blocks at 'block', and where a policy says so, without asking the next", async () => {
    const { ask, said } = setUp();
    expect((await ask('block', () => expect.fail('asked'))).action).toBe('block');
    expect(
      (
        await ask(
          () => ({ action: 'block' }),
          () => expect.fail('asked'),
        )
      ).action,
    ).toBe('block');
    expect(said).toMatchObject([{ name: 'onClosed' }]);
  });

  it('has one reason for each policy, the first', async () => {
    const { ask } = setUp();
    const twice: ReroutePolicy = ({ decline }) => decline('first') ?? decline('second');
    expect((await ask(twice, twice)).declined).toEqual(['first', 'first']);
  });

  it.each([
    ['two words', 'declined'],
    ['+12025550123', 'declined'],
    ['word!', 'declined'],
    ['', 'declined'],
    [undefined, 'declined'],
    ['a'.repeat(60), 'a'.repeat(60)],
    ['a'.repeat(61), 'declined'],
    ['No_number.at-all', 'No_number.at-all'],
  ])('lets nothing but a word out as a reason: %o', async (reason, said) => {
    const { ask } = setUp();
    expect((await ask(({ decline }) => decline(reason as string))).declined).toEqual([said]);
    const labelled = await ask(() => ({ action: 'hold', changes: [reason as string] }));
    expect(labelled).toMatchObject({ action: 'hold', changes: [said] });
  });

  it('goes on after a policy that throws or rejects, and tells it without the error in the log', async () => {
    const { ask, said } = setUp();
    const error = new Error('+12025550123');
    const throwing: ReroutePolicy = () => {
      throw error;
    };
    const outcome = await ask(throwing, () => Promise.reject(error), giving(insteadOf(one)).policy);
    expect(outcome).toMatchObject({ action: 'reroute', declined: ['policy_failed', 'policy_failed'] });
    expect(said).toMatchObject([
      { cause: 'hook_failed', error },
      { cause: 'hook_failed', error },
      { name: 'onClosed' },
    ]);
    expect(said[0]).not.toHaveProperty('fields');
  });

  it('goes on after one that takes too long, and gives back what that comes to', async () => {
    const { ask, clock, said } = setUp();
    const { policy, settled } = giving(insteadOf(one));
    const late = pending();
    const asking = ask(async (context) => {
      await late.promise;
      return policy(context);
    });
    clock.advance(499);
    await new Promise(setImmediate);
    expect(said).toEqual([]);
    clock.advance(1);
    expect(await asking).toMatchObject({ action: 'block', declined: ['policy_failed'] });
    late.end();
    await expect.poll(() => settled).toEqual([false]);
  });

  it.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['null', () => null],
    ['an error', () => Promise.reject(new Error('down'))],
    [
      'what cannot be read',
      () => ({
        get settle() {
          throw new Error('a bug');
        },
      }),
    ],
  ])('has nothing to give back of one that is late with %s, and the process goes on', async (_, give) => {
    const ended = vi.fn();
    process.on('unhandledRejection', ended);
    onTestFinished(() => void process.off('unhandledRejection', ended));
    const { ask, clock, said } = setUp();
    const late = pending();
    const asking = ask(() => late.promise.then(() => give() as undefined));
    clock.advance(500);
    await asking;
    late.end();
    await turns();
    expect(said).toMatchObject([{ name: 'onClosed', cause: 'hook_failed' }]);
    expect(ended).not.toHaveBeenCalled();
  });

  it('says nothing of a late result that needs no settling', async () => {
    const { ask, clock, said } = setUp();
    const late = pending();
    const asking = ask(() => late.promise.then(() => insteadOf(one) as undefined));
    clock.advance(500);
    await asking;
    late.end();
    await turns();
    expect(said.at(-1)).toMatchObject({ name: 'settle' });
    expect(said.at(-1)).not.toHaveProperty('cause');
  });
});

describe('what a policy gives', () => {
  const note = { id: 'i', reference: 'r', expiresAt: 5 };

  it.each<[string, unknown]>([
    ['no action that there is', { action: 'send', sends: [one] }],
    ['no list of sends', { action: 'reroute', sends: one }],
    ['no sends', insteadOf()],
    ['a send that is null', insteadOf(null)],
    ['a good send and one that is undefined', insteadOf(one, undefined)],
    ['a send without a message', insteadOf({ channelId })],
    ['a send whose message is a text', insteadOf({ channelId, message: 'Hello' })],
    ['a send without a channel', insteadOf({ message: template })],
    ['a send on what is no id', insteadOf({ channelId: 'x', message: template })],
    ['a good send and one without a message', insteadOf(one, { channelId })],
    ['labels that are no list', { action: 'hold', changes: 'template' }],
    ['a note without an id', { action: 'hold', held: { ...note, id: undefined } }],
    ['a note without a reference', { action: 'hold', held: { ...note, reference: 5 } }],
    ['a note whose end is a text', { action: 'hold', held: { ...note, expiresAt: '2026-11-28T09:00:00Z' } }],
    ['a note whose end is no instant', { action: 'hold', held: { ...note, expiresAt: Number.NaN } }],
  ])('is not used where it is %s', async (_, result) => {
    const { ask, said } = setUp();
    const { policy, settled } = giving(result);
    expect(await ask(policy)).toMatchObject({ action: 'block', declined: ['malformed_result'] });
    expect(said[0]).toMatchObject({ cause: 'hook_answer', fields: { problem: 'malformed_result' } });
    expect(settled).toEqual([false]);
  });

  it('is held under its note, and nothing else of that', async () => {
    const { ask } = setUp();
    const outcome = await ask(giving({ action: 'hold', held: { ...note, text: 'secret' }, changes: ['hold'] }).policy);
    expect(outcome).toMatchObject({ action: 'hold', changes: ['hold'] });
    expect(outcome.held).toEqual(note);
  });

  it('has no labels where it gives none', async () => {
    const { ask } = setUp();
    expect((await ask(() => ({ action: 'hold' }))).changes).toEqual([]);
    expect((await ask(() => ({ action: 'reroute', sends: [one] }) as RerouteResult)).changes).toEqual([]);
  });

  it('leaves only where all of it is permitted', async () => {
    const { ask, said } = setUp({ decide: (asked) => (asked.channelId === other ? closed : allow(null)) });
    const { policy, settled } = giving(insteadOf(one, { channelId: other, message: template }));
    expect(await ask(policy)).toMatchObject({ action: 'block', declined: ['not_permitted'] });
    expect(said[0]).toMatchObject({ fields: { problem: 'not_permitted' } });
    expect(settled).toEqual([false]);
  });

  it('is permitted until the first of its sends no longer is', async () => {
    const ends: Readonly<Record<string, number>> = { [channelId]: 9, [other]: 7 };
    const { ask } = setUp({ decide: (asked) => allow(ends[asked.channelId ?? ''] ?? null) });
    const both = giving(insteadOf(one, { channelId: other, message: template })).policy;
    expect((await ask(both)).sendsValidUntil).toBe(7);
  });

  it('is decided about for whom it would reach: the recipient in the message', async () => {
    const { ask, asked } = setUp();
    await ask(giving(insteadOf({ channelId: other, message: template })).policy);
    expect(asked).toMatchObject([{ workspaceId: 'workspace', channelId: other, contact, conversationId: undefined }]);
  });

  it("stays in the send's conversation on the channel of that, for the contact of that", async () => {
    const inConversation = { ...send, conversationId: other };
    const { ask, asked } = setUp({ send: inConversation });
    await ask(giving(insteadOf({ channelId: channelId.toUpperCase(), message: { body: {} } })).policy);
    await ask(giving(insteadOf({ channelId: other, message: { body: {} } })).policy);
    expect(asked).toMatchObject([
      { conversationId: other, contact },
      { conversationId: undefined, contact: undefined },
    ]);
  });

  it('is read once, however often it would say something else', async () => {
    let reads = 0;
    const changing = {
      action: 'reroute',
      get sends() {
        reads += 1;
        return [one];
      },
    };
    const { ask } = setUp();
    expect((await ask(() => changing as RerouteResult)).sends).toEqual([one]);
    expect(reads).toBe(1);
  });
});

describe('settle', () => {
  it.each([true, false])('tells the policy whether its result is used: %o', async (isUsed) => {
    const { ask, said } = setUp();
    const { policy, settled } = giving(insteadOf(one));
    const { settle } = await ask(policy);
    expect(settled).toEqual([]);
    await settle(isUsed);
    expect(settled).toEqual([isUsed]);
    expect(said.at(-1)).toEqual({ name: 'settle', workspaceId: 'workspace', part: `${channelId} 0` });
  });

  it('is not called for a policy that blocks', async () => {
    const { ask } = setUp();
    const { policy, settled } = giving({ action: 'block' });
    await (await ask(policy)).settle(true);
    expect(settled).toEqual([]);
  });

  it('is not needed', async () => {
    const { ask, said } = setUp();
    await (await ask(() => insteadOf(one) as RerouteResult)).settle(true);
    expect(said.at(-1)).not.toHaveProperty('cause');
  });

  it('that throws is told, and stops nothing', async () => {
    const { ask, said } = setUp();
    const error = new Error('down');
    const failing = (): never => {
      throw error;
    };
    await (await ask(() => ({ ...(insteadOf(one) as RerouteResult), settle: failing }))).settle(true);
    expect(said.at(-1)).toMatchObject({ name: 'settle', cause: 'hook_failed', error });
  });

  it('may take a second', async () => {
    const { ask, clock, said } = setUp();
    const hanging = (): Promise<void> => new Promise(() => {});
    const settling = (await ask(() => ({ ...(insteadOf(one) as RerouteResult), settle: hanging }))).settle(true);
    clock.advance(1_000);
    await settling;
    expect(said.at(-1)).toMatchObject({ name: 'settle', cause: 'hook_failed' });
  });
});
