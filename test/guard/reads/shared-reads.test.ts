import { describe, expect, it } from 'vitest';
import type { World } from '../../support/world.js';
import { countOf, createWorld, deferred, holdAnswers, tally, turns } from '../support.js';

/** A world whose channel is known, so that only the window is left to be read. */
async function createPrimedWorld(): Promise<World> {
  const world = await createWorld();
  await world.guard.check(world.send({ contact: { identifierKey: 'phonenumber', identifierValue: '+31600000000' } }));
  expect(countOf(world.sandbox, 'channel')).toBe(1);
  return world;
}

const checks = (world: World, count: number): ReturnType<World['guard']['checkAll']> =>
  world.guard.checkAll(Array.from({ length: count }, () => world.send()));

describe('10,000 checks that miss on one window at once', () => {
  it('cost at most two window reads where it is closed, and all are answered [L1]', async () => {
    const world = await createWorld();
    const outcomes = await checks(world, 10_000);
    expect(tally(outcomes)).toEqual({ 'deny service_window_closed': 10_000 });
    expect(countOf(world.sandbox, 'contact')).toBeLessThanOrEqual(2);
    expect(countOf(world.sandbox, 'channel')).toBe(1);
    expect(countOf(world.sandbox, 'search')).toBe(1);
  });

  it('cost one window read where it is open', async () => {
    const world = await createWorld();
    world.customerWrites();
    const outcomes = await checks(world, 10_000);
    expect(tally(outcomes)).toEqual({ 'allow service_window_open': 10_000 });
    expect([countOf(world.sandbox, 'contact'), countOf(world.sandbox, 'channel')]).toEqual([1, 1]);
  });

  it('cost no more when Bird is down, and none is denied', async () => {
    const world = await createWorld();
    world.sandbox.setFault(({ kind }) => (kind === 'contact' ? { status: 500 } : undefined));
    const outcomes = await checks(world, 10_000);
    expect(tally(outcomes)).toEqual({ 'unknown lookup_failed': 10_000 });
    // Two reads, each asked once more.
    expect(countOf(world.sandbox, 'contact')).toBeLessThanOrEqual(4);
  });
});

describe('a read that is under way', () => {
  it('and says closed does not block a reply to what the customer wrote meanwhile [L1]', async () => {
    const world = await createPrimedWorld();
    const held = holdAnswers(world.sandbox, 'contact');
    const early = world.guard.check(world.send());
    const releaseFirst = await held.next();
    world.customerWrites();
    const reply = world.guard.check(world.send());
    releaseFirst();
    expect(await early).toMatchObject({ action: 'block', source: 'bird' });
    const releaseSecond = await held.next();
    releaseSecond();
    expect(await reply).toMatchObject({ action: 'send', decision: { reason: 'service_window_open' }, source: 'bird' });
    expect(countOf(world.sandbox, 'contact')).toBe(2);
  });

  it('and says closed blocks only after a second read for a check that came later', async () => {
    const world = await createPrimedWorld();
    const held = holdAnswers(world.sandbox, 'contact');
    const early = world.guard.check(world.send());
    const releaseFirst = await held.next();
    const later = world.guard.check(world.send());
    releaseFirst();
    expect((await early).action).toBe('block');
    (await held.next())();
    expect((await later).action).toBe('block');
    expect(countOf(world.sandbox, 'contact')).toBe(2);
  });

  it('and says open is enough for everybody who came while it ran', async () => {
    const world = await createPrimedWorld();
    world.customerWrites();
    const held = holdAnswers(world.sandbox, 'contact');
    const first = world.guard.check(world.send());
    const release = await held.next();
    const later = checks(world, 100);
    await turns();
    release();
    expect((await first).action).toBe('send');
    expect(tally(await later)).toEqual({ 'allow service_window_open': 100 });
    expect(countOf(world.sandbox, 'contact')).toBe(1);
  });

  it('is followed by one other at most, however many come', async () => {
    const world = await createPrimedWorld();
    const held = holdAnswers(world.sandbox, 'contact');
    const waves = [checks(world, 10)];
    for (let reads = 1; reads <= 4; reads += 1) {
      const release = await held.next();
      waves.push(checks(world, 50), checks(world, 50));
      await turns();
      expect(countOf(world.sandbox, 'contact')).toBe(reads);
      release();
    }
    (await held.next())();
    const outcomes = (await Promise.all(waves)).flat();
    expect(tally(outcomes)).toEqual({ 'deny service_window_closed': outcomes.length });
  });

  it('and fails does not fail those who came later', async () => {
    const world = await createPrimedWorld();
    world.customerWrites();
    const [arrived, failed] = [deferred<void>(), deferred<void>()];
    world.sandbox.setFault(async ({ kind }) => {
      if (kind !== 'contact' || countOf(world.sandbox, 'contact') > 0) return undefined;
      arrived.resolve();
      await failed.promise;
      return { status: 501 };
    });
    const first = world.guard.check(world.send());
    await arrived.promise;
    const later = checks(world, 3);
    failed.resolve();
    expect(await first).toMatchObject({ action: 'send', decision: { verdict: 'unknown', reason: 'lookup_failed' } });
    expect(tally(await later)).toEqual({ 'allow service_window_open': 3 });
    expect(countOf(world.sandbox, 'contact')).toBe(2);
  });

  it('is not shared between two addresses or two channels', async () => {
    const world = await createPrimedWorld();
    const other = world.workspace.addChannel({ platformId: 'whatsapp' });
    world.customerWrites();
    const [open, closed] = await world.guard.checkAll([world.send(), world.send({ channelId: other.id })]);
    expect([open?.action, closed?.action]).toEqual(['send', 'block']);
  });

  it('of a channel that is paused blocks nobody who came after it began, once the channel is active again [U19]', async () => {
    const world = await createWorld();
    world.customerWrites();
    world.workspace.setChannel(world.channel.id, { status: 'paused' });
    const held = holdAnswers(world.sandbox, 'channel');
    const early = world.guard.check(world.send());
    const release = await held.next();
    world.workspace.setChannel(world.channel.id, { status: 'active' });
    const later = world.guard.check(world.send());
    release();
    expect(await early).toMatchObject({ action: 'block', decision: { reason: 'channel_inactive' } });
    (await held.next())();
    expect(await later).toMatchObject({ action: 'send', decision: { reason: 'service_window_open' } });
  });
});
