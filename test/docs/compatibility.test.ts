import { expect, it } from 'vitest';
import { readProjectFile, section, tableRows } from './markdown.js';

interface Row {
  readonly name: string;
  readonly version: string;
  readonly result: string;
  readonly setting: string;
  readonly date: string;
}

const page = readProjectFile('docs/compatibility.md');
const results: Readonly<Record<string, readonly Row[]>> = JSON.parse(
  readProjectFile('scripts/test-matrix/results.json'),
);
const manifest = JSON.parse(readProjectFile('package.json'));

/** The lines of Node that somebody is promised, as the first parts of their versions. */
const nodesOfCi = /node: \[(.*)\]/
  .exec(readProjectFile('.github/workflows/ci.yml'))?.[1]
  ?.split(',')
  .map((version) => version.trim().replaceAll('"', ''));

it.each([
  ['node', 'Node'],
  ['consumers', 'Users of the package'],
  ['bundlers', 'Bundles'],
  ['runtimes', 'Other runtimes'],
  ['redis', 'Redis and Valkey'],
])('shows of %s what the last run recorded', (part, heading) => {
  const rows = results[part] ?? [];
  expect(rows.length).toBeGreaterThan(1);
  const recorded = rows.map(({ name, version, result, setting, date }) =>
    [name, version, result, setting, date].map((cell) => cell.replaceAll('`', '')),
  );
  expect(tableRows(section(page, heading))).toEqual(recorded);
});

it('shows no row that fails', () => {
  const failed = Object.values(results).flatMap((rows) => rows.filter(({ result }) => result === 'fails'));
  expect(failed).toEqual([]);
});

it('has a row for each line of Node that CI tests, and for no other', () => {
  const lineOf = (version: string): string => version.split('.')[0] ?? '';
  const lines = new Set(results.node?.map(({ version }) => lineOf(version)));
  expect([...lines].toSorted()).toEqual(nodesOfCi?.map(lineOf).toSorted());
});

it('names the Node that package.json, the README and the development need', () => {
  expect(manifest.engines.node).toBe('>=20.19');
  expect(page).toContain('**Node 20.19 or later**');
  expect(page.replaceAll('\n', ' ')).toContain('Node 20.19, 22, 24 and 26');
  expect(nodesOfCi?.join(', ')).toBe('20.19, 22, 24, 26');
  expect(readProjectFile('README.md')).toContain('Node 20.19 or later');
  expect(readProjectFile('.nvmrc').trim()).toBe('20.19');
});
