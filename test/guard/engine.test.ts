import {
  type DecisionEvent,
  type GuardOptions,
  holdUntilReply,
  memoryStore,
  type Store,
  type WorkspaceOptions,
} from 'freeform-guard';
import { describe, expect, it, vi } from 'vitest';
import { GuardEngine } from '../../src/guard/engine.js';
import type { WindowStatus } from '../../src/guard/window-query.js';
import { queueOf } from '../../src/held/hold-until-reply.js';
import { createClock, type SandboxClock } from '../../src/sandbox/clock.js';
import { type LogLine, recordingLogger } from '../support/world.js';
import { HOUR, MINUTE, SECOND, turns } from './support.js';

const NOW = Date.UTC(2026, 10, 28, 9);
const ID = 'aaaaaaaa-1111-4111-8111-111111111111';
const OTHER = 'bbbbbbbb-1111-4111-8111-111111111111';
const CHANNEL = 'cccccccc-2222-4222-8222-222222222222';
const CONTACT = 'dddddddd-3333-4333-8333-333333333333';
const address = '+31612345678';
const accessKey = 'a-key';
const signingKeys = ['a-signing-key'];
const ref = { workspaceId: ID, channelId: CHANNEL };
const contact = { ...ref, contactId: CONTACT };
const send = { ...ref, contact: { id: CONTACT } };
const keepsNothing: Store = { get: () => undefined, merge: () => undefined, forget: () => undefined };
const nobody = { changed: () => {}, closed: () => {} };

interface Setup {
  readonly engine: GuardEngine;
  readonly clock: SandboxClock;
  readonly lines: readonly LogLine[];
  readonly decisions: readonly LogLine[];
  /** The paths for which Bird was asked, without their beginning. */
  readonly asked: string[];
  /** Until when Bird says that the window is open. */
  readonly bird: { openUntil: number | null; date?: number };
}

/** A guard whose Bird knows one active channel, and one window on it. */
function setUp(workspace: Partial<WorkspaceOptions> = {}, options: Partial<GuardOptions> = {}): Setup {
  const clock = createClock(NOW);
  const [lines, decisions]: [LogLine[], LogLine[]] = [[], []];
  const asked: string[] = [];
  const bird: Setup['bird'] = { openUntil: null };
  const fetch = async (url: unknown): Promise<Response> => {
    const path = new URL(String(url)).pathname;
    asked.push(path.replace(`/workspaces/${ID}/`, ''));
    const { openUntil, date } = bird;
    const window = { serviceWindowExpireAt: openUntil === null ? null : new Date(openUntil).toISOString() };
    const facts = path.includes('/contacts/') ? window : { id: CHANNEL, platformId: 'whatsapp', status: 'active' };
    return Response.json(facts, { headers: date === undefined ? {} : { date: new Date(date).toUTCString() } });
  };
  const engine = new GuardEngine({
    workspaces: { [ID]: { accessKey, ...workspace } },
    clock,
    logger: recordingLogger(lines, decisions),
    store: memoryStore({ max: 10 }),
    fetch: fetch as typeof globalThis.fetch,
    ...options,
  });
  return { engine, clock, lines, decisions, asked, bird };
}

describe('each decision', () => {
  it('is logged, told and counted, whether memory or Bird has made it', async () => {
    const told: DecisionEvent[] = [];
    const { engine, bird, decisions } = setUp({}, { onDecision: (event) => void told.push(event) });
    bird.openUntil = NOW + HOUR;
    await engine.check(send, undefined);
    engine.peek(send);
    expect(told).toMatchObject([
      { workspaceId: ID, channelId: CHANNEL, action: 'send', source: 'bird', recipients: 1 },
      { workspaceId: ID, channelId: CHANNEL, action: 'send', source: 'memory', recipients: 1 },
    ]);
    expect(decisions.map(({ fields }) => fields)).toEqual(told);
    expect(engine.statistics.read().workspaces[ID]).toMatchObject({
      decisions: { service_window_open: 2 },
      fromMemory: 1,
    });
  });

  it('is logged where nobody else listens, and is told where nobody logs', async () => {
    const { engine, decisions } = setUp();
    await engine.check(send, undefined);
    expect(decisions).toMatchObject([{ fields: { reason: 'service_window_closed' } }]);
    const onDecision = vi.fn();
    const silent = setUp({}, { logger: { warn: () => {}, error: () => {} }, onDecision });
    await silent.engine.check(send, undefined);
    expect(onDecision).toHaveBeenCalledTimes(1);
  });

  it.each([
    [{ deadlineMs: 0 }, RangeError, 'check.deadlineMs must be'],
    [{ deadline: 5 }, TypeError, 'check.deadline is not a valid option'],
  ])('is refused options such as %j, by name', async (options, kind, text) => {
    const { engine, asked } = setUp();
    const refused = engine.check(send, options as never);
    await expect(refused).rejects.toBeInstanceOf(kind);
    await expect(refused).rejects.toThrow(text);
    expect(asked).toEqual([]);
  });
});

describe('peek', () => {
  it('says what memory denies, but leaves it to check where a policy may save the message', async () => {
    const policy = vi.fn();
    const optedOut = { ...contact, optedOut: true, at: NOW };
    const [blocking, rerouting] = [setUp({ onClosed: 'block' }), setUp({ onClosed: [policy, 'block'] })];
    for (const { engine } of [blocking, rerouting]) {
      await engine.internals.channel(ref);
      void engine.observations.optOut(optedOut);
    }
    expect(blocking.engine.peek(send)).toMatchObject({ action: 'block', decision: { reason: 'opted_out' } });
    expect(rerouting.engine.peek(send)).toBeUndefined();
    expect(policy).not.toHaveBeenCalled();
    expect(rerouting.engine.statistics.read().decisions).toEqual({});
  });
});

describe('what an adapter knows of a workspace', () => {
  it('of a map is there at once: its keys and its time; of another nothing', async () => {
    const { internals } = setUp({ signingKeys }).engine;
    expect([ID, OTHER].map(internals.isKnown)).toEqual([true, false]);
    expect([ID, OTHER].map(internals.knownSigningKeys)).toEqual([signingKeys, []]);
    expect(await Promise.all([ID, OTHER].map(internals.signingKeys))).toEqual([signingKeys, []]);
    expect([ID, OTHER].map(internals.now)).toEqual([NOW, NOW]);
  });

  it('of a function is there once that was asked', async () => {
    const { internals } = setUp({}, { workspaces: () => ({ accessKey, signingKeys }) }).engine;
    expect([internals.isKnown(ID), internals.knownSigningKeys(ID), internals.knownChannel(ref)]).toEqual([
      false,
      undefined,
      undefined,
    ]);
    expect(await internals.signingKeys(ID)).toEqual(signingKeys);
    expect([internals.isKnown(ID), internals.knownSigningKeys(ID)]).toEqual([true, signingKeys]);
  });

  it('is its channel, once that was read and for as long as it is fresh', async () => {
    const { engine, clock, asked } = setUp();
    const { internals } = engine;
    expect(internals.knownChannel(ref)).toBeUndefined();
    expect(await internals.channel(ref)).toMatchObject({ platformId: 'whatsapp', status: 'active' });
    expect(internals.knownChannel(ref)).toMatchObject({ platformId: 'whatsapp', status: 'active' });
    expect(asked).toEqual([`channels/${CHANNEL}`]);
    clock.advance(10 * MINUTE);
    expect(internals.knownChannel(ref)).toBeUndefined();
    const unknown = { ...ref, workspaceId: OTHER };
    expect([internals.knownChannel(unknown), await internals.channel(unknown)]).toEqual([undefined, undefined]);
  });

  it('is the time as Bird has it', async () => {
    const { engine, clock, bird } = setUp();
    for (let count = 0; count < 3; count += 1) {
      bird.date = clock.now() + HOUR;
      void engine.forget(ref);
      await engine.internals.channel(ref);
      clock.advance(MINUTE);
    }
    expect(engine.internals.now(ID)).toBeGreaterThan(clock.now() + 59 * MINUTE);
    expect(engine.internals.now(OTHER)).toBe(clock.now());
  });
});

describe('what is known of a channel', () => {
  it.each<[string, object, boolean]>([
    ['stays where one window is forgotten, by the contact', { contactId: CONTACT }, true],
    ['stays where one window is forgotten, by the address', { address }, true],
    ['stays where one window is forgotten, by an address of an unknown kind', { address: '12345678' }, true],
    ['stays where one window is forgotten, by both', { contactId: CONTACT, address }, true],
    ['is forgotten with the channel', {}, false],
    ['is forgotten with the workspace', { channelId: undefined }, false],
    ['stays where another channel is forgotten', { channelId: OTHER }, true],
  ])('%s', async (_, target, isKept) => {
    const { engine } = setUp();
    await engine.internals.channel(ref);
    void engine.forget({ ...ref, ...target });
    expect(engine.internals.knownChannel(ref) !== undefined).toBe(isKept);
  });

  it('of nobody is forgotten without an error', () => {
    expect(() => setUp().engine.forget({ workspaceId: OTHER })).not.toThrow();
  });
});

describe('the health of the store', () => {
  it('of the guard is good', () => {
    expect(setUp({}, { store: undefined }).engine.health.store).toEqual({ reachable: true });
  });

  it('of the application is what that says', () => {
    const health = (): never => ({ reachable: false, reason: 'no_connection' }) as never;
    const { engine } = setUp({}, { store: { ...keepsNothing, health } });
    expect(engine.health.store).toEqual({ reachable: false, reason: 'no_connection' });
  });
});

describe('a window that somebody watches', () => {
  const watch = ({ engine }: Setup): { told: WindowStatus[] } => {
    const told: WindowStatus[] = [];
    engine.internals.watches.watch(contact, {}, { ...nobody, changed: (status) => void told.push(status) });
    return { told };
  };

  it('is asked about at the start and at its end, and changes at once with what is observed', async () => {
    const setup = setUp();
    const { engine, clock, bird, asked } = setup;
    const { told } = watch(setup);
    await turns(20);
    expect(told).toMatchObject([{ verdict: 'deny', source: 'bird' }]);
    const end = NOW + 3 * MINUTE;
    void engine.observations.inbound({ ...contact, at: end - 24 * HOUR });
    expect(told.slice(1)).toMatchObject([{ verdict: 'allow', source: 'memory', openUntil: end }]);
    bird.openUntil = end;
    clock.advance(3 * MINUTE - SECOND);
    await turns(20);
    expect(told).toHaveLength(2);
    asked.length = 0;
    clock.advance(SECOND);
    await turns(20);
    expect(told.slice(2)).toMatchObject([{ verdict: 'deny', closedAt: end }]);
    expect(asked).toContain(`channels/${CHANNEL}/contacts/${CONTACT}`);
  });

  it('is asked about at its end where the store does not remember it', async () => {
    const setup = setUp({}, { store: keepsNothing });
    setup.bird.openUntil = NOW + MINUTE;
    const { told } = watch(setup);
    await turns(20);
    expect(told).toMatchObject([{ verdict: 'allow', source: 'bird', openUntil: NOW + MINUTE }]);
    setup.clock.advance(MINUTE);
    await turns(20);
    expect(told.slice(1)).toMatchObject([{ verdict: 'deny' }]);
  });

  it.each<[string, Store | undefined, number]>([
    ['once a minute where the store is its own', undefined, MINUTE],
    ['every 2 s where another guard may have the same store', memoryStore({ max: 10 }), 2 * SECOND],
    ['every 2 s where other processes may have the same store', keepsNothing, 2 * SECOND],
  ])('is looked at again %s', async (_, store, afterMs) => {
    const setup = setUp({}, { store });
    watch(setup);
    await turns(20);
    const recall = vi.spyOn(setup.engine.workspaces, 'recall');
    setup.clock.advance(afterMs - 1);
    expect(recall).not.toHaveBeenCalled();
    setup.clock.advance(1);
    expect(recall).toHaveBeenCalled();
  });

  it('shows within 2 s what another guard with the same store has heard', async () => {
    const store = memoryStore({ max: 10 });
    const [setup, other] = [setUp({}, { store }), setUp({}, { store })];
    const { told } = watch(setup);
    await turns(20);
    void other.engine.observations.inbound({ ...contact, at: NOW });
    setup.clock.advance(2 * SECOND);
    expect(told).toMatchObject([{ verdict: 'deny' }, { verdict: 'allow', source: 'memory' }]);
  });
});

describe('messages that wait for a reply', () => {
  const key = { ...ref, address };
  const inbound = { ...key, at: NOW, text: 'Yes' };

  /** A policy whose queue notes what wakes it. */
  function createHold() {
    const onClosed = holdUntilReply();
    const woken: unknown[][] = [];
    Object.assign(queueOf(onClosed) ?? {}, { attach: () => {}, wake: (...given: unknown[]) => void woken.push(given) });
    return { onClosed, woken };
  }

  it('are woken with the reply', async () => {
    const { onClosed, woken } = createHold();
    const { engine } = setUp({ onClosed });
    void engine.observations.inbound(inbound);
    expect(woken).toMatchObject([[key, { text: 'Yes' }]]);
    void engine.observations.inbound({ ...inbound, workspaceId: OTHER });
    await turns();
    expect(woken).toHaveLength(1);
  });

  it('are woken with the reply where the workspace has to be loaded first', async () => {
    const { onClosed, woken } = createHold();
    const workspaces = vi.fn(async () => ({ accessKey, onClosed }));
    const { engine } = setUp({}, { workspaces });
    void engine.observations.inbound(inbound);
    expect(woken).toEqual([]);
    await turns();
    expect(woken).toMatchObject([[key, { text: 'Yes' }]]);
    void engine.observations.inbound(inbound);
    expect(woken).toHaveLength(2);
    expect(workspaces).toHaveBeenCalledTimes(1);
  });

  it('stay where the function no longer knows their workspace, and it is not asked for each reply', async () => {
    const { onClosed, woken } = createHold();
    const workspaces = vi.fn<() => WorkspaceOptions | undefined>(() => ({ accessKey, onClosed }));
    const { engine, clock } = setUp({}, { workspaces });
    expect(await engine.workspaces.load(ID)).not.toBe('unknown');
    clock.advance(MINUTE);
    workspaces.mockReturnValue(undefined);
    for (let count = 0; count < 3; count += 1) {
      void engine.observations.inbound(inbound);
      await turns();
    }
    expect(woken).toEqual([]);
    expect(workspaces).toHaveBeenCalledTimes(2);
  });
});
