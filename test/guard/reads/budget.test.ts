import { createGuard, type SendRequest } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import type { World } from '../../support/world.js';
import { createWorld, SECOND, tally, turns } from '../support.js';

/** Sends to contacts that nothing is known of, one each. */
function strangers(world: World, count: number, by: 'id' | 'phone' = 'id'): SendRequest[] {
  return Array.from({ length: count }, (_, index) => {
    const value = `+3161${String(1_000_000 + index)}`;
    const { id } = world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value }] });
    return world.send({ contact: by === 'id' ? { id } : { identifierKey: 'phonenumber', identifierValue: value } });
  });
}

/** Moves the clock in steps, with room for what each sets off, until the promise has settled. */
async function advanceUntil<T>(world: World, pending: Promise<T>, stepMs = 5): Promise<T> {
  let isSettled = false;
  const settled = pending.finally(() => {
    isSettled = true;
  });
  while (!isSettled) {
    await turns(6);
    if (!isSettled) world.sandbox.clock.advance(stepMs);
  }
  return settled;
}

describe('the read budget', () => {
  it('keeps a stampede of strangers below what Bird allows; who gets no turn is unknown, in time, and never denied [L2]', async () => {
    const world = await createWorld();
    await world.guard.check(world.send());
    world.sandbox.clock.advance(SECOND);
    const startedAt = world.sandbox.clock.now();
    const outcomes = await advanceUntil(world, world.guard.checkAll(strangers(world, 200)));
    expect(world.sandbox.readsInBusiestSecond()).toBeLessThanOrEqual(50);
    expect(world.sandbox.requests().some(({ status }) => status === 429)).toBe(false);
    const counts = tally(outcomes);
    // 10 at once, then one each 25 ms of 800.
    expect(counts['deny service_window_closed']).toBeGreaterThanOrEqual(38);
    expect(counts['deny service_window_closed']).toBeLessThanOrEqual(42);
    expect(Object.keys(counts).toSorted()).toEqual(['deny service_window_closed', 'unknown lookup_budget_spent']);
    for (const { checkedAt } of outcomes) expect(checkedAt).toBeLessThanOrEqual(startedAt + 800);
  });

  it('tells those at once for whom there will be no read, and lets others wait for a read of the same window [L3]', async () => {
    const world = await createWorld();
    await world.guard.check(world.send());
    world.sandbox.clock.advance(SECOND);
    const told: string[] = [];
    const tell = async (sends: SendRequest[]): Promise<void> => {
      const checks = sends.map((send) => world.guard.check(send));
      await Promise.all(checks.map((check) => check.then(({ decision }) => told.push(decision.reason))));
    };
    const sends = strangers(world, 200);
    const all = tell(sends);
    const again = tell(sends.slice(0, 41));
    // No read ends while the microtasks run.
    for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
    // 10 are being read, and 31 will be within 800 ms.
    expect(told).toEqual(Array(159).fill('lookup_budget_spent'));
    await advanceUntil(world, Promise.all([all, again]));
    expect(told.slice(159)).toContain('service_window_closed');
  });

  it('is refilled for those who come later', async () => {
    const world = await createWorld();
    await advanceUntil(world, world.guard.checkAll(strangers(world, 100)));
    world.sandbox.clock.advance(1000);
    expect(tally(await world.guard.checkAll(strangers(world, 5)))).toEqual({ 'deny service_window_closed': 5 });
  });

  it('does not count the contact search, which is a POST', async () => {
    const world = await createWorld({ workspace: { lookupsPerSecond: 1, lookupBurst: 2 } });
    const [send] = strangers(world, 1, 'phone');
    // The clock stands still, so that two reads are all that the budget has.
    expect((await world.guard.check(send as SendRequest)).decision.reason).toBe('service_window_closed');
    expect(world.sandbox.requests().map(({ kind }) => kind)).toEqual(['channel', 'search', 'contact']);
  });

  it('is a matter of each workspace alone', async () => {
    const world = await createWorld({ workspace: { lookupsPerSecond: 1, lookupBurst: 1 } });
    const other = world.sandbox.addWorkspace();
    const channel = other.addChannel({ platformId: 'sms' });
    const options = { ...world.workspaceOptions, accessKey: other.accessKey };
    world.guard.reload({ [world.workspace.id]: world.workspaceOptions, [other.id]: options });
    await advanceUntil(world, world.guard.checkAll(strangers(world, 10)));
    const [send] = strangers(world, 1);
    expect((await world.guard.check(send as SendRequest)).decision.reason).toBe('lookup_budget_spent');
    const elsewhere = world.send({ workspaceId: other.id, channelId: channel.id });
    expect((await world.guard.check(elsewhere)).decision.reason).toBe('no_service_window');
  });

  it('is of each guard in a process, so that two read twice as much [R17]', async () => {
    const world = await createWorld({ workspace: { lookupsPerSecond: 1, lookupBurst: 2 } });
    const options = { workspaces: { [world.workspace.id]: world.workspaceOptions }, clock: world.sandbox.clock };
    const other = createGuard(options);
    const [send, late] = strangers(world, 2) as [SendRequest, SendRequest];
    for (const guard of [world.guard, other]) {
      expect((await guard.check(send)).decision.reason).toBe('service_window_closed');
      expect((await guard.check(late)).decision.reason).toBe('lookup_budget_spent');
    }
  });

  it('lets replies on one channel through while a campaign on another burns it [S15]', async () => {
    const world = await createWorld();
    const campaignChannel = world.workspace.addChannel({ platformId: 'whatsapp' });
    world.customerWrites();
    const campaign = strangers(world, 300).map((send) => ({ ...send, channelId: campaignChannel.id }));
    const burning = world.guard.checkAll(campaign);
    await turns();
    const reply = world.guard.check(world.send());
    expect((await advanceUntil(world, reply)).decision.reason).toBe('service_window_open');
    await advanceUntil(world, burning);
  });

  it('rests one second, not eight, after a burst that others had spent [L5]', async () => {
    const world = await createWorld({ sandbox: { readsPerSecond: 5 } });
    const sends = strangers(world, 10);
    const counts = tally(await world.guard.checkAll(sends));
    expect(counts['unknown lookup_failed']).toBeGreaterThan(1);
    world.sandbox.clock.advance(1000);
    expect((await world.guard.check(sends[9] as SendRequest)).decision.reason).toBe('service_window_closed');
  });
});
