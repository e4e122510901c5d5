// Services under load and under faults for minutes, and what is left of them: `npm run soak`. Then many people whom a guard
// meets once each. processes/ has what is measured, model/ its Bird, its clients and their faults, results/ what is asserted.
import { parseArgs } from 'node:util';
import { broken, printReport } from './results/report.js';
import { brokenByStrangers, printStrangers } from './results/strangers-report.js';
import { runSoak } from './soak.js';
import { meetStrangers } from './strangers.js';

const { values } = parseArgs({
  options: {
    /** 0: no soak, but the strangers. */
    minutes: { type: 'string', default: '10' },
    /** Sends a second. */
    rate: { type: 'string', default: '500' },
    /** More than one share a Redis. */
    processes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    /** 0: none. */
    strangers: { type: 'string', default: '200000' },
    /** A mistake on purpose, which has to fail the run; see processes/planted.ts. */
    plant: { type: 'string' },
  },
});

const [minutes, sendsPerSecond, processes] = [Number(values.minutes), Number(values.rate), Number(values.processes)];
const [seed, count] = [Number(values.seed), Number(values.strangers)];
const violations: string[] = [];

if (minutes > 0) {
  const result = await runSoak({ minutes, sendsPerSecond, processes, seed, plant: values.plant });
  printReport(result);
  violations.push(...broken(result));
}
if (count > 0) {
  const result = await meetStrangers({ count, isShared: processes > 1 });
  printStrangers(result);
  violations.push(...brokenByStrangers(result));
}
console.log(violations.length === 0 ? '\nas promised' : `\nFAILED\n${violations.join('\n')}`);
if (violations.length > 0) process.exitCode = 1;
