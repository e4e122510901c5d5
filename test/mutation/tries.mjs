// Which mutants are tried in which tests, in what order.
import { LoadProcess } from './load-handle.mjs';
import { Progress } from './vitest.mjs';

/** The tests of the library in one process. What starts another process does not reach it. */
export const FOLDERS = ['core', 'bird', 'lookup', 'guard', 'http', 'stores', 'held', 'telemetry', 'hosts'];
/** Most mutants are found by the first tests, and only the others are worth more of those that execute them. */
const TESTS_BY_ROUND = [5, 25, Number.POSITIVE_INFINITY];
/** How many tests of a file are tried, and how long one may take: of the mutant's file, of its room, and elsewhere. */
const MAX_OF_FILE = [Number.POSITIVE_INFINITY, 16, 2];
const MAX_MS = [Number.POSITIVE_INFINITY, 100, 100];
/** At the same time. */
const PROCESSES = 2;
/** For what runs when a module is loaded. */
const FILES_OF_SOURCE = 6;

/** Gives each mutant a status, and says which are in code that runs when a module is loaded, once. */
export async function tryInTests(directory, mutants, folders) {
  const { tests, atLoad } = await findCoverage(directory, folders);
  const testsOf = testsByMutant(tests, mutants);
  for (const mutant of mutants) mutant.status = testsOf.has(mutant.id) ? 'survived' : 'not executed';
  const broken = new Set();
  let done = 0;
  for (const size of TESTS_BY_ROUND) {
    const waiting = mutants.filter(({ status }) => status === 'survived');
    await Promise.all(
      Array.from({ length: PROCESSES }, async (_, turn) => {
        const mine = waiting.filter((_, index) => index % PROCESSES === turn);
        await tryRound({ directory, mine, broken, testsOf, from: done, to: done + size });
      }),
    );
    done += size;
    console.log(
      `after at most ${done} tests each: ${mutants.filter(isAlive).length} of ${mutants.length} are not found`,
    );
  }
  return { tests, atLoad: mutants.filter((mutant) => isAlive(mutant) && atLoad.has(mutant.id)) };
}

/** What runs when a module is loaded is tried in processes that load it anew, and only in a few test files: one try takes seconds. */
export async function tryAtLoad(directory, mutants, filesBySource) {
  const waiting = [...mutants];
  console.log(`${waiting.length} in what runs when a module is loaded`);
  const tryNext = async () => {
    const process = await LoadProcess.start(directory);
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      if (waiting.length % 20 === 0) console.log(`${waiting.length} of them are left`);
      const status = await process.try({ id: mutant.id, files: filesBySource.get(mutant.file) });
      if (status !== undefined) Object.assign(mutant, { status, by: 'when it is loaded' });
    }
    process.stop();
  };
  await Promise.all(Array.from({ length: PROCESSES }, tryNext));
}

export function isAlive({ status }) {
  return status === 'survived' || status === 'not executed';
}

async function findCoverage(directory, folders) {
  const progress = new Progress(directory);
  await progress.run({ directory, folders, workers: PROCESSES });
  const lines = progress.lines();
  const tests = lines.filter(({ hits, state }) => hits !== undefined && state === 'pass');
  const failed = lines.filter(({ state }) => state === 'fail');
  for (const { name } of failed) console.log(`fails without a mutant: ${name}`);
  for (const { unloaded, why } of lines)
    if (unloaded !== undefined) console.log(`cannot be loaded: ${unloaded}: ${why}`);
  const atLoad = new Set(lines.flatMap((line) => line.atLoad ?? []));
  console.log(`${tests.length} tests, ${failed.length} of which do not count`);
  return { tests, atLoad };
}

/**
 * In the order in which they are tried: those of the mutant's own file, of its room, and elsewhere; and of each file the quickest
 * first, because a file has many tests that execute the same line.
 */
function testsByMutant(tests, mutants) {
  const byId = new Map(mutants.map((mutant) => [mutant.id, mutant]));
  const testsOf = new Map();
  const counts = new Map();
  for (const { test, file, ms, hits } of tests.toSorted((one, other) => one.ms - other.ms)) {
    for (const [id, count] of Object.entries(hits)) {
      if (!byId.has(id)) continue;
      const place = placeOf(file, byId.get(id));
      const key = `${id} ${file}`;
      const rank = counts.get(key) ?? 0;
      if (testsOf.has(id) && (rank >= MAX_OF_FILE[place] || ms > MAX_MS[place])) continue;
      counts.set(key, rank + 1);
      testsOf.set(id, testsOf.get(id) ?? []);
      testsOf.get(id).push({ test, file, count, place, rank });
    }
  }
  for (const those of testsOf.values()) those.sort((one, other) => one.place - other.place || one.rank - other.rank);
  return testsOf;
}

/** 0: tests of the mutant's file, as in `test/core/freeform.property.test.ts`; 1: of its room; 2: elsewhere. */
function placeOf(file, mutant) {
  const name = mutant.file.replace(/^src/, 'test').replace(/\.ts$/, '');
  if (file.startsWith(`${name}.`) || file.startsWith(`${name}/`)) return 0;
  return roomOf({ file }) === roomOf(mutant) ? 1 : 2;
}

/**
 * The test files for what runs when a source is loaded: its own, then those of its room, and of each those first that execute most of
 * it. All its mutants count, because those that are tried again may run only when it is loaded.
 */
export function findFilesBySource(tests, mutants) {
  const sourceOf = new Map(mutants.map(({ id, file }) => [id, file]));
  const executed = new Map();
  for (const { file, hits } of tests) {
    for (const id of Object.keys(hits)) {
      const source = sourceOf.get(id);
      if (source === undefined) continue;
      if (!executed.has(source)) executed.set(source, new Map());
      const byFile = executed.get(source);
      if (!byFile.has(file)) byFile.set(file, new Set());
      byFile.get(file).add(id);
    }
  }
  const rank = (file, source) => placeOf(file, { file: source });
  const chosen = ([source, byFile]) =>
    [...byFile]
      .sort(([one, ones], [other, others]) => rank(one, source) - rank(other, source) || others.size - ones.size)
      .slice(0, FILES_OF_SOURCE)
      .map(([file]) => file);
  return new Map([...executed].map((entry) => [entry[0], chosen(entry)]));
}

/** Of a mutant or a test. */
export function roomOf({ file }) {
  return file.split('/')[1];
}

/** Until each was tried: one that never ends takes its process along. */
async function tryRound({ directory, mine, broken, testsOf, from, to }) {
  const tried = new Set();
  while (true) {
    const tries = {};
    const files = new Set();
    for (const { id } of mine.filter(isAlive)) {
      for (const { test, file, count } of testsOf.get(id).slice(from, to)) {
        if (broken.has(test) || tried.has(`${test} ${id}`)) continue;
        tries[test] ??= [];
        tries[test].push([id, count]);
        files.add(file);
      }
    }
    if (files.size === 0) return;
    const progress = new Progress(directory);
    const hasEnded = await progress.run({ directory, files: [...files], tries, workers: 1 });
    settle(progress.lines(), { mine, broken, tried, hasEnded });
    // What was not tried by then is in a test that is skipped under some condition.
    if (hasEnded) return;
  }
}

function settle(lines, { mine, broken, tried, hasEnded }) {
  const byId = new Map(mine.map((mutant) => [mutant.id, mutant]));
  for (const line of lines) {
    if (line.trying !== undefined) tried.add(`${line.test} ${line.trying}`);
    if (line.broken !== undefined) {
      broken.add(line.broken);
      console.log(`no longer passes by itself: ${line.name}: ${line.why}`);
    }
    if (line.status !== undefined) Object.assign(byId.get(line.id), { status: line.status, by: line.by });
  }
  const last = lines.at(-1);
  if (hasEnded) return;
  if (last?.trying === undefined) throw new Error(`vitest ended before it tried anything: ${JSON.stringify(last)}`);
  Object.assign(byId.get(last.trying), { status: 'late', by: last.test });
}
