import type { CheckOptions, Outcome, SendRequest } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import type { World } from '../../support/world.js';
import { createWorld, SECOND, tally, turns } from '../support.js';

const campaign: CheckOptions = { deadlineMs: 20_000 };

let strangersMade = 0;

/** Sends to contacts that nothing is known of, one each. */
function strangers(world: World, count: number, by: 'id' | 'phone' = 'id'): SendRequest[] {
  return Array.from({ length: count }, () => {
    strangersMade += 1;
    const value = `+3161${String(1_000_000 + strangersMade)}`;
    const { id } = world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value }] });
    return world.send({ contact: by === 'id' ? { id } : { identifierKey: 'phonenumber', identifierValue: value } });
  });
}

interface Pace {
  readonly stepMs?: number;
  readonly onStep?: (ms: number) => void;
}

/** Moves the clock in steps, with room for what each sets off, until the promise has settled. */
async function advanceUntil<T>(world: World, pending: Promise<T>, { stepMs = 25, onStep }: Pace = {}): Promise<T> {
  let isSettled = false;
  const settled = pending.finally(() => {
    isSettled = true;
  });
  for (let ms = 0; !isSettled; ms += stepMs) {
    onStep?.(ms);
    await turns(6);
    if (!isSettled) world.sandbox.clock.advance(stepMs);
  }
  return settled;
}

/** A world that knows its channel, with its whole burst. */
async function quietWorld(options: Parameters<typeof createWorld>[0] = {}): Promise<World> {
  const world = await createWorld(options);
  await world.guard.check(world.send());
  world.sandbox.clock.advance(SECOND);
  return world;
}

/** Bird takes so long for each answer, by the virtual clock. */
function answersAfter({ sandbox }: World, ms: number): void {
  sandbox.setFault(() => ({
    holdUntil: new Promise<void>((resolve) => void sandbox.clock.setTimeout(() => resolve(), ms)),
  }));
}

describe('a campaign', () => {
  it.each(['id', 'phone'] as const)('of 200 strangers by %s is settled within its deadline', async (by) => {
    const world = await createWorld();
    const startedAt = world.sandbox.clock.now();
    const outcomes = await advanceUntil(world, world.guard.checkAll(strangers(world, 200, by), campaign));
    expect(tally(outcomes)).toEqual({ 'deny service_window_closed': 200 });
    expect(world.sandbox.clock.now() - startedAt).toBeLessThan(8 * SECOND);
    expect(world.sandbox.readsInBusiestSecond()).toBeLessThanOrEqual(50);
  });

  it('reads a contact once that is in it twice', async () => {
    const world = await quietWorld();
    const [one] = strangers(world, 1) as [SendRequest];
    const before = world.guard.stats().lookups.window;
    await advanceUntil(world, world.guard.checkAll([...strangers(world, 3), one, one], campaign));
    expect(world.guard.stats().lookups.window - before).toBe(4);
  });

  it('gets what the others leave, and the rest is unknown, in time', async () => {
    const world = await quietWorld();
    const startedAt = world.sandbox.clock.now();
    const outcomes = await advanceUntil(world, world.guard.checkAll(strangers(world, 200), { deadlineMs: 2_000 }));
    const counts = tally(outcomes);
    expect(Object.keys(counts).toSorted()).toEqual(['deny service_window_closed', 'unknown lookup_budget_spent']);
    expect(counts['deny service_window_closed']).toBeGreaterThan(50);
    for (const { checkedAt } of outcomes) expect(checkedAt).toBeLessThanOrEqual(startedAt + 2_000);
  });

  it('is settled together with others, whose channels take turns and whose deadlines count', async () => {
    const world = await quietWorld();
    const other = world.workspace.addChannel({ platformId: 'whatsapp' });
    const long = world.guard.checkAll(strangers(world, 300), { deadlineMs: 600_000 });
    const elsewhere = world.guard.checkAll(
      strangers(world, 20).map((send) => ({ ...send, channelId: other.id })),
      { deadlineMs: 600_000 },
    );
    const short = world.guard.checkAll(strangers(world, 40), { deadlineMs: 4_000 });
    const outcomes = await advanceUntil(world, Promise.all([elsewhere, short]));
    expect(tally(outcomes.flat())).toEqual({ 'deny service_window_closed': 60 });
    await advanceUntil(world, long);
  });

  it('outlasts a pause that Bird asks for [U4]', async () => {
    const world = await quietWorld();
    let refusals = 1;
    world.sandbox.setFault(({ kind }) => {
      refusals -= kind === 'contact' ? 1 : 0;
      return kind === 'contact' && refusals === 0 ? { status: 429, headers: { 'retry-after': '3' } } : undefined;
    });
    const outcomes = await advanceUntil(world, world.guard.checkAll(strangers(world, 20), campaign));
    expect(tally(outcomes)).toEqual({ 'deny service_window_closed': 19, 'unknown lookup_failed': 1 });
  });

  it('waits while the circuit breaker refuses reads, and goes on when Bird is back', async () => {
    const world = await quietWorld();
    world.sandbox.setFault(({ kind }) => (kind === 'contact' ? { status: 500 } : undefined));
    const running = world.guard.checkAll(strangers(world, 100), campaign);
    const onStep = (ms: number): void => {
      if (ms === 5 * SECOND) world.sandbox.setFault(undefined);
    };
    const outcomes = await advanceUntil(world, running, { onStep });
    const { 'deny service_window_closed': settled = 0, 'unknown lookup_failed': failed = 0 } = tally(outcomes);
    expect(settled + failed).toBe(100);
    // Those before the breaker opened, and one a second that probes.
    expect(failed).toBeLessThan(30);
  });

  it('waits for its turn, and no longer than others for an answer, with one retry', async () => {
    const world = await quietWorld();
    const before = world.guard.stats().lookups.window;
    world.sandbox.setFault(() => ({ holdUntil: new Promise(() => {}) }));
    const startedAt = world.sandbox.clock.now();
    const [send] = strangers(world, 1) as [SendRequest];
    const { decision } = await advanceUntil(world, world.guard.check(send, campaign));
    expect(decision.reason).toBe('deadline_exceeded');
    expect(world.sandbox.clock.now() - startedAt).toBeLessThan(SECOND);
    expect(world.guard.stats().lookups.window - before).toBe(2);
  });

  it('ends at once when the guard is closed', async () => {
    const world = await quietWorld();
    const startedAt = world.sandbox.clock.now();
    const running = world.guard.checkAll(strangers(world, 50, 'phone'), campaign);
    await turns();
    world.guard.close();
    const outcomes = await running;
    expect(new Set(outcomes.map(({ decision }) => decision.reason))).toContain('lookup_failed');
    expect(outcomes.filter(({ action }) => action === 'send').length).toBeGreaterThan(45);
    expect(world.sandbox.clock.now()).toBe(startedAt);
    const reads = world.reads();
    world.sandbox.clock.advance(30 * SECOND);
    await turns();
    expect(world.reads()).toBe(reads);
  });
});

describe('a reply meanwhile', () => {
  const BIRD_MS = 60;
  const STEP_MS = 10;

  /** How long each reply of an agent took: one each 50 ms, and at last nine at once, to strangers on the same channel. */
  async function waitsOf(world: World, running: (world: World) => Promise<unknown>): Promise<number[]> {
    answersAfter(world, BIRD_MS);
    const replies: Promise<Outcome & { readonly askedAt: number }>[] = [];
    const reply = (): void => {
      const askedAt = world.sandbox.clock.now();
      const [send] = strangers(world, 1) as [SendRequest];
      replies.push(world.guard.check(send).then((outcome) => ({ ...outcome, askedAt })));
    };
    const elapsed = new Promise((resolve) => void world.sandbox.clock.setTimeout(() => resolve(undefined), 3 * SECOND));
    const onStep = (ms: number): void => {
      if (ms <= 2 * SECOND && ms % 50 === 0) reply();
      if (ms === 2 * SECOND) for (let more = 0; more < 8; more += 1) reply();
    };
    await advanceUntil(world, Promise.all([elapsed, running(world)]), { stepMs: STEP_MS, onStep });
    const outcomes = await Promise.all(replies);
    expect(tally(outcomes)).toEqual({ 'deny service_window_closed': replies.length });
    return outcomes.map(({ checkedAt, askedAt }) => checkedAt - askedAt);
  }

  it('waits no longer than without the campaign, one by one or nine at once', async () => {
    const alone = await waitsOf(await quietWorld(), async () => {});
    const withCampaign = await waitsOf(await quietWorld(), async (world) => {
      const outcomes = await world.guard.checkAll(strangers(world, 200), campaign);
      expect(tally(outcomes)).toEqual({ 'deny service_window_closed': 200 });
      expect(world.sandbox.readsInBusiestSecond()).toBeLessThanOrEqual(50);
    });
    expect(withCampaign.length).toBe(alone.length);
    for (const wait of [...alone, ...withCampaign]) expect(wait).toBeLessThanOrEqual(BIRD_MS + STEP_MS);
  });

  it('does not wait for the campaign where it is to a contact of it, on a channel that is not known', async () => {
    const world = await createWorld();
    const sends = strangers(world, 60, 'phone');
    const running = world.guard.checkAll(sends, campaign);
    await turns();
    const startedAt = world.sandbox.clock.now();
    const { decision, checkedAt } = await advanceUntil(world, world.guard.check(sends[59] as SendRequest));
    expect([decision.reason, checkedAt - startedAt]).toEqual(['service_window_closed', 0]);
    await advanceUntil(world, running);
  });

  it('is not refused because a campaign ran out of time', async () => {
    const world = await quietWorld();
    answersAfter(world, 350);
    const outcomes = await advanceUntil(world, world.guard.checkAll(strangers(world, 200), { deadlineMs: 2_000 }));
    expect(tally(outcomes)).not.toHaveProperty('unknown deadline_exceeded');
    const [send] = strangers(world, 1) as [SendRequest];
    expect((await advanceUntil(world, world.guard.check(send))).decision.reason).toBe('service_window_closed');
  });

  it('has reads of the usual length where its own deadline is short', async () => {
    const world = await quietWorld();
    answersAfter(world, 350);
    const sends = strangers(world, 25);
    for (const send of sends) void world.guard.check(send, { deadlineMs: 10 });
    await advanceUntil(world, new Promise((resolve) => void world.sandbox.clock.setTimeout(() => resolve(0), 2_000)));
    const [send] = strangers(world, 1) as [SendRequest];
    expect((await advanceUntil(world, world.guard.check(send))).decision.reason).toBe('service_window_closed');
  });
});

it.each([
  [
    { deadlineMs: 0 },
    RangeError,
    /deadlineMs must be a number of milliseconds from 1 to 600000; received the number 0/,
  ],
  [{ deadlineMs: 600_001 }, RangeError, /deadlineMs must be/],
  [{ deadlineMs: '20s' }, TypeError, /deadlineMs must be .*; received a string/],
  [{ deadline: 20 }, TypeError, /deadline is not a valid option/],
  [20_000, TypeError, /options must be a plain object/],
])('refuses %j as options of check and checkAll', async (options, type, text) => {
  const world = await createWorld();
  for (const call of [
    world.guard.check(world.send(), options as CheckOptions),
    world.guard.checkAll([world.send()], options as CheckOptions),
  ]) {
    const error = await call.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toMatch(text);
  }
});
