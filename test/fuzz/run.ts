import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { inputs } from './inputs.js';
import { replayOf, type Share, seedOf, sharesOf } from './plan.js';
import type { Property, RunResult, Slowest } from './property.js';

const { values } = parseArgs({
  options: {
    /** How many runs in all. */
    runs: { type: 'string', default: '10000000' },
    /** Of the whole run; with `path`, the seed of one failure. */
    seed: { type: 'string', default: String(Math.trunc(Math.random() * 0x7fffffff)) },
    /** One of the seven inputs alone. */
    input: { type: 'string' },
    /** One property alone, by its name. */
    property: { type: 'string' },
    /** Where a failure was found. It is run again, and nothing else. */
    path: { type: 'string' },
    /** Set where a process does its part of a run. */
    part: { type: 'string' },
  },
});

const [runs, seed] = [Number(values.runs), Number(values.seed)];
if (!Number.isSafeInteger(runs) || runs < 1) throw new RangeError('--runs must be a whole number, 1 or more');
if (!Number.isSafeInteger(seed)) throw new RangeError('--seed must be a whole number');

const isChosen = (input: string, { name }: Property): boolean =>
  (values.input ?? input) === input && (values.property ?? name) === name;
const shares = sharesOf(runs, isChosen);
if (shares.length === 0) {
  const names = Object.entries(inputs).map(([input, all]) => [input, ...all.map(({ name }) => `  ${name}`)].join('\n'));
  throw new RangeError(`There is no such input or property. There are:\n${names.join('\n')}`);
}

const PARTS = 2;
/** So many runs at a time, so that memory stays small. */
const CHUNK = 20_000;

interface Told {
  readonly name: string;
  readonly result: RunResult;
}

if (values.path !== undefined) await replay(values.path);
else if (values.part !== undefined) await runPart(Number(values.part));
else await runAll();

async function replay(path: string): Promise<void> {
  const [share] = shares;
  if (share === undefined || shares.length !== 1) throw new RangeError('--path needs --property');
  const { failure } = await share.property.run({ runs: 1, seed, path });
  console.log(failure === undefined ? 'It does not fail.' : failure.text);
  process.exitCode = failure === undefined ? 0 : 1;
}

/** A process's part of the runs of each property. */
async function runPart(part: number): Promise<void> {
  for (const { property, runs } of shares) {
    const own = Math.floor(runs / PARTS) + (part < runs % PARTS ? 1 : 0);
    for (let done = 0; done < own; done += CHUNK) {
      const chunk = Math.min(CHUNK, own - done);
      const result = await property.run({ runs: chunk, seed: seedOf(seed, property.name, part, done), isTimed: true });
      await new Promise((resolve) => process.send?.({ name: property.name, result } satisfies Told, resolve));
      if (result.failure !== undefined) break;
    }
  }
  process.disconnect();
}

interface Sum {
  runs: number;
  slowest: Slowest;
}

async function runAll(): Promise<void> {
  const startedAt = performance.now();
  console.log(`seed ${seed}, ${runs} runs`);
  const sums = new Map<string, Sum>();
  let failures = 0;
  const take = ({ name, result }: Told): void => {
    const sum = sums.get(name) ?? { runs: 0, slowest: { ms: 0, value: '' } };
    sum.runs += result.runs;
    if (result.slowest !== undefined && result.slowest.ms > sum.slowest.ms) sum.slowest = result.slowest;
    sums.set(name, sum);
    const share = shares.find(({ property }) => property.name === name);
    if (result.failure === undefined || share === undefined) return;
    failures += 1;
    console.log(
      `FAILED ${share.input}: ${name}\n${replayOf(share.property, result.failure)}\n${result.failure.text}\n`,
    );
  };
  const statuses = await Promise.all(Array.from({ length: PARTS }, (_, part) => runProcess(part, take)));
  printSums(sums, shares);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  console.log(`\nseed ${seed}, ${total(sums)} runs in ${seconds} s, ${failures} failures`);
  if (failures > 0 || statuses.some((status) => status !== 0)) process.exitCode = 1;
}

/** Settles with the exit status. */
function runProcess(part: number, take: (told: Told) => void): Promise<number | null> {
  const args = ['--part', String(part), '--runs', String(runs), `--seed=${seed}`];
  for (const name of ['input', 'property'] as const)
    if (values[name] !== undefined) args.push(`--${name}`, values[name]);
  const child = fork(fileURLToPath(import.meta.url), args);
  child.on('message', (told) => take(told as Told));
  return new Promise((resolve) => child.once('close', resolve));
}

function printSums(sums: ReadonlyMap<string, Sum>, all: readonly Share[]): void {
  for (const input of new Set(all.map(({ input }) => input))) {
    const own = all.filter((share) => share.input === input).map(({ property }) => property.name);
    const found = own.map((name) => [name, sums.get(name) ?? { runs: 0, slowest: { ms: 0, value: '' } }] as const);
    console.log(`\n${input}: ${found.reduce((sum, [, { runs }]) => sum + runs, 0)} runs`);
    for (const [name, { runs, slowest }] of found) {
      console.log(`  ${String(runs).padStart(9)}  ${slowest.ms.toFixed(2).padStart(6)} ms at most  ${name}`);
    }
    const [, { slowest }] = found.toSorted(([, one], [, other]) => other.slowest.ms - one.slowest.ms)[0] ?? [
      '',
      { slowest: { ms: 0, value: '' } },
    ];
    console.log(`  the slowest: ${slowest.value.slice(0, 200)}`);
  }
}

function total(sums: ReadonlyMap<string, Sum>): number {
  return [...sums.values()].reduce((sum, { runs }) => sum + runs, 0);
}
