import { describe, expect, it } from 'vitest';
import { replayOf, seedOf, sharesOf } from './plan.js';

/**
 * Another seed each time. What fails says the command that runs it again: `npm run fuzz -- --property ... --seed ...
 * --path ...`. Of the same inputs `npm run fuzz` takes ten million.
 */
const RUNS = 100_000;
const seed = Math.trunc(Math.random() * 0x7fffffff);

const shares = sharesOf(RUNS);

it('runs a hundred thousand times in all', () => {
  expect(shares.reduce((sum, { runs }) => sum + runs, 0)).toBeGreaterThanOrEqual(RUNS);
});

describe.each([...new Set(shares.map(({ input }) => input))])('%s', (input) => {
  it.each(shares.filter((share) => share.input === input).map((share) => [share.property.name, share] as const))(
    '%s',
    async (name, { property, runs }) => {
      const result = await property.run({ runs, seed: seedOf(seed, name) });
      if (result.failure !== undefined)
        throw new Error(`${replayOf(property, result.failure)}\n${result.failure.text}`);
      expect(result.runs).toBe(runs);
    },
  );
});
