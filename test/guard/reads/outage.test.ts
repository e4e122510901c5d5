import { randomUUID } from 'node:crypto';
import { createGuard } from 'freeform-guard';
import { describe, expect, test } from 'vitest';
import { createWorld, type World } from '../../support/world.js';

/** Sends to as many contacts that nobody knows yet, each of which takes a search and a read. */
async function checkMany(world: World, count: number, firstNumber = 1): Promise<string[]> {
  const sends = Array.from({ length: count }, (_, index) =>
    world.send({ contact: { identifierKey: 'phonenumber', identifierValue: `+3161234${firstNumber + index + 1000}` } }),
  );
  const outcomes = [];
  for (const send of sends) outcomes.push(await world.guard.check(send));
  return outcomes.map(({ decision }) => decision.reason);
}

describe('when Bird fails', () => {
  test('its reads stop after twenty, one probe a second goes on, and the first success ends it [U6]', async () => {
    const world = await createWorld({ workspace: { lookupsPerSecond: 1_000, lookupBurst: 1_000 } });
    world.customerWrites();
    await world.guard.check(world.send());
    world.sandbox.setFault(({ kind }) => (kind === 'search' ? { status: 503 } : undefined));
    await checkMany(world, 40);
    const before = world.sandbox.requests().length;
    expect(before).toBeLessThan(40);

    expect(await checkMany(world, 30, 100)).toEqual(Array(30).fill('lookup_failed'));
    expect(world.sandbox.requests()).toHaveLength(before);

    world.sandbox.clock.advance({ seconds: 1 });
    await checkMany(world, 10, 200);
    expect(world.sandbox.requests()).toHaveLength(before + 1);

    world.sandbox.setFault(undefined);
    world.sandbox.clock.advance({ seconds: 1 });
    const [probe, ...others] = await checkMany(world, 3, 300);
    // The search is the probe; what it found is asked for with the breaker closed.
    expect([probe, ...others]).toEqual(Array(3).fill('contact_not_found'));
  });

  test('retries are few: a reserve of five, then a tenth of the reads [U6]', async () => {
    const world = await createWorld({ workspace: { lookupsPerSecond: 1_000, lookupBurst: 1_000 } });
    world.customerWrites();
    await world.guard.check(world.send());
    const before = world.sandbox.requests().length;
    world.sandbox.setFault(({ kind }) => (kind === 'search' ? { status: 503 } : undefined));
    await checkMany(world, 10);
    expect(world.sandbox.requests().length - before).toBeLessThanOrEqual(10 + 6);
  });
});

describe('when Bird refuses the key', () => {
  test('the key function is asked once more, and nothing is asked of Bird for 30 s when it has no other key [U20]', async () => {
    let asked = 0;
    const world = await createWorld({
      workspace: {
        accessKey: () => {
          asked += 1;
          return 'a-key-that-was-revoked';
        },
      },
    });
    const reasons = await checkMany(world, 5);
    expect(reasons).toEqual(Array(5).fill('access_denied'));
    expect(world.sandbox.requests()).toHaveLength(1);
    expect(asked).toBe(2);
    world.sandbox.clock.advance({ seconds: 30 });
    await checkMany(world, 2);
    expect(world.sandbox.requests()).toHaveLength(2);
  });

  test('a key that was rotated meanwhile is used at once [R15]', async () => {
    const keys = ['a-key-that-was-revoked'];
    const world = await createWorld({ workspace: { accessKey: () => keys.shift() ?? world.workspace.accessKey } });
    world.customerWrites();
    expect(await world.guard.check(world.send())).toMatchObject({ decision: { reason: 'service_window_open' } });
  });

  test('for contacts only, channels are still read, and the reason is said once [U20]', async () => {
    const world = await createWorld({ sandbox: { contactAccess: 'forbidden' } });
    world.customerWrites();
    for (let sends = 0; sends < 3; sends += 1) {
      expect(await world.guard.check(world.send())).toMatchObject({
        action: 'send',
        decision: { verdict: 'unknown', reason: 'access_denied' },
      });
    }
    expect(world.logs.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect(world.sandbox.requests().filter(({ kind }) => kind === 'contact')).toHaveLength(1);
  });

  test('reloaded options with a new key end the wait', async () => {
    const world = await createWorld({ workspace: { accessKey: 'a-key-that-was-revoked' } });
    world.customerWrites();
    expect(await world.guard.check(world.send())).toMatchObject({ decision: { reason: 'access_denied' } });
    world.guard.reload({ [world.workspace.id]: { ...world.workspaceOptions, accessKey: world.workspace.accessKey } });
    expect(await world.guard.check(world.send())).toMatchObject({ decision: { reason: 'service_window_open' } });
  });
});

test('hundreds of decisions, of which most ask Bird, leave no timer behind, and share no signal [L1, L15]', async () => {
  const world = await createWorld();
  const { clock } = world.sandbox;
  const timers = new Set<unknown>();
  const signals: AbortSignal[] = [];
  const guard = createGuard({
    workspaces: { [world.workspace.id]: { ...world.workspaceOptions, lookupsPerSecond: 10_000, lookupBurst: 10_000 } },
    clock: {
      now: clock.now,
      setTimeout: (fn, ms) => {
        const timer = clock.setTimeout(() => {
          timers.delete(timer);
          fn();
        }, ms);
        timers.add(timer);
        return timer;
      },
      clearTimeout: (timer) => {
        timers.delete(timer);
        clock.clearTimeout(timer);
      },
    },
    fetch: async (url, init) => {
      if (init?.signal) signals.push(init.signal);
      if (signals.length % 10 === 0) return new Response('', { status: 503 });
      const isChannel = !String(url).includes('/contacts');
      return Response.json(isChannel ? { platformId: 'whatsapp' } : { serviceWindowExpireAt: null });
    },
    logger: { warn: () => {}, error: () => {} },
  });
  const sends = Array.from({ length: 200 }, () => world.send({ contact: { id: randomUUID() } }));
  await guard.checkAll([...sends, ...sends]);
  expect(signals.length).toBeGreaterThan(200);
  expect(timers.size).toBe(0);
  expect(new Set(signals).size).toBe(signals.length);
});
