import { describe, expect, it } from 'vitest';
import { LookupError } from '../../../src/errors.js';
import { cooldownLookup, DeniedKeyCooldown } from '../../../src/lookup/reads/denied-key.js';
import type { Lookup } from '../../../src/ports.js';
import { createClock } from '../../../src/sandbox/clock.js';

const denied = new LookupError('access_denied', 'no');
const limits = { giveUpAt: 0, patientMs: undefined };

function setUp(error: Error = denied) {
  const clock = createClock(1_000_000);
  const cooldown = new DeniedKeyCooldown(clock);
  const asked: string[] = [];
  const world = { error: error as Error | undefined };
  const answer = (kind: string) => async () => {
    asked.push(kind);
    if (world.error !== undefined) throw world.error;
    return kind;
  };
  const inner = { channel: answer('channel'), window: answer('window') } as unknown as Lookup;
  const lookup = cooldownLookup(inner, cooldown);
  const ask = (kind: 'channel' | 'window'): Promise<unknown> => lookup[kind]({ channelId: 'c' } as never, limits);
  return { clock, cooldown, asked, world, ask };
}

describe('a key that Bird has refused', () => {
  it('is not tried again for 30 s, for the same kind of question', async () => {
    const { ask, asked, clock } = setUp();
    await expect(ask('window')).rejects.toBe(denied);
    await expect(ask('window')).rejects.toMatchObject({ code: 'access_denied' });
    clock.advance(29_999);
    await expect(ask('window')).rejects.toMatchObject({ code: 'access_denied' });
    expect(asked).toEqual(['window']);
    clock.advance(1);
    await expect(ask('window')).rejects.toBe(denied);
    expect(asked).toEqual(['window', 'window']);
  });

  it('may be good for another kind', async () => {
    const { ask, asked, world, cooldown } = setUp();
    await expect(ask('window')).rejects.toBe(denied);
    world.error = undefined;
    expect(await ask('channel')).toBe('channel');
    expect(asked).toEqual(['window', 'channel']);
    expect([cooldown.isActive('window'), cooldown.isActive('channel'), cooldown.isActiveForAny]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('is told of until every kind may be asked again', async () => {
    const { ask, clock, cooldown } = setUp();
    expect(cooldown.isActiveForAny).toBe(false);
    await expect(ask('window')).rejects.toBe(denied);
    clock.advance(20_000);
    await expect(ask('channel')).rejects.toBe(denied);
    clock.advance(10_000);
    expect([cooldown.isActive('window'), cooldown.isActiveForAny]).toEqual([false, true]);
    clock.advance(20_000);
    expect(cooldown.isActiveForAny).toBe(false);
  });

  it('is tried at once when there is a new one', async () => {
    const { ask, world, cooldown } = setUp();
    await expect(ask('window')).rejects.toBe(denied);
    cooldown.clear();
    world.error = undefined;
    expect(await ask('window')).toBe('window');
  });
});

it.each([new LookupError('lookup_failed', 'down'), new TypeError('a bug')])(
  'no other failure stops questions: %s',
  async (error) => {
    const { ask, asked, cooldown } = setUp(error);
    await expect(ask('window')).rejects.toBe(error);
    await expect(ask('window')).rejects.toBe(error);
    expect([asked.length, cooldown.isActiveForAny]).toEqual([2, false]);
  },
);
