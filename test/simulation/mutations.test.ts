import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { mutations } from './mutants/mutations.js';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

it.each(mutations)('the mutant "$name" still finds what it breaks, and its tests are there', (mutation) => {
  const { file, find, replace, tests } = mutation;
  expect(read(`src/${file}`).split(find)).toHaveLength(2);
  expect(replace).not.toBe(find);
  expect(tests).not.toEqual([]);
  for (const test of tests) expect(existsSync(new URL(`../${test}`, import.meta.url)), test).toBe(true);
});

it('the pages say how many there are', () => {
  expect(read('docs/correctness.md')).toContain(`${mutations.length} of ${mutations.length} killed`);
  expect(read('docs/correctness.md')).toContain(`${mutations.length} named ways to break the decision`);
  expect(read('CONTRIBUTING.md')).toContain(`Breaks the decision in ${mutations.length} ways`);
});
