// What the guard costs, beside what others cost, measured as it is used. docs/performance.md says how to read it.
// `npm run bench`; beside another build: `npm run bench -- --against ../other`
import { availableParallelism, cpus, loadavg } from 'node:os';
import { performance } from 'node:perf_hooks';
import { buildAt, GUARD, OTHER_GUARD } from './builds.mjs';
import { startProcess } from './child-process.mjs';
import { readOptions } from './options.mjs';
import { printBars, printComparison, printMeasures } from './report.mjs';

const sections = {
  'hit-express': { file: 'hit-in-situ.mjs', host: 'hit-express' },
  'hit-http': { file: 'hit-in-situ.mjs', host: 'hit-http' },
  'hit-loop': { file: 'hit-loop.mjs' },
  listeners: { file: 'listeners.mjs' },
  throughput: { file: 'throughput.mjs' },
  decision: { file: 'decision.mjs' },
  sends: { file: 'sends-per-second.mjs' },
  memory: { file: 'memory.mjs' },
  webhook: { file: 'webhook.mjs' },
  miss: { file: 'miss.mjs' },
  start: { file: 'start.mjs' },
};

const options = readOptions(Object.keys(sections));
const builds = [buildAt(GUARD, options.build)];
if (options.against !== undefined) builds.push(buildAt(OTHER_GUARD, options.against));
if (options.smoke) process.env.BENCH_CONTACTS = '2000';

const startedAt = performance.now();
const loadBefore = loadavg()[0].toFixed(1);
const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores`;
console.log(`${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${machine}`);
if (options.smoke) console.log('A smoke test: it shows whether the bench works. The figures mean nothing.');
console.log('');

const measures = {};
for (const name of options.only) {
  const measured = await measureSection(sections[name]);
  printMeasures(measured);
  Object.assign(measures, measured);
}
const isGood = builds.length === 1 ? printBars(measures) : printComparison(measures);
const seconds = Math.round((performance.now() - startedAt) / 1000);
console.log(`${seconds} s. Load of the machine before: ${loadBefore}, after: ${loadavg()[0].toFixed(1)}`);
process.exitCode = isGood || options.smoke ? 0 : 1;

async function measureSection({ file, host }) {
  const { ask, stop } = startProcess('section.mjs');
  const measured = await ask({ file, options: { builds, host, isSmoke: options.smoke } });
  await stop();
  return measured;
}
