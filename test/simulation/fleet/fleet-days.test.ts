import { describe, expect, it } from 'vitest';
import { badDaysOfFleet } from '../scenarios.js';
import { unreachedOfFleet } from './coverage.js';
import { simulateFleet } from './fleet-simulation.js';
import { MAX_READS, MAX_READS_TWO_SERVERS } from './run-fleet.js';

/** With `observeInbound` before replies, and with events alone. `npm run simulate -- --fleet` runs more. */
const seeds: readonly number[] = [6, 3];
/** Two shifts: the windows of the first end in the second. */
const hours: readonly number[] = [0, 24];

describe('four processes whose store loses, delays and repeats writes and notifications', () => {
  const counts: Record<string, number> = {};

  it.each(seeds)(
    'seed %i: nothing is blocked or allowed without proof, and nobody waits too long [L13]',
    async (seed) => {
      const report = await simulateFleet(badDaysOfFleet(seed, 300, hours));
      for (const [name, count] of Object.entries(report.counts)) counts[name] = (counts[name] ?? 0) + count;
      expect(report).toMatchObject({ violations: [], hangs: 0 });
      expect(report.busiestOneServer).toBeLessThanOrEqual(MAX_READS);
      expect(report.busiestSecond).toBeLessThanOrEqual(MAX_READS_TWO_SERVERS);
      expect(report.longestMs).toBeLessThanOrEqual(805);
    },
    60_000,
  );

  it('have met all that they were to meet', () => {
    expect(unreachedOfFleet(counts)).toEqual([]);
  });

  it('do the same each time for a seed', async () => {
    const traces = [];
    for (let time = 0; time < 2; time += 1) traces.push((await simulateFleet(badDaysOfFleet(3, 20, [0]))).trace);
    expect(traces[0]).toBe(traces[1]);
  });
});
