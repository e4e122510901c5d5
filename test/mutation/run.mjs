// Breaks each expression of the named rooms in turn, and runs the tests that execute it: `npm run mutation`. A survivor must be
// explained in survivors.json.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { instrument } from './instrument.mjs';
import { explain, nameOf, report } from './report.mjs';
import { FOLDERS, isAlive, tryAtLoad, tryInTests } from './tries.mjs';

const ROOMS = ['core', 'bird', 'lookup', 'guard'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Writes survivors.json again, with an empty reason for each that is new. */
    update: { type: 'boolean', default: false },
    /** Folders of tests, or how their paths begin; quicker with those of one room, which find less. */
    tests: { type: 'string', multiple: true, default: FOLDERS },
    /** Tries only those that were not found when this list was written, and those that it does not have. */
    again: { type: 'string' },
    /** Writes each mutant and what became of it into this file, as JSON. */
    list: { type: 'string' },
  },
});
const wrong = positionals.find((part) => !ROOMS.includes(part.split('/')[0]));
if (wrong !== undefined) throw new RangeError(`'${wrong}' is in none of the rooms ${ROOMS.join(', ')}`);
process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const { directory, mutants } = await instrument(positionals.length > 0 ? positionals : ROOMS);
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
// Otherwise the runs of vitest would go on alone, which are in groups of their own.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const tried = values.again === undefined ? mutants : stillAlive(values.again);
const { atLoad, filesBySource } = await tryInTests(directory, { all: mutants, tried }, values.tests);
await tryAtLoad(directory, atLoad, filesBySource);
if (values.list !== undefined) writeFileSync(values.list, JSON.stringify(mutants));
const path = 'test/mutation/survivors.json';
const { unexplained, next } = explain(mutants, JSON.parse(readFileSync(path, 'utf8')));
if (values.update) writeFileSync(path, `${JSON.stringify(next, null, 2)}\n`);
report(mutants, unexplained);
process.exitCode = unexplained.length === 0 ? 0 : 1;

/** The others keep what is known of them. What the list does not have is tried. */
function stillAlive(list) {
  const known = new Map();
  for (const mutant of JSON.parse(readFileSync(list, 'utf8'))) {
    const name = nameOf(mutant);
    // Two on one line may have the same name.
    if (!known.has(name) || isAlive(mutant)) known.set(name, mutant);
  }
  for (const mutant of mutants) {
    const { status, by } = known.get(nameOf(mutant)) ?? { status: 'survived' };
    Object.assign(mutant, { status, by });
  }
  return mutants.filter(isAlive);
}
