import { describe, expect, it } from 'vitest';
import { coldStart, outage, steady } from './scenarios.js';
import { simulate } from './simulate.js';

const MINUTES = 0.1;
/** How long a machine takes for a day is no failure. */
const slow = { timeout: 60_000 };

describe('500 sends a second on a good day', slow, () => {
  it.each([
    ['lookups', 1, 100],
    ['webhooks', 0.001, 100],
    ['observed', 0.001, 60],
  ] as const)(
    'with %s: of the sends at most %d unknown, at most %i reads per 1,000, and nothing wrong',
    async (knowledge, maxUnknown, maxReads) => {
      const report = await simulate(steady({ seed: 1, knowledge, minutes: MINUTES }));
      const { decisions, counts, reads, longestMs } = report;
      expect(report).toMatchObject({ violations: [], hangs: 0 });
      expect(decisions).toBeGreaterThan(2_800);
      expect(report.busiestSecond).toBeLessThanOrEqual(50);
      expect(longestMs).toBeLessThanOrEqual(805);
      expect((counts.unknown ?? 0) / decisions).toBeLessThanOrEqual(maxUnknown);
      expect((1000 * reads) / decisions).toBeLessThanOrEqual(maxReads);
      // What the application has seen before it replies, nobody can block.
      if (knowledge === 'observed') expect(counts['wrong blocks'] ?? 0).toBe(0);
    },
  );

  it('needs at most 60 reads per 1,000 also where each follow-up comes too late', async () => {
    const { decisions, reads, violations } = await simulate(
      steady({ seed: 2, knowledge: 'observed', minutes: MINUTES, mix: 'late' }),
    );
    expect(violations).toEqual([]);
    expect((1000 * reads) / decisions).toBeLessThanOrEqual(60);
  });

  it('is the same each time for a seed, and another for another', async () => {
    const traces = [];
    for (const seed of [7, 7, 8]) {
      const { trace } = await simulate(steady({ seed, knowledge: 'webhooks', minutes: 0.02 }));
      traces.push(trace);
    }
    expect(traces[0]).toBe(traces[1]);
    expect(traces[0]).not.toBe(traces[2]);
  });
});

describe("a time in which Bird's reads fail", slow, () => {
  it.each(['status 503', 'silence'])(
    '%s: few are unknown, nobody waits, and two seconds after it is over Bird decides again [U6]',
    async (fault) => {
      const { slices, violations, hangs } = await simulate(
        outage({ seed: 3, knowledge: 'observed', outageMinutes: 0.2 }, fault),
      );
      const { outage: during, 'breaker open': open, healed } = slices;
      expect([violations, hangs]).toEqual([[], 0]);
      expect((during?.unknown ?? 0) / (during?.decisions ?? 0)).toBeLessThanOrEqual(0.03);
      expect(open?.p99Ms).toBeLessThanOrEqual(5);
      expect(healed?.firstProofMs).toBeLessThanOrEqual(2_000);
      expect((healed?.unknown ?? 0) / (healed?.decisions ?? 0)).toBeLessThanOrEqual(0.01);
    },
  );
});

it('a guard that has just been started knows what the application observes before each reply [L8]', slow, async () => {
  const { counts, decisions, violations } = await simulate(
    coldStart({ seed: 4, knowledge: 'observed', minutes: MINUTES }),
  );
  expect(violations).toEqual([]);
  expect((counts.unknown ?? 0) / decisions).toBeLessThanOrEqual(0.001);
});
