import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readTestTitles, titlesOf } from './support/test-titles.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

const rows = JSON.parse(read('fixtures/fault-rows.json')) as Readonly<Record<string, string>>;
const numbers = Object.keys(rows);

/** The rows that a title names: `[U4, S9]`, `scenario 38`, `scenarios 31 and 36`, `scenario 25, 26`. */
function rowsIn(title: string): readonly string[] {
  const faults = [...title.matchAll(/\[([A-Z]\d+(?:, [A-Z]\d+)*)\]/g)].flatMap(([, list = '']) => list.split(', '));
  const scenarios = [...title.matchAll(/\bscenarios? (\d+(?:(?:, | and )\d+)*)/g)].flatMap(([, list = '']) =>
    list.split(/, | and /).map((number) => `scenario ${number}`),
  );
  return [...faults, ...scenarios];
}

const titles = readTestTitles(fileURLToPath(new URL('.', import.meta.url)));
const familyOf = (row: string): string => row.replace(/\d+$/, '');
const families = new Set(numbers.map(familyOf));
const named = new Set(titles.flatMap(({ title }) => rowsIn(title)).filter((row) => families.has(familyOf(row))));

const section = read('../docs/correctness.md').split('\n## Row by row\n')[1]?.split('\n## ')[0] ?? '';
/** `| U5 | differs | … |` and `| W9 | does not apply | … |`. */
const explained = [...section.matchAll(/^\| (\w+(?: \d+)?) +\| (differs|does not apply) +\| .*\S.* \|$/gm)].map(
  ([, row = '', kind = '']) => ({ row, kind }),
);
const dropped = explained.filter(({ kind }) => kind === 'does not apply').map(({ row }) => row);

describe('each row', () => {
  it('is named by the title of a test, or the page says why it does not apply', () => {
    expect(numbers.filter((row) => !named.has(row) && !dropped.includes(row))).toEqual([]);
  });

  it('that a title or the page names is in the list', () => {
    expect([...named, ...explained.map(({ row }) => row)].filter((row) => !numbers.includes(row))).toEqual([]);
  });

  it('that does not apply is named by no title, and one that differs is', () => {
    expect(dropped.filter((row) => named.has(row))).toEqual([]);
    const differs = explained.filter(({ kind }) => kind === 'differs').map(({ row }) => row);
    expect(differs.filter((row) => !named.has(row))).toEqual([]);
  });

  it('stands on the page once at most, and every line of its table is read', () => {
    expect(new Set(explained.map(({ row }) => row)).size).toBe(explained.length);
    expect(explained.length).toBe(section.split('\n').filter((line) => /^\| (?!row |-)/.test(line)).length);
  });

  it('has the number that follows the one before, and says in a sentence what it asks for', () => {
    for (const family of families) {
      const members = numbers.filter((row) => familyOf(row) === family);
      expect(members).toEqual(members.map((_, index) => `${family}${index + 1}`));
    }
    expect(Object.values(rows).filter((text) => !/^[A-Z0-9].{20,}\.$/.test(text))).toEqual([]);
  });
});

it('the page says how many rows there are, how many the titles name, and how many differ', () => {
  const isScenario = (row: string): boolean => row.startsWith('scenario');
  const faults = numbers.filter((row) => !isScenario(row)).length;
  const count = numbers.filter((row) => named.has(row)).length;
  expect(section).toContain(`${faults} rows and ${numbers.length - faults} scenarios`);
  expect(section).toContain(`titles name ${count} of them`);
  expect(section).toContain(`These ${explained.length} differ`);
});

describe('the titles', () => {
  it('are found however a test is written, and not those of skipped ones', () => {
    const source = `
      describe("a", () => { it('b', () => {}); test.skip('c', () => {}); });
      it.each([[1]])('d %s', () => {});
      describe.each\`x\`(\`e \${1} f\`, () => {});
      it(
        'g', slow, async () => { expect(test('h')).toBe('i'); });
      describe.todo('j');
      describeWithRedis('k', () => {});
      it.each([['l', 'm'], 'n', [1, 'o']] as const)('%s p', () => {});
      it.each([['q', 1]])('r %s', () => {});
      it.each([['s', 1]])('t', () => {});`;
    expect(titlesOf(source)).toEqual(['a', 'b', 'd %s', 'e  f', 'g', 'h', 'k', '%s p', 'l', 'n', 'r %s', 'q', 't']);
  });

  it.each([
    ['is answered [U4, S9]', ['U4', 'S9']],
    ['scenario 25, 26: keeps two apart', ['scenario 25', 'scenario 26']],
    ['scenarios 31 and 36: a message [R1]', ['R1', 'scenario 31', 'scenario 36']],
    ['a client of redis 5 (field C4), [0, 1]', []],
  ])('%j name %j', (title, expected) => {
    expect(rowsIn(title)).toEqual(expected);
  });
});
