import { describe, expect, it } from 'vitest';
import { foulFleet } from '../scenarios.js';
import { unreachedOfFleet } from './coverage.js';
import { simulateFleet } from './fleet-simulation.js';
import { MOST_READS, MOST_READS_APART } from './run-fleet.js';

/** Replies of which the application has told, and events alone: `npm run simulate -- --fleet` goes on from here. */
const seeds: readonly number[] = [6, 3];
/** Two shifts: the windows of the first end in the second. */
const hours: readonly number[] = [0, 24];

describe('four processes whose store loses, delays and repeats what it is told', () => {
  const counts: Record<string, number> = {};

  it.each(seeds)(
    'seed %i: nothing is blocked or allowed without proof, and nobody waits too long',
    async (seed) => {
      const report = await simulateFleet(foulFleet(seed, 500, hours));
      for (const [name, count] of Object.entries(report.counts)) counts[name] = (counts[name] ?? 0) + count;
      expect(report).toMatchObject({ violations: [], hangs: 0 });
      expect(report.busiestOneServer).toBeLessThanOrEqual(MOST_READS);
      expect(report.busiestSecond).toBeLessThanOrEqual(MOST_READS_APART);
      expect(report.longestMs).toBeLessThanOrEqual(805);
    },
    60_000,
  );

  it('have met all that they were to meet', () => {
    expect(unreachedOfFleet(counts)).toEqual([]);
  });

  it('do the same each time for a seed', async () => {
    const traces = [];
    for (let time = 0; time < 2; time += 1) traces.push((await simulateFleet(foulFleet(3, 20, [0]))).trace);
    expect(traces[0]).toBe(traces[1]);
  });
});
