import { badDaysOfFleet } from '../scenarios.js';
import { rareOfFleets, unreachedOfFleet } from './coverage.js';
import { type FleetReport, simulateFleet } from './fleet-simulation.js';

/** What Bird allows. */
export const MAX_READS = 50;
/**
 * Of two servers at once neither knows the other's members, and the new one lacks what was granted last: in the second of
 * a failover each may give up to the whole limit. Measured on 200 days were 63, and a little is left; it cannot be more than twice.
 */
export const MAX_READS_TWO_SERVERS = 70;

export interface FleetRuns {
  readonly first: number;
  readonly seeds: number;
  readonly decisions: number;
}

/** Runs bad days of four processes, and says what came out; a broken promise fails the run. */
export async function runFleetDays({ first, seeds, decisions }: FleetRuns): Promise<void> {
  const totals: Record<string, number> = {};
  const most = { 'busiest, one server': 0, 'busiest, two servers': 0, 'longest ms': 0 };
  const startedAt = performance.now();
  console.log(
    'seed knowledge decisions unknown reads busiest-one-server busiest-second longest-ms violations hangs trace',
  );
  for (let seed = first; seed < first + seeds; seed += 1) {
    const scenario = badDaysOfFleet(seed, decisions);
    const report = await simulateFleet(scenario);
    add(totals, { ...report.counts, decisions: report.decisions, reads: report.reads, hangs: report.hangs });
    most['busiest, one server'] = Math.max(most['busiest, one server'], report.busiestOneServer);
    most['busiest, two servers'] = Math.max(most['busiest, two servers'], report.busiestSecond);
    most['longest ms'] = Math.max(most['longest ms'], report.longestMs);
    printRun(report, scenario.knowledge);
  }
  const missing = [...unreachedOfFleet(totals), ...(seeds >= 20 ? rareOfFleets : [])].filter((name) => !totals[name]);
  if (missing.length > 0) fail(`never reached: ${missing.join(', ')}`);
  console.log(`\nall seeds, ${Math.round((performance.now() - startedAt) / 1000)} s:`);
  console.log({ ...totals, ...most });
}

function printRun(report: FleetReport, knowledge: string): void {
  const { seed, decisions, counts, reads, busiestOneServer, busiestSecond, longestMs, violations, hangs } = report;
  const unknown = `${((100 * (counts.unknown ?? 0)) / decisions).toFixed(1)}%`;
  const wrong = counts.violations ?? 0;
  const busiest = [busiestOneServer, busiestSecond];
  console.log(seed, knowledge, decisions, unknown, reads, ...busiest, longestMs, wrong, hangs, report.trace);
  for (const violation of violations) fail(`seed ${seed}: ${violation}`);
  if (hangs > 0) fail(`seed ${seed}: ${hangs} sends were never decided`);
  if (busiestOneServer > MAX_READS) fail(`seed ${seed}: ${busiestOneServer} reads within a second`);
  if (busiestSecond > MAX_READS_TWO_SERVERS)
    fail(`seed ${seed}: ${busiestSecond} reads within a second of two servers`);
}

function fail(text: string): void {
  console.log(`FAILED ${text}`);
  process.exitCode = 1;
}

function add(totals: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + count;
}
