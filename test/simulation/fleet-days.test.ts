import { describe, expect, it } from 'vitest';
import { unreachedOfFleet } from './fleet-coverage.js';
import { simulateFleet } from './fleet-simulation.js';
import { foulFleet } from './scenarios.js';

/** Replies that the application has announced, and events alone: `npm run simulate -- --fleet` goes on from here. */
const seeds: readonly number[] = [8, 4];

describe('four processes whose store loses, delays and repeats what it is told', () => {
  const counts: Record<string, number> = {};

  it.each(seeds)('seed %i: nothing is blocked or allowed without proof, and nobody waits too long', async (seed) => {
    const report = await simulateFleet(foulFleet(seed, 1_500));
    for (const [name, count] of Object.entries(report.counts)) counts[name] = (counts[name] ?? 0) + count;
    expect(report).toMatchObject({ violations: [], hangs: 0 });
    expect(report.busiestShared).toBeLessThanOrEqual(50);
    expect(report.longestMs).toBeLessThanOrEqual(805);
  });

  it('have met all that they were to meet', () => {
    expect(unreachedOfFleet(counts)).toEqual([]);
  });

  it('do the same each time for a seed', async () => {
    const traces = [];
    for (let time = 0; time < 2; time += 1) traces.push((await simulateFleet(foulFleet(3, 50))).trace);
    expect(traces[0]).toBe(traces[1]);
  });
});
