import { parseArgs } from 'node:util';
import { rare, unreached } from './coverage.js';
import { printFigures } from './figures.js';
import { runFleetDays } from './fleet/run-fleet.js';
import type { Report } from './report.js';
import type { Knowledge } from './scenario.js';
import { badDays } from './scenarios.js';
import { simulate } from './simulate.js';

const { values } = parseArgs({
  options: {
    /** How many bad days to simulate, one after the other. */
    seeds: { type: 'string', default: '20' },
    /** The first of them; a run that failed is repeated with its own. */
    seed: { type: 'string', default: '0' },
    /** The least number of decisions in each: 10,000, or 1,500 of a fleet. */
    decisions: { type: 'string' },
    /** The least number of decisions in all of them together: fewer fail the run. */
    least: { type: 'string', default: '0' },
    /** Prints the tables of docs/correctness.md instead. */
    figures: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '10' },
    /** Simulates four processes that share a store instead. */
    fleet: { type: 'boolean', default: false },
  },
});

const [first, seeds] = [Number(values.seed), Number(values.seeds)];
if (values.figures) await printFigures(first, Number(values.minutes));
else if (values.fleet) await runFleetDays({ first, seeds, decisions: Number(values.decisions ?? 1_500) });
else await runBadDays(first, seeds, Number(values.decisions ?? 10_000));

async function runBadDays(first: number, seeds: number, decisions: number): Promise<void> {
  const totals: Record<string, number> = {};
  const met = new Map<Knowledge, Met>();
  const startedAt = performance.now();
  console.log('seed knowledge decisions unknown reads busiest-second p99-ms longest-ms violations hangs trace');
  for (let seed = first; seed < first + seeds; seed += 1) {
    const scenario = badDays(seed, decisions);
    const report = await simulate(scenario);
    add(totals, { ...report.counts, decisions: report.decisions, reads: report.reads, hangs: report.hangs });
    addTo(met, scenario.knowledge, report);
    printRun(report, scenario.knowledge);
  }
  // A short day may miss what is rare on it: all the days together, with the same knowledge, may not.
  for (const [knowledge, all] of met) {
    const paths = unreached(all, { knowledge });
    if (paths.length > 0) fail(`${knowledge}: never reached: ${paths.join(', ')}`);
  }
  const missing = seeds >= 20 ? rare.filter((name) => totals[name] === undefined) : [];
  if (missing.length > 0) fail(`never reached by any seed: ${missing.join(', ')}`);
  if ((totals.decisions ?? 0) < Number(values.least)) fail(`only ${totals.decisions} decisions in all`);
  console.log(`\nall seeds, ${Math.round((performance.now() - startedAt) / 1000)} s:`);
  console.log(totals);
}

function printRun(report: Report, knowledge: string): void {
  const { seed, decisions, counts, reads, busiestSecond, p99Ms, longestMs, violations, hangs, trace } = report;
  const unknown = `${((100 * (counts.unknown ?? 0)) / decisions).toFixed(1)}%`;
  const wrong = counts.violations ?? 0;
  console.log(seed, knowledge, decisions, unknown, reads, busiestSecond, p99Ms, longestMs, wrong, hangs, trace);
  for (const violation of violations) fail(`seed ${seed}: ${violation}`);
  if (hangs > 0) fail(`seed ${seed}: ${hangs} sends were never decided`);
  if (busiestSecond > 50) fail(`seed ${seed}: ${busiestSecond} reads within a second`);
}

/** What was counted on the days of one kind of knowledge. */
interface Met {
  readonly counts: Record<string, number>;
  readonly faults: Record<string, number>;
}

function addTo(met: Map<Knowledge, Met>, knowledge: Knowledge, { counts, faults }: Report): void {
  const all = met.get(knowledge) ?? { counts: {}, faults: {} };
  add(all.counts, counts);
  add(all.faults, faults);
  met.set(knowledge, all);
}

function fail(text: string): void {
  console.log(`FAILED ${text}`);
  process.exitCode = 1;
}

function add(totals: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + count;
}
