import { type Clock, createGuard, memoryStore, type Store } from 'freeform-guard';
import { describe, expect, test } from 'vitest';
import { createClock } from '../../../src/sandbox/clock.js';
import { createWorld, PHONE } from '../../support/world.js';
import { turns } from '../support.js';

const CONTACT = '11111111-1111-4111-8111-111111111111';
const OPEN = '2026-01-05T12:00:00Z';

const never = new Promise<never>(() => {});

const brokenStores: [name: string, store: Store][] = [
  ['throws', { get: fail, merge: fail, forget: fail }],
  ['rejects', { get: reject, merge: reject, forget: reject }],
  ['loses every write', { get: () => undefined, merge: () => {}, forget: () => {} }],
];

function fail(): never {
  throw new Error(`no connection for ${PHONE}`);
}

function reject(): Promise<never> {
  return Promise.reject(new Error(`no connection for ${PHONE}`));
}

describe('scenario 55: a store that is out', () => {
  test.each(brokenStores)('and %s: the guard asks Bird, and is never wrong', async (_name, store) => {
    const world = await createWorld({ guard: { store } });
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'block', source: 'bird' });
    world.customerWrites();
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'bird' });
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'bird' });
    expect(() => world.guard.forget({ workspaceId: world.workspace.id })).not.toThrow();
    expect(world.logs.filter(({ level }) => level === 'warn').length).toBeLessThanOrEqual(1);
  });

  test.each<[string, unknown]>([
    ['a text', 'open'],
    ['a text, later', Promise.resolve('open')],
    ['a list', [{ expiresAt: 1 }]],
    ['an instant as a text', { expiresAt: '2999-01-01T00:00:00Z' }],
    ['an instant that is none', { lastInboundAt: Number.NaN }],
    ['an endless one', { permanentUntil: Number.POSITIVE_INFINITY }],
    ['messages that are no list', { lastInboundAt: 1, sent: 7 }],
    ['a message without its instant', { lastInboundAt: 1, sent: [{ id: 'one' }] }],
    ['a contact that is no text', { expiresAt: 1, readFor: {} }],
  ])('and gives %s: Bird is asked, in every way of calling, and onError is told', async (_name, given) => {
    const errors: unknown[] = [];
    const store = { get: () => given, merge: () => {}, forget: () => {} } as unknown as Store;
    const world = await createWorld({ guard: { store, onError: (reported) => errors.push(reported) } });
    for (const _ of [1, 2]) {
      expect(world.guard.peek(world.send())).toBeUndefined();
      expect(await world.guard.check(world.send())).toMatchObject({ action: 'block', source: 'bird' });
    }
    expect(errors[0]).toMatchObject({ source: 'store', hook: 'get', error: expect.any(TypeError) });
    expect(world.logs.map(({ level }) => level)).toEqual(['warn']);
  });

  test('and gives null for what it does not have: nothing is known', async () => {
    const get = async (): Promise<never> => ({ expiresAt: null, sent: null }) as never;
    for (const store of [{ get }, { get: async () => null as never }]) {
      const world = await createWorld({ guard: { store: { ...store, merge: () => {}, forget: () => {} } } });
      expect(await world.guard.check(world.send())).toMatchObject({ action: 'block', source: 'bird' });
      expect(world.logs).toEqual([]);
    }
  });

  const byId = { id: CONTACT };
  const byPhone = { identifierKey: 'phonenumber', identifierValue: PHONE };

  test.each([
    ['open, by id', byId, OPEN, 100],
    ['open, by number', byPhone, OPEN, 100],
    ['closed, by id', byId, null, 150],
    ['closed, by number', byPhone, null, 200],
  ])('and never answers: 50 ms for each question, and then Bird counts, %s [L11]', async (_name, contact, end, ms) => {
    const clock = createClock(Date.UTC(2026, 0, 5, 9));
    const startedAt = clock.now();
    const answer = (url: string): object => {
      if (url.includes('/search')) return { results: [{ id: CONTACT }] };
      return url.includes('/contacts/') ? { serviceWindowExpireAt: end } : { platformId: 'whatsapp' };
    };
    // Without a network, only waits for the store can move the clock.
    const guard = createGuard({
      workspaces: { [CONTACT]: { accessKey: 'sandbox-key-of-nobody', deadlineMs: 5_000 } },
      store: { get: () => never, merge: () => never, forget: () => never },
      fetch: async (url) => Response.json(answer(String(url))),
      clock,
      logger: { warn: () => {}, error: () => {} },
    });
    let isAnswered = false;
    const checked = guard.check({ workspaceId: CONTACT, channelId: CONTACT, contact }).finally(() => {
      isAnswered = true;
    });
    while (!isAnswered) {
      await turns();
      if (!isAnswered) clock.advance(1);
    }
    expect(await checked).toMatchObject({ action: end === null ? 'block' : 'send', source: 'bird' });
    expect(clock.now() - startedAt).toBe(ms);
  });

  test('and comes back: what it then holds is used again', async () => {
    const working = memoryStore();
    let isOut = true;
    const store: Store = {
      get: async (key) => (isOut ? fail() : working.get(key)),
      merge: async (key, evidence) => (isOut ? fail() : working.merge(key, evidence)),
      forget: (target) => working.forget(target),
    };
    const world = await createWorld({ guard: { store } });
    world.customerWrites();
    expect(await world.guard.check(world.send())).toMatchObject({ source: 'bird' });
    isOut = false;
    expect(await world.guard.check(world.send())).toMatchObject({ source: 'bird' });
    expect(await world.guard.check(world.send())).toMatchObject({ source: 'memory' });
  });
});

test('scenario 55: a process that stood still takes the answer of its store that came meanwhile', async () => {
  const world = await createWorld();
  world.customerWrites();
  const { now } = world.sandbox.clock;
  const clock = new EventLoop(now());
  let answer: ReturnType<Store['get']>;
  const store: Store = { get: () => answer, merge: () => {}, forget: () => {} };
  const guard = createGuard({
    workspaces: { [world.workspace.id]: world.workspaceOptions },
    clock,
    store,
    logger: { warn: () => {}, error: () => {} },
  });
  expect(await guard.check(world.send())).toMatchObject({ source: 'bird' });
  let arrives = (_: { lastInboundAt: number }): void => {};
  answer = new Promise((resolve) => {
    arrives = resolve;
  });
  const checked = guard.check(world.send());
  await turns();
  clock.passTimers(300);
  arrives({ lastInboundAt: now() });
  await turns();
  clock.passTimers(0);
  expect(await checked).toMatchObject({ action: 'send', source: 'memory' });
});

/** Time with the phases of node's event loop: timers that are set by timers run in the next round, after what has arrived. */
class EventLoop implements Clock {
  #now: number;
  readonly #timers = new Map<object, { readonly dueAt: number; readonly callback: () => void }>();

  constructor(now: number) {
    this.#now = now;
  }

  readonly now = (): number => this.#now;

  setTimeout(callback: () => void, ms: number): object {
    const timer = {};
    this.#timers.set(timer, { dueAt: this.#now + ms, callback });
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as object);
  }

  passTimers(ms: number): void {
    this.#now += ms;
    for (const [timer, { dueAt, callback }] of [...this.#timers]) {
      if (dueAt > this.#now || !this.#timers.delete(timer)) continue;
      callback();
    }
  }
}

test('scenario 55: two guards that race on one inbound over one store agree, whoever is first', async () => {
  const store = memoryStore();
  const world = await createWorld({ guard: { store } });
  const other = createGuard({
    workspaces: { [world.workspace.id]: world.workspaceOptions },
    clock: world.sandbox.clock,
    store,
  });
  world.customerWrites();
  const inbound = { workspaceId: world.workspace.id, channelId: world.channel.id, address: PHONE };
  const at = world.sandbox.clock.now();
  const [one, two] = await Promise.all([world.guard.check(world.send()), other.check(world.send())]);
  world.guard.observeInbound({ ...inbound, at });
  other.observeInbound({ ...inbound, at: at - 1_000 });
  expect([one.action, two.action]).toEqual(['send', 'send']);
  expect(other.peek(world.send())).toMatchObject({ decision: { validUntil: at + 86_400_000 } });
  expect(world.guard.peek(world.send())?.decision).toEqual(other.peek(world.send())?.decision);
});
