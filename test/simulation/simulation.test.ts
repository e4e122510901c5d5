import { describe, expect, it } from 'vitest';
import { steady } from './scenarios.js';
import { simulate } from './simulate.js';

describe('500 sends a second on a good day', () => {
  it.each(['lookups', 'webhooks', 'observed'] as const)(
    'with what %s tell: nothing wrong, nothing late',
    async (knowledge) => {
      const report = await simulate(steady({ seed: 1, knowledge, minutes: 1 / 3 }));
      expect(report).toMatchObject({ violations: [], hangs: 0 });
      expect(report.busiestSecond).toBeLessThanOrEqual(50);
      expect(report.longestMs).toBeLessThanOrEqual(805);
      expect(report.decisions).toBeGreaterThan(9_000);
    },
  );

  it('is the same each time for a seed, and another for another', async () => {
    const traces = [];
    for (const seed of [7, 7, 8])
      traces.push((await simulate(steady({ seed, knowledge: 'webhooks', minutes: 0.1 }))).trace);
    expect(traces[0]).toBe(traces[1]);
    expect(traces[0]).not.toBe(traces[2]);
  });
});
