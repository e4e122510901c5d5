// Several processes, each with a guard, over a real Redis and the sandbox, in real time: `npm run fleet`. A trial (trial.ts) runs
// once without a fault, and once for each of faults.ts. model/ has Bird, the customers and their traffic; processes/ what runs
// beside this one; results/ the assessment of decisions, and the tables.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { faults } from './faults.js';
import { broken } from './results/limits.js';
import type { Report } from './results/report.js';
import { printTables } from './results/tables.js';
import { runTrial } from './trial.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    processes: { type: 'string', default: '4' },
    /** Sends a second. */
    rate: { type: 'string', default: '500' },
    /** How long the run without a fault lasts. */
    seconds: { type: 'string', default: '60' },
    /** Runs only those whose name contains this; the one without a fault is called `no fault`. */
    only: { type: 'string', default: '' },
  },
});

const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const NO_FAULT = 'no fault';
const common = {
  programs: { guard: beside('processes/guard-process.js'), proxy: beside('processes/proxy-process.js') },
  seed: Number(values.seed),
  processes: Number(values.processes),
  sendsPerSecond: Number(values.rate),
  maxReplyMs: 5_000,
  customers: 7_000,
};

const reports: Report[] = [];

async function run(name: string, options: Partial<Parameters<typeof runTrial>[0]>): Promise<void> {
  if (!name.includes(values.only)) return;
  const report = await runTrial({ ...common, name, beforeMs: 5_000, afterMs: 5_000, ...options });
  reports.push(report);
  const violations = broken(report, options.fault !== undefined);
  console.log(`${name}: ${violations.length === 0 ? 'as promised' : `FAILED\n${violations.join('\n')}`}`);
  if (violations.length > 0) process.exitCode = 1;
}

await run(NO_FAULT, { beforeMs: 1000 * Number(values.seconds), afterMs: 0 });
for (const fault of faults) await run(fault.name, { fault });
printTables(reports);
