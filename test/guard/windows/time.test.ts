import { type Clock, createGuard } from 'freeform-guard';
import { describe, expect, test } from 'vitest';
import { steadyClock } from '../../../src/clock.js';
import { createWorld, PHONE } from '../../support/world.js';

const NOON = Date.UTC(2026, 0, 5, 12);
const HOUR = 3_600_000;

/** A clock whose wall and monotonic parts are moved apart. */
function createClock(): { clock: Clock; wall: { at: number }; passed: { ms: number } } {
  const wall = { at: NOON };
  const passed = { ms: 5_000 };
  const clock: Clock = {
    now: () => wall.at,
    monotonic: () => passed.ms,
    setTimeout: () => undefined,
    clearTimeout: () => {},
  };
  return { clock, wall, passed };
}

describe('a steady clock [C2, C3]', () => {
  test.each([
    ['both go on', 1_000, 1_000, NOON + 1_000],
    ['the wall is set back an hour', 1_000 - HOUR, 1_000, NOON + 1_000],
    ['the machine slept, and the monotonic part with it', HOUR, 1_000, NOON + HOUR],
    ['nothing moves', 0, 0, NOON],
  ])('%s', (_name, wallMs, monotonicMs, expected) => {
    const { clock, wall, passed } = createClock();
    const steady = steadyClock(clock);
    steady.now();
    wall.at += wallMs;
    passed.ms += monotonicMs;
    expect(steady.now()).toBe(expected);
  });

  test('goes on from where it was while the wall catches up', () => {
    const { clock, wall, passed } = createClock();
    const steady = steadyClock(clock);
    wall.at -= HOUR;
    passed.ms += 60_000;
    expect(steady.now()).toBe(NOON + 60_000);
    wall.at += 60_000;
    passed.ms += 60_000;
    expect(steady.now()).toBe(NOON + 120_000);
  });

  test.each([
    ['while the wall is an hour late', -HOUR],
    ['after the wall was an hour ahead for a while', HOUR],
  ])('sees the machine sleep %s', (_name, wrongMs) => {
    const { clock, wall } = createClock();
    const steady = steadyClock(clock);
    wall.at += wrongMs;
    steady.now();
    if (wrongMs > 0) wall.at -= wrongMs;
    const fellAsleepAt = steady.now();
    wall.at += 60_000;
    expect(steady.now()).toBe(fellAsleepAt + 60_000);
  });

  test('takes no time from clocks that differ by less than a tick, however often it is asked', () => {
    const { clock, wall, passed } = createClock();
    const steady = steadyClock(clock);
    for (let asked = 0; asked < 1_000; asked += 1) {
      passed.ms += 0.6;
      wall.at = NOON + Math.floor(passed.ms - 5_000);
      steady.now();
    }
    expect(Math.abs(steady.now() - NOON - 600)).toBeLessThanOrEqual(1);
  });

  test('is the given clock where that has no monotonic part', () => {
    const clock: Clock = { now: () => NOON, setTimeout: () => undefined, clearTimeout: () => {} };
    expect(steadyClock(clock)).toBe(clock);
  });
});

test('an error that says an odd time moves no clock (field A14)', async () => {
  const world = await createWorld();
  world.customerWrites();
  await world.guard.check(world.send());
  world.sandbox.clock.advance(24 * HOUR);
  const date = new Date(world.sandbox.clock.now() - 12 * HOUR).toUTCString();
  world.sandbox.setFault(() => ({ status: 503, headers: { date }, body: {} }));
  for (const _ of [1, 2, 3]) await world.guard.check(world.send());
  expect(world.guard.peek(world.send())).toBeUndefined();
});

test('one answer of another time than those before makes Bird be asked once more before anything is decided', async () => {
  const world = await createWorld();
  await world.guard.check(world.send());
  let reads = 0;
  const early = new Date(world.sandbox.clock.now() - 3 * HOUR).toUTCString();
  const expiry = new Date(world.sandbox.clock.now() - HOUR).toISOString();
  world.sandbox.setFault(({ kind }) => {
    if (kind !== 'contact') return undefined;
    reads += 1;
    const headers = reads === 1 ? { date: early } : {};
    return { status: 200, headers, body: { serviceWindowExpireAt: expiry } };
  });
  expect(await world.guard.check(world.send())).toMatchObject({ action: 'block', source: 'bird' });
  expect(reads).toBe(2);
});

describe('scenario 6: the local clock jumps', () => {
  test.each([
    ['five minutes ahead of Bird', 300_000],
    ['five minutes behind Bird', -300_000],
    ['an hour ahead', HOUR],
  ])('%s: a window is open until its end by Bird’s clock, and closed from then on [C1]', async (_name, skewMs) => {
    const world = await createWorld();
    const { sandbox } = world;
    const clock: Clock = {
      now: () => sandbox.clock.now() + skewMs,
      setTimeout: (fn, ms) => sandbox.clock.setTimeout(fn, ms),
      clearTimeout: (handle) => sandbox.clock.clearTimeout(handle),
    };
    const guard = createGuard({
      workspaces: { [world.workspace.id]: world.workspaceOptions },
      clock,
      logger: { warn: () => {}, error: () => {} },
    });
    world.customerWrites();
    expect(await guard.check(world.send())).toMatchObject({ action: 'send' });
    sandbox.clock.advance(24 * HOUR - 5_000);
    expect(await guard.check(world.send())).toMatchObject({ action: 'send' });
    sandbox.clock.advance(10_000);
    expect(await guard.check(world.send())).toMatchObject({ action: 'block' });
  });

  test.each([
    ['is set back two hours after the end [C2]', 25 * HOUR, 23 * HOUR, 'unknown'],
    ['is set back two hours before the end [C2]', 12 * HOUR, 10 * HOUR, 'allow'],
    ['goes on to the end while the machine sleeps, and with it what counts its time [C3]', 0, 24 * HOUR, 'unknown'],
  ])('a wall that %s, where nobody but memory is there', async (_name, passedMs, wallMs, verdict) => {
    const world = await createWorld();
    const { sandbox } = world;
    const startedAt = sandbox.clock.now();
    const clocks = { passed: 0, wall: startedAt };
    const guard = createGuard({
      workspaces: { [world.workspace.id]: world.workspaceOptions },
      clock: { ...sandbox.clock, now: () => clocks.wall, monotonic: () => clocks.passed },
      logger: { warn: () => {}, error: () => {} },
    });
    world.customerWrites();
    expect((await guard.check(world.send())).decision.verdict).toBe('allow');
    sandbox.setFault(() => ({ reset: true }));
    // First both go on alike, and the guard looks at them.
    Object.assign(clocks, { passed: passedMs, wall: startedAt + passedMs });
    await guard.check(world.send());
    clocks.wall = startedAt + wallMs;
    expect((await guard.check(world.send())).decision.verdict).toBe(verdict);
  });

  test('a wall that jumps ahead between two sends closes nothing: Bird is asked, and its Date puts it right [C4]', async () => {
    const world = await createWorld();
    const { sandbox } = world;
    const jump = { ms: 0 };
    const guard = createGuard({
      workspaces: { [world.workspace.id]: world.workspaceOptions },
      clock: { ...sandbox.clock, now: () => sandbox.clock.now() + jump.ms },
      logger: { warn: () => {}, error: () => {} },
    });
    world.customerWrites();
    expect(await guard.check(world.send())).toMatchObject({ source: 'bird' });
    jump.ms = 30 * HOUR;
    expect(await guard.check(world.send())).toMatchObject({
      action: 'send',
      decision: { verdict: 'allow', reason: 'service_window_open' },
    });
  });
});

test.each([
  ['an hour', HOUR],
  // Less than what is taken for the future: the message counts, and then by which clock matters.
  ['4 minutes', 240_000],
])('a local clock that is %s late lets no old message, told again, undo a refusal after it', async (_, lateMs) => {
  const world = await createWorld();
  const { sandbox, workspace, channel } = world;
  const clock: Clock = { ...sandbox.clock, now: () => sandbox.clock.now() - lateMs };
  const guard = createGuard({
    workspaces: { [workspace.id]: world.workspaceOptions },
    clock,
    logger: { warn: () => {}, error: () => {} },
  });
  const contact = { workspaceId: workspace.id, channelId: channel.id, address: PHONE };
  await guard.check(world.send());
  const inbound = { ...contact, at: sandbox.clock.now() };
  guard.observeInbound(inbound);
  sandbox.clock.advance(60_000);
  guard.observeRefusal({ ...contact, sentAt: sandbox.clock.now(), code: 131047 });
  sandbox.clock.advance(60_000);
  guard.observeInbound(inbound);
  expect(await guard.check(world.send())).toMatchObject({ action: 'block' });
});

test('an end in the far future is believed for the length of a window by Bird’s clock, where the local one is ahead', async () => {
  const world = await createWorld();
  const { sandbox } = world;
  world.sandbox.setFault(({ kind }) =>
    kind === 'contact' ? { status: 200, body: { serviceWindowExpireAt: '9999-12-31T23:59:59Z' } } : undefined,
  );
  const guard = createGuard({
    workspaces: { [world.workspace.id]: world.workspaceOptions },
    clock: { ...sandbox.clock, now: () => sandbox.clock.now() + HOUR },
    logger: { warn: () => {}, error: () => {} },
  });
  await guard.check(world.send());
  sandbox.clock.advance(24 * HOUR - 15_000);
  expect(await guard.check(world.send())).toMatchObject({ action: 'send', source: 'memory' });
  sandbox.clock.advance(10_000);
  expect(await guard.check(world.send())).toMatchObject({ action: 'send', source: 'bird' });
});

test('an event loop that stood still past the deadline never denies on what comes after [L9]', async () => {
  const world = await createWorld();
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  world.sandbox.setFault(({ kind }) => (kind === 'contact' ? { holdUntil: held } : undefined));
  // A loop that stands still fires no timers: the clock moves, and the timers do not.
  const stall = { ms: 0 };
  const guard = createGuard({
    workspaces: { [world.workspace.id]: world.workspaceOptions },
    clock: { now: () => world.sandbox.clock.now() + stall.ms, setTimeout: () => undefined, clearTimeout: () => {} },
    logger: { warn: () => {}, error: () => {} },
  });
  const checked = guard.check(world.send());
  await expect.poll(() => world.sandbox.requests().some(({ kind }) => kind === 'contact')).toBe(true);
  stall.ms = 2_000;
  release();
  expect(await checked).toMatchObject({
    action: 'send',
    decision: { verdict: 'unknown', reason: 'deadline_exceeded' },
  });
});

test('an event loop that stood still past the end of a window allows nothing on what was open before [L9]', async () => {
  const world = await createWorld();
  world.customerWrites();
  world.sandbox.clock.advance(24 * HOUR - 1_000);
  const stall = { ms: 0 };
  const guard = createGuard({
    workspaces: { [world.workspace.id]: { ...world.workspaceOptions, deadlineMs: 10_000, safetyMarginMs: 0 } },
    clock: { now: () => world.sandbox.clock.now() + stall.ms, setTimeout: () => undefined, clearTimeout: () => {} },
    logger: { warn: () => {}, error: () => {} },
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      if (String(input).includes('/contacts/') && init?.method === 'GET') stall.ms = 2_000;
      return response;
    },
  });
  expect((await guard.check(world.send())).decision.verdict).not.toBe('allow');
  expect(guard.peek(world.send())).toBeUndefined();
});
