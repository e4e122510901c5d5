import { createGuard, isStillValid } from 'freeform-guard';
import { describe, expect, test } from 'vitest';
import { createWorld } from '../../support/world.js';

const HOUR = 3_600_000;

describe('reloaded rates', () => {
  test('hold from then on, give no second burst, and forget nothing', async () => {
    const world = await createWorld({ sandbox: { readsPerSecond: 1_000 }, workspace: { lookupsPerSecond: 40 } });
    world.customerWrites();
    await world.guard.check(world.send());
    for (let round = 0; round < 8; round += 1) {
      const strangers = Array.from({ length: 10 }, (_, index) =>
        world.send({ contact: { identifierKey: 'phonenumber', identifierValue: `+316100${round}${1000 + index}` } }),
      );
      void world.guard.checkAll(strangers);
      await new Promise((resolve) => setImmediate(resolve));
      const lookupsPerSecond = 40 - (round % 2);
      world.guard.reload({ [world.workspace.id]: { ...world.workspaceOptions, lookupsPerSecond } });
    }
    expect(world.guard.peek(world.send())).toMatchObject({ action: 'send', source: 'memory' });
    world.sandbox.clock.advance({ seconds: 1 });
    expect(world.sandbox.readsInBusiestSecond()).toBeLessThanOrEqual(50);
  });
});

test('a key that changes at every call stays within the budget while Bird refuses each of them', async () => {
  let calls = 0;
  const accessKey = (): string => {
    calls += 1;
    return `a-wrong-key-${calls}`;
  };
  const world = await createWorld({ workspace: { accessKey, lookupsPerSecond: 1, lookupBurst: 3 } });
  const ids = Array.from({ length: 20 }, () => world.workspace.addChannel({ platformId: 'whatsapp' }).id);
  const answers = world.guard.checkAll(ids.map((channelId) => world.send({ channelId })));
  await expect.poll(() => world.sandbox.requests().length).toBe(3);
  world.sandbox.clock.advance({ seconds: 1 });
  for (const { decision } of await answers) expect(decision.verdict).toBe('unknown');
  expect(world.reads()).toBeLessThanOrEqual(4);
});

test('a capability that ends before a scheduled send is confirmed by a read before it denies', async () => {
  const world = await createWorld({ platformId: 'sms-messagebird' });
  const now = world.sandbox.clock.now();
  const capabilities = (endsInHours: number): Readonly<Record<string, unknown>> => ({
    messaging: { messaging: { status: 'active', expiresAt: new Date(now + endsInHours * HOUR).toISOString() } },
  });
  world.workspace.setChannel(world.channel.id, { capabilities: capabilities(48) });
  await world.guard.check(world.send());
  const later = world.send({ sendAt: now + 72 * HOUR });
  expect(await world.guard.check(later)).toMatchObject({
    decision: { reason: 'outgoing_unavailable' },
    source: 'bird',
  });
  world.workspace.setChannel(world.channel.id, { capabilities: capabilities(480) });
  expect(await world.guard.check(later)).toMatchObject({ action: 'send' });
});

test('scenario 47: a decision holds at dispatch until its end, whatever kind of instant dispatch is told by', async () => {
  const world = await createWorld();
  world.customerWrites();
  const outcome = await world.guard.check(world.send());
  const end = world.sandbox.clock.now() + 24 * HOUR;
  const last = end - 10_001;
  for (const at of [last, new Date(last), new Date(last).toISOString()]) {
    expect(isStillValid(outcome, at)).toBe(true);
  }
  for (const at of [last + 1, new Date(end), new Date(end).toISOString(), 'tomorrow']) {
    expect(isStillValid(outcome, at)).toBe(false);
  }
});

test("Bird's word on the far future is believed now, and for no longer than the platform's windows last", async () => {
  const world = await createWorld();
  world.sandbox.setFault(({ kind }) =>
    kind === 'contact' ? { status: 200, body: { serviceWindowExpireAt: '9999-12-31T00:00:00Z' } } : undefined,
  );
  expect(await world.guard.check(world.send())).toMatchObject({
    decision: { verdict: 'allow', validUntil: world.sandbox.clock.now() + 24 * HOUR },
  });
});

test.each([null, undefined, 5, 'send', []])(
  'check(%j), which is no send, is unknown and rejects nothing',
  async (send) => {
    const guard = createGuard({ workspaces: {}, logger: { warn: () => {}, error: () => {} } });
    expect(await guard.check(send as never)).toMatchObject({ decision: { verdict: 'unknown', reason: 'bad_id' } });
  },
);
