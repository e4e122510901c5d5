import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  createGuard,
  type DecisionEvent,
  type GuardOptions,
  guardRequest,
  holdUntilReply,
  type PolicyOptions,
  toTemplate,
} from 'freeform-guard';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { holdAnswers } from '../guard/support.js';
import { recordLetOut } from '../support/canary.js';
import { createSmallWorld, sendPath } from '../support/service.js';
import { PHONE, templateMessage, textMessage, type World } from '../support/world.js';

const OTHER = '+31612345679';
const MISSING = '+31612345670';

interface Heard {
  readonly world: World;
  readonly events: DecisionEvent[];
}

async function createHeard(workspace: PolicyOptions = {}, guard: Partial<GuardOptions> = {}): Promise<Heard> {
  const events: DecisionEvent[] = [];
  const onDecision = (event: DecisionEvent): void => {
    recordLetOut('event', event);
    events.push(event);
  };
  return { world: await createSmallWorld({ workspace, guard: { onDecision, ...guard } }), events };
}

/** A message to several: the world's contact, another one with the same window, or one that Bird does not know. */
function request(world: World, numbers: readonly string[], body: object = textMessage()): Promise<unknown> {
  const contacts = numbers.map((identifierValue) => ({ identifierKey: 'phonenumber', identifierValue }));
  const message = { ...body, receiver: { contacts } };
  return guardRequest(world.guard, { method: 'POST', url: sendPath(world), body: message });
}

/** Another contact, who writes. */
function otherWrites({ workspace, channel }: World): void {
  const contact = workspace.addContact({ identifiers: [{ key: 'phonenumber', value: OTHER }] });
  workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
}

const toHello = toTemplate({ projectId: 'ce6a2fd6-b2fa-4f5a-a2cd-f3bd15883318', locale: 'en', variable: 'message' });

describe('a decision event', () => {
  it('says what became of a send, and nothing of whose it is', async () => {
    const { world, events } = await createHeard();
    await world.guard.check(world.send());
    expect(events).toEqual([
      {
        at: world.sandbox.clock.now(),
        workspaceId: world.workspace.id,
        channelId: world.channel.id,
        platform: 'whatsapp',
        verdict: 'deny',
        reason: 'service_window_closed',
        action: 'block',
        mode: 'enforce',
        source: 'bird',
        durationMs: expect.any(Number),
        recipients: 1,
      },
    ]);
    expect(Object.isFrozen(events[0])).toBe(true);
  });

  it.each<[string, PolicyOptions, object]>([
    ['reroute', { onClosed: toHello }, { action: 'reroute' }],
    ['hold', { onClosed: holdUntilReply() }, { action: 'hold' }],
    ['observed', { mode: 'observe', onClosed: toHello }, { action: 'send', wouldBe: 'reroute', mode: 'observe' }],
  ])('says what is done in place of the message: %s', async (_, policy, expected) => {
    const { world, events } = await createHeard(policy);
    await world.guard.check(world.send());
    expect(events).toMatchObject([{ verdict: 'deny', ...expected }]);
  });

  it('counts the time that the decision took, by the clock of the guard', async () => {
    const { world, events } = await createHeard();
    const reads = holdAnswers(world.sandbox, 'channel');
    const outcome = world.guard.check(world.send());
    const answer = await reads.next();
    world.sandbox.clock.advance(800);
    await outcome;
    answer();
    expect(events).toMatchObject([{ verdict: 'unknown', reason: 'deadline_exceeded', durationMs: 800 }]);
  });

  it('names what it knows of a send that nobody can read, and of a workspace that nobody knows', async () => {
    const { world, events } = await createHeard();
    await world.guard.check({ workspaceId: PHONE, channelId: PHONE, contact: {} });
    const unknown = '99999999-1111-4111-8111-111111111111';
    await world.guard.check(world.send({ workspaceId: unknown }));
    expect(events).toMatchObject([
      { workspaceId: undefined, channelId: undefined, platform: undefined, reason: 'bad_id', source: 'none' },
      { workspaceId: unknown, channelId: world.channel.id, reason: 'workspace_unknown' },
    ]);
  });

  it('has at most 40 characters of what Bird calls a platform [S12]', async () => {
    const { world, events } = await createHeard();
    world.workspace.setChannel(world.channel.id, { platformId: `hologram${'x'.repeat(10_000)}` });
    const outcome = await world.guard.check(world.send());
    expect([outcome.platform, events[0]?.platform]).toEqual(Array(2).fill(`hologram${'x'.repeat(32)}`));
  });

  it('is one for each send of checkAll, and none for a question or while the guard is off', async () => {
    const { world, events } = await createHeard();
    await world.guard.checkAll([world.send(), world.send({ message: templateMessage() })]);
    expect(events.map(({ reason }) => reason).toSorted()).toEqual(['service_window_closed', 'template']);
    await world.guard.window(world.send());
    world.guard.reload({ [world.workspace.id]: { ...world.workspaceOptions, mode: 'off' } });
    await world.guard.check(world.send());
    expect(events).toHaveLength(2);
  });

  it('is one for peek where it answers, and none where check has to', async () => {
    const { world, events } = await createHeard({ onClosed: toHello });
    world.customerWrites();
    expect(world.guard.peek(world.send())).toBeUndefined();
    expect(events).toEqual([]);
    expect(world.guard.stats().decisions).toEqual({});
    await world.guard.check(world.send());
    expect(world.guard.peek(world.send())).toBeDefined();
    expect(events.map(({ source }) => source)).toEqual(['bird', 'memory']);
    expect(world.guard.stats()).toMatchObject({ decisions: { service_window_open: 2 }, fromMemory: 1 });
  });
});

describe('a request with several recipients', () => {
  it('makes one event where the same happens to all', async () => {
    const { world, events } = await createHeard();
    world.customerWrites();
    otherWrites(world);
    await request(world, [PHONE, OTHER]);
    expect(events).toMatchObject([{ action: 'send', verdict: 'allow', recipients: 2 }]);
  });

  it.each<[PolicyOptions, object]>([
    [{}, { action: 'block' }],
    [{ onClosed: toHello }, { action: 'block' }],
    [{ mode: 'observe' }, { action: 'send', wouldBe: 'block' }],
    [
      { mode: 'observe', onClosed: toHello },
      { action: 'send', wouldBe: 'block' },
    ],
  ])('of which one stops all, makes one event with its reason: %j', async (policy, expected) => {
    const { world, events } = await createHeard(policy);
    otherWrites(world);
    await request(world, [OTHER, PHONE]);
    expect(events).toMatchObject([{ ...expected, reason: 'service_window_closed', recipients: 2 }]);
    const { actions, wouldBe, decisions } = world.guard.stats();
    expect({ ...actions, ...wouldBe }).toMatchObject(policy.mode === 'observe' ? { block: 2 } : { send: 0 });
    expect(actions).toMatchObject(policy.mode === 'observe' ? { send: 2 } : { block: 2 });
    expect(decisions).toEqual({ service_window_open: 1, service_window_closed: 1 });
  });

  it('that is split makes one event for each thing that happens', async () => {
    const { world, events } = await createHeard({ onMixed: 'split', onClosed: [toHello] });
    otherWrites(world);
    await request(world, [PHONE, OTHER, MISSING]);
    expect(events.map(({ action, verdict, recipients }) => [action, verdict, recipients])).toEqual([
      ['reroute', 'deny', 1],
      ['send', 'unknown', 2],
    ]);
    expect(world.guard.stats().actions).toEqual({ send: 2, block: 0, reroute: 1, hold: 0 });
  });
});

describe('onDecision', () => {
  const fails = (): never => {
    throw new Error(PHONE);
  };

  it.each<[string, GuardOptions['onDecision']]>([
    ['throws', fails],
    ['rejects', async () => fails()],
  ])('that %s is logged once, and disturbs no decision', async (_, onDecision) => {
    const { world } = await createHeard({}, { onDecision });
    for (let times = 0; times < 3; times += 1) {
      expect(await world.guard.check(world.send())).toMatchObject({ action: 'block' });
    }
    expect(world.logs).toEqual([
      {
        level: 'error',
        fields: { hook: 'onDecision', cause: 'hook_failed' },
        text: 'Hook threw; the decision stands',
      },
    ]);
    expect(world.decisions).toHaveLength(3);
  });
});

describe('the logger', () => {
  it.each<[PolicyOptions, string, string, string]>([
    [{}, 'closed', 'info', 'Message blocked'],
    [{ onClosed: toHello }, 'closed', 'info', 'Message rerouted'],
    [{ onClosed: holdUntilReply() }, 'closed', 'info', 'Message held'],
    [{ mode: 'observe' }, 'closed', 'info', 'Message would be blocked'],
    [{ mode: 'observe', onClosed: toHello }, 'closed', 'info', 'Message would be rerouted'],
    [{ mode: 'observe', onClosed: holdUntilReply() }, 'closed', 'info', 'Message would be held'],
    [{}, 'unknown', 'info', 'Message passes, as its window is unknown'],
    [{ onUnknown: 'block' }, 'unknown', 'info', 'Message blocked'],
    [{}, 'open', 'debug', 'Message allowed'],
    [{ mode: 'observe' }, 'open', 'debug', 'Message allowed'],
  ])('is told, with %j and a window that is %s, on %s: %s', async (policy, window, level, text) => {
    const { world, events } = await createHeard(policy);
    if (window === 'open') world.customerWrites();
    await world.guard.check(window === 'unknown' ? world.send({ contact: {} }) : world.send());
    expect(world.decisions).toEqual([{ level, text, fields: events[0] }]);
  });

  it('without info and debug is told nothing', async () => {
    const logger = { warn: vi.fn(), error: vi.fn() };
    const { world } = await createHeard({}, { logger, onDecision: undefined });
    await world.guard.check(world.send());
    expect([logger.warn.mock.calls, logger.error.mock.calls]).toEqual([[], []]);
  });
});

describe('the channel freeform-guard:decision', () => {
  it('gets what onDecision gets, of each guard', async () => {
    const { world, events } = await createHeard();
    const received: unknown[] = [];
    const receive = (event: unknown): void => void received.push(event);
    subscribe('freeform-guard:decision', receive);
    onTestFinished(() => void unsubscribe('freeform-guard:decision', receive));
    await world.guard.check(world.send());
    expect(received).toEqual(events);
    unsubscribe('freeform-guard:decision', receive);
    await world.guard.check(world.send());
    expect([received.length, events.length]).toEqual([1, 2]);
  });
});

describe('where nobody listens', () => {
  it('no clock is read for it', async () => {
    const silent = { warn: () => {}, error: () => {} };
    const world = await createSmallWorld();
    const clock = { ...world.sandbox.clock, monotonic: vi.fn(() => world.sandbox.clock.now()) };
    const options = { workspaces: { [world.workspace.id]: world.workspaceOptions }, clock, logger: silent };
    const readsOf = async (guard: ReturnType<typeof createGuard>): Promise<number> => {
      world.customerWrites();
      await guard.check(world.send());
      clock.monotonic.mockClear();
      guard.peek(world.send());
      guard.close();
      return clock.monotonic.mock.calls.length;
    };
    const unheard = await readsOf(createGuard(options));
    expect(await readsOf(createGuard({ ...options, onDecision: () => {} }))).toBe(unheard + 2);
  });
});

describe('stats', () => {
  it('count by workspace, and together those of workspaces that nobody knows', async () => {
    const { world } = await createHeard({ mode: 'observe' });
    const { id } = world.workspace;
    await world.guard.check(world.send());
    await world.guard.check(world.send({ workspaceId: '99999999-1111-4111-8111-111111111111' }));
    const counts = {
      decisions: { service_window_closed: 1 },
      fromMemory: 0,
      actions: { send: 1, block: 0, reroute: 0, hold: 0 },
      wouldBe: { send: 0, block: 1, reroute: 0, hold: 0 },
    };
    expect(world.guard.stats().workspaces).toEqual({ [id]: counts });
    expect(world.guard.stats()).toMatchObject({
      decisions: { service_window_closed: 1, workspace_unknown: 1 },
      actions: { send: 2 },
      wouldBe: { block: 1 },
    });
  });
});
