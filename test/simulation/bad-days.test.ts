import { describe, expect, it } from 'vitest';
import { unreached } from './coverage.js';
import { badDays } from './scenarios.js';
import { simulate } from './simulate.js';

/** All that the guard may know of messages, at two rates of sends. CI lives 200 such days: `npm run simulate -- --seeds N`. */
const seeds: readonly number[] = [0, 2, 5, 15, 8];

/** How long a machine takes for a day is no failure. */
const slow = { timeout: 60_000 };

describe('days on which everything goes wrong that can', slow, () => {
  let decisions = 0;

  it.each(seeds)(
    'seed %i: nothing is blocked or allowed without proof, nobody waits too long, Bird is not asked too often [L5, C2, C3, C4]',
    async (seed) => {
      const scenario = badDays(seed, 3_000);
      const report = await simulate(scenario);
      decisions += report.decisions;
      expect(report).toMatchObject({ violations: [], hangs: 0 });
      expect(report.busiestSecond).toBeLessThanOrEqual(50);
      expect(report.longestMs).toBeLessThanOrEqual(805);
      expect(unreached(report, scenario), 'what it was to meet and has not').toEqual([]);
    },
  );

  it('are days of at least 150,000 decisions', () => {
    console.log(`${decisions} decisions`);
    expect(decisions).toBeGreaterThanOrEqual(150_000);
  });
});
