import { createHook } from 'node:async_hooks';
import type { Guard, Outcome, SendRequest } from 'freeform-guard';
import { createGuard } from 'freeform-guard';
import { describe, expect, it, vi } from 'vitest';
import type { World } from '../support/world.js';
import { countOf, createWorld, faultOn, HOUR, MINUTE, SECOND, tally } from './support.js';

/** A world in which the guard knows that the window is open. */
async function createOpenWorld(options?: Parameters<typeof createWorld>[0]): Promise<World> {
  const world = await createWorld(options);
  world.customerWrites();
  expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'bird' });
  return world;
}

/** What `peek` gives, and the kinds of async resources that were made on the way. */
function peekWatched(guard: Guard, send: SendRequest): { outcome: Outcome | undefined; made: string[] } {
  const made: string[] = [];
  const hook = createHook({ init: (_id, type) => void made.push(type) });
  hook.enable();
  try {
    return { outcome: guard.peek(send), made };
  } finally {
    hook.disable();
  }
}

describe('a hit', () => {
  it('makes no promise and no other async resource', async () => {
    const world = await createOpenWorld();
    const { outcome, made } = peekWatched(world.guard, world.send());
    expect(outcome).toMatchObject({ action: 'send', decision: { reason: 'service_window_open' }, source: 'memory' });
    expect(made).toEqual([]);
  });

  it('is watched by a hook that would have seen a promise', () => {
    const made: string[] = [];
    const hook = createHook({ init: (_id, type) => void made.push(type) });
    hook.enable();
    void Promise.resolve();
    hook.disable();
    expect(made).toContain('PROMISE');
  });

  it('sets no timer, neither on the guard clock nor on the system, and asks nobody', async () => {
    const world = await createOpenWorld();
    const { clock } = world.sandbox;
    const setTimer = vi.fn(clock.setTimeout);
    const fetch = vi.fn(globalThis.fetch);
    const guard = createGuard({
      workspaces: { [world.workspace.id]: world.workspaceOptions },
      clock: { ...clock, setTimeout: setTimer },
      fetch,
    });
    await guard.check(world.send());
    setTimer.mockClear();
    fetch.mockClear();
    const requests = world.sandbox.requests().length;
    const systemTimer = vi.spyOn(globalThis, 'setTimeout');
    try {
      expect(guard.peek(world.send())?.source).toBe('memory');
      expect((await guard.check(world.send())).source).toBe('memory');
      expect(systemTimer).not.toHaveBeenCalled();
    } finally {
      systemTimer.mockRestore();
    }
    expect([setTimer.mock.calls, fetch.mock.calls]).toEqual([[], []]);
    expect(world.sandbox.requests().length).toBe(requests);
  });

  it('is what check begins with: it settles without a turn of the event loop', async () => {
    const world = await createOpenWorld();
    let outcome: Outcome | undefined;
    void world.guard.check(world.send()).then((settled) => {
      outcome = settled;
    });
    // Microtasks alone: no I/O and no timer can have come between.
    for (let tick = 0; tick < 10 && outcome === undefined; tick += 1) await Promise.resolve();
    expect(outcome).toMatchObject({ action: 'send', source: 'memory' });
  });

  it.each([
    [
      'the workspace and channel ids are written in capitals',
      (world: World) => ({
        workspaceId: world.workspace.id.toUpperCase(),
        channelId: world.channel.id.toUpperCase(),
      }),
    ],
    [
      'the number has separators',
      () => ({
        contact: { identifierKey: 'phonenumber', identifierValue: ' +31 (6) 12-34.56 78 ' },
      }),
    ],
    [
      'the contact id stands beside the number',
      (world: World) => ({
        contact: { id: world.contact.id, identifierKey: 'phonenumber', identifierValue: '+31612345678' },
      }),
    ],
    ['the message is left out', () => ({ message: undefined })],
  ])('is one even when %s', async (_, change) => {
    const world = await createOpenWorld();
    expect(world.guard.peek(world.send(change(world)))).toMatchObject({ action: 'send', source: 'memory' });
  });

  it('lasts until the safety margin before the end and not 1 ms longer', async () => {
    const world = await createOpenWorld();
    // The channel must be fresh as well.
    world.sandbox.clock.advance(24 * HOUR - 10 * SECOND - 1);
    await world.guard.check(world.send({ contact: { identifierKey: 'phonenumber', identifierValue: '+31600000000' } }));
    expect(world.guard.peek(world.send())).toMatchObject({ action: 'send', source: 'memory' });
    world.sandbox.clock.advance(1);
    expect(world.guard.peek(world.send())).toBeUndefined();
  });

  it('is none where memory would deny: peek never blocks', async () => {
    const world = await createWorld();
    expect((await world.guard.check(world.send())).action).toBe('block');
    expect(world.guard.peek(world.send())).toBeUndefined();
    world.workspace.setChannel(world.channel.id, { status: 'paused' });
    world.sandbox.clock.advance(10 * MINUTE);
    expect((await world.guard.check(world.send())).decision.reason).toBe('channel_inactive');
    expect(world.guard.peek(world.send())).toBeUndefined();
  });

  it('needs no window on a platform without one, once the channel is known', async () => {
    const world = await createWorld({ platformId: 'sms-messagebird' });
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'bird', platform: 'sms' });
    const { outcome, made } = peekWatched(world.guard, world.send());
    expect(outcome).toMatchObject({ decision: { reason: 'no_service_window', validUntil: null }, source: 'memory' });
    expect(made).toEqual([]);
    expect(countOf(world.sandbox, 'contact')).toBe(0);
  });
});

describe('the channel', () => {
  it('is read again after ten minutes, once for all who come, while the window stays remembered', async () => {
    const world = await createOpenWorld();
    world.sandbox.clock.advance(10 * MINUTE - 1);
    expect(world.guard.peek(world.send())?.source).toBe('memory');
    world.sandbox.clock.advance(1);
    expect(world.guard.peek(world.send())).toBeUndefined();
    const before = world.reads();
    const outcomes = await world.guard.checkAll(Array.from({ length: 500 }, () => world.send()));
    expect(tally(outcomes)).toEqual({ 'allow service_window_open': 500 });
    expect(countOf(world.sandbox, 'channel')).toBe(2);
    expect(world.reads()).toBe(before + 1);
    expect(world.guard.peek(world.send())?.source).toBe('memory');
  });

  it('that was paused meanwhile is noticed then, and blocks on that fresh read [U19]', async () => {
    const world = await createOpenWorld();
    world.workspace.setChannel(world.channel.id, { status: 'paused' });
    expect((await world.guard.check(world.send())).action).toBe('send');
    world.sandbox.clock.advance(10 * MINUTE);
    expect(await world.guard.check(world.send())).toMatchObject({
      action: 'block',
      decision: { verdict: 'deny', reason: 'channel_inactive' },
      source: 'bird',
    });
    world.workspace.setChannel(world.channel.id, { status: 'active' });
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'memory' });
  });

  it('that Bird no longer knows is said, and is not served from memory', async () => {
    const world = await createOpenWorld();
    world.sandbox.clock.advance(10 * MINUTE);
    const body = { code: 'x', message: 'The requested resource does not exist: channel not found' };
    faultOn(world.sandbox, 'channel', { status: 404, body });
    for (let sends = 0; sends < 2; sends += 1) {
      const { decision } = await world.guard.check(world.send());
      expect(decision).toEqual({ verdict: 'unknown', reason: 'channel_not_found' });
    }
    world.sandbox.setFault(undefined);
    expect((await world.guard.check(world.send())).action).toBe('send');
  });
});

describe('in an outage a window that is known to be open stays open', () => {
  it.each([
    ['answers 503', { status: 503 }],
    ['breaks the connection', { reset: true }],
    ['answers what is no JSON', { status: 200, body: '<html>' }],
    ['takes the key back', { status: 401 }],
    ['says that there were too many requests', { status: 429 }],
  ] as const)('when Bird %s, without waiting, for hours [U19]', async (_, fault) => {
    const world = await createOpenWorld();
    world.sandbox.setFault(() => fault);
    for (let hours = 1; hours < 24; hours += 1) {
      world.sandbox.clock.advance(HOUR);
      expect((await world.guard.check(world.send())).decision.reason).toBe('service_window_open');
    }
    world.sandbox.clock.advance(HOUR);
    expect((await world.guard.check(world.send())).decision.verdict).toBe('unknown');
  });

  it('when Bird is silent: one read delays it by half the deadline, and the next ten seconds are instant', async () => {
    const world = await createOpenWorld();
    world.sandbox.clock.advance(10 * MINUTE);
    const silent = faultOn(world.sandbox, 'channel', { stall: 'headers' });
    const startedAt = world.sandbox.clock.now();
    const waiting = world.guard.checkAll([world.send(), world.send(), world.send()]);
    await silent.next();
    world.sandbox.clock.advance(400);
    const outcomes = await waiting;
    expect(tally(outcomes)).toEqual({ 'allow service_window_open': 3 });
    expect(outcomes[0]).toMatchObject({ source: 'memory', checkedAt: startedAt + 400 });
    world.sandbox.clock.advance(10 * SECOND - 1);
    expect(world.guard.peek(world.send())?.source).toBe('memory');
    world.sandbox.clock.advance(1);
    expect(world.guard.peek(world.send())).toBeUndefined();
  });

  it('and what is not known is unknown, never closed', async () => {
    const world = await createOpenWorld();
    world.sandbox.setFault(() => ({ status: 503 }));
    world.sandbox.clock.advance(24 * HOUR);
    expect(await world.guard.check(world.send())).toMatchObject({
      action: 'send',
      decision: { verdict: 'unknown', reason: 'lookup_failed' },
      source: 'none',
    });
  });
});
