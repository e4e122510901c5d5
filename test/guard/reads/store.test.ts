import { createGuard, memoryStore, type Store } from 'freeform-guard';
import { describe, expect, test } from 'vitest';
import { createWorld, PHONE } from '../../support/world.js';

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

  test('and never answers: it is waited for 50 ms, and then Bird is asked', async () => {
    const store: Store = { get: () => never, merge: () => never, forget: () => never };
    const world = await createWorld({ guard: { store }, workspace: { deadlineMs: 5_000 } });
    world.customerWrites();
    let isAnswered = false;
    const checked = world.guard.check(world.send()).finally(() => {
      isAnswered = true;
    });
    // The clock moves only when nothing else does: each step lets one wait for the store run out.
    let waitedMs = 0;
    while (!isAnswered) {
      await new Promise((resolve) => setImmediate(resolve));
      world.sandbox.clock.advance(1);
      waitedMs += 1;
    }
    expect(await checked).toMatchObject({ action: 'send', source: 'bird' });
    expect(waitedMs).toBeLessThan(5_000);
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
