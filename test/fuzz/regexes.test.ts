import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'rolldown/parseAst';
import { expect, it } from 'vitest';

/**
 * What `npm run fuzz:regexes` has proved of each regular expression: `linear`, or why it may be more. A new one has to
 * be proved once, by the same command.
 */
const proved = JSON.parse(readFileSync(new URL('regexes.json', import.meta.url), 'utf8')) as Record<string, string>;
const source = join(import.meta.dirname, '../../src');

interface Found {
  readonly patterns: ReadonlySet<string>;
  /** Files that make a pattern at run time. */
  readonly made: readonly string[];
}

function findAll(): Found {
  const patterns = new Set<string>();
  const made: string[] = [];
  const look = (file: string, node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { regex, type, callee } = node as { readonly [field: string]: { readonly [field: string]: unknown } };
    if (regex) patterns.add(`/${regex.pattern}/${regex.flags}`);
    if (String(type) === 'NewExpression' && callee?.name === 'RegExp') made.push(file);
    for (const field of Object.values(node)) look(file, field);
  };
  for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (/(?<!\.d)\.ts$/.test(file))
      look(file, parseAst(readFileSync(join(source, file), 'utf8'), { lang: 'ts' }, file));
  }
  return { patterns, made };
}

it('every regular expression is proved to be linear, or its exception has a reason [S10]', () => {
  const { patterns, made } = findAll();
  expect(
    [...patterns].filter((pattern) => !Object.hasOwn(proved, pattern)),
    'run npm run fuzz:regexes',
  ).toEqual([]);
  expect(
    Object.keys(proved).filter((pattern) => !patterns.has(pattern)),
    'run npm run fuzz:regexes',
  ).toEqual([]);
  for (const [pattern, proof] of Object.entries(proved)) expect(proof, pattern).toMatch(/^linear$|^\w+ .{20}/);
  expect(made, 'a pattern from a value could be anything').toEqual([]);
});
