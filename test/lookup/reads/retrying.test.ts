import { describe, expect, it } from 'vitest';
import { LookupError } from '../../../src/errors.js';
import { retryingLookup } from '../../../src/lookup/reads/retrying.js';
import type { Lookup } from '../../../src/ports.js';
import { createClock } from '../../../src/sandbox/clock.js';

const broken = new LookupError('lookup_failed', 'cut', { isRetryable: true });
const final = new LookupError('lookup_failed', 'no');

function setUp(...outcomes: readonly (Error | undefined)[]) {
  const clock = createClock(1_000_000);
  let asked = 0;
  const inner = {
    channel: async () => {
      const outcome = outcomes[Math.min(asked, outcomes.length - 1)];
      asked += 1;
      if (outcome !== undefined) throw outcome;
      return 'facts';
    },
  } as unknown as Lookup;
  const lookup = retryingLookup(inner, clock);
  const ask = (leftMs = 800): Promise<unknown> =>
    lookup.channel({} as never, { giveUpAt: clock.now() + leftMs, patientMs: undefined });
  return { ask, asked: () => asked };
}

it('a broken connection is known by its error', () => {
  expect([broken.isRetryable, final.isRetryable]).toEqual([true, false]);
});

describe('a read whose connection broke', () => {
  it('is repeated once, at once', async () => {
    const { ask, asked } = setUp(broken, undefined);
    expect(await ask()).toBe('facts');
    expect(asked()).toBe(2);
  });

  it('is not repeated twice', async () => {
    const { ask, asked } = setUp(broken);
    await expect(ask()).rejects.toBe(broken);
    expect(asked()).toBe(2);
  });

  it.each([
    [200, 2],
    [199, 1],
  ])('is repeated only where at least 200 ms are left (%i)', async (leftMs, times) => {
    const { ask, asked } = setUp(broken);
    await expect(ask(leftMs)).rejects.toBe(broken);
    expect(asked()).toBe(times);
  });

  it('is repeated five times in a row, and then for one read in ten: an outage must not be asked twice as much', async () => {
    const { ask, asked } = setUp(broken);
    for (let read = 0; read < 105; read += 1) await expect(ask()).rejects.toBe(broken);
    // Five that were saved, and a tenth of 105 reads, but for what the first ones could not add.
    expect(asked() - 105).toBeGreaterThanOrEqual(14);
    expect(asked() - 105).toBeLessThanOrEqual(15);
  });
});

it.each([final, new TypeError('a bug')])('a read that fails otherwise is not repeated: %s', async (error) => {
  const { ask, asked } = setUp(error);
  await expect(ask()).rejects.toBe(error);
  expect(asked()).toBe(1);
});
