import type { Report, SliceReport } from './report.js';
import type { Knowledge, Scenario } from './scenario.js';
import { badDays, coldStart, outage, steady } from './scenarios.js';
import { simulate } from './simulate.js';
import { AskAndKeep, AskEveryTime, LastInbound } from './systems/baselines.js';

type Row = readonly (string | number)[];

/** The systems that are compared, with what they get to know. */
const systems: readonly {
  readonly name: string;
  readonly knowledge: Knowledge;
  readonly start?: () => Scenario['system'];
}[] = [
  { name: 'freeform-guard, observeInbound before replies', knowledge: 'observed' },
  { name: 'freeform-guard, webhooks', knowledge: 'webhooks' },
  { name: 'freeform-guard, reads alone', knowledge: 'lookups' },
  { name: 'ask before every send', knowledge: 'webhooks', start: () => (parts) => new AskEveryTime(parts) },
  { name: 'ask and keep for 60 s', knowledge: 'webhooks', start: () => (parts) => new AskAndKeep(parts, 60_000) },
  { name: 'ask and keep for 300 s', knowledge: 'webhooks', start: () => (parts) => new AskAndKeep(parts, 300_000) },
  { name: 'last inbound + 24 h', knowledge: 'webhooks', start: withDatabase },
];

/** Runs what the tables of `docs/correctness.md` show, and prints them. */
export async function printFigures(seed: number, minutes: number): Promise<void> {
  console.log(`seed ${seed}\n`);
  await printComparison(`A good day, ${minutes} minutes`, ({ knowledge, start }) => [
    steady({ seed, minutes, knowledge, system: start() }),
  ]);
  await printComparison('Bad days, 9 seeds', ({ knowledge, start }) =>
    Array.from({ length: 9 }, (_, index) => ({ ...badDays(seed + index, 5_000, start()), knowledge })),
  );
  await printLateMix(seed, minutes);
  await printOutages(seed);
  await printColdStart(seed);
}

async function printComparison(
  title: string,
  scenariosOf: (options: { knowledge: Knowledge; start: () => Scenario['system'] }) => readonly Scenario[],
): Promise<void> {
  const rows: Row[] = [];
  for (const { name, knowledge, start } of systems) {
    const reports: Report[] = [];
    for (const scenario of scenariosOf({ knowledge, start: start ?? (() => undefined) }))
      reports.push(await simulate(scenario));
    const count = (what: string): number => sum(reports, ({ counts }) => counts[what] ?? 0);
    const decisions = sum(reports, (report) => report.decisions);
    const outside = start === undefined ? String(count('violations')) : '-';
    const reads = sum(reports, (report) => report.reads);
    const busiest = Math.max(...reports.map(({ busiestSecond }) => busiestSecond));
    const shares = [perThousand(reads, decisions), busiest, percent(count('unknown'), decisions)];
    rows.push([name, decisions, count('wrong blocks'), count('wrong allows'), outside, ...shares]);
  }
  const head = [
    '',
    'sends',
    'wrong blocks',
    'wrong allows',
    'outside the bounds',
    'reads per 1,000',
    'busiest second',
    'unknown',
  ];
  printTable(title, head, rows);
}

function withDatabase(): Scenario['system'] {
  const inboundAt = new Map<number, number>();
  return (parts) => new LastInbound(parts, inboundAt);
}

async function printLateMix(seed: number, minutes: number): Promise<void> {
  const rows: Row[] = [];
  for (const mix of ['usual', 'late'] as const) {
    const { decisions, reads, counts, busiestSecond } = await simulate(
      steady({ seed, minutes, mix, knowledge: 'observed' }),
    );
    rows.push([mix, decisions, perThousand(reads, decisions), busiestSecond, percent(counts.unknown ?? 0, decisions)]);
  }
  printTable(
    'Follow-ups: one in four after the window, or all',
    ['mix', 'sends', 'reads per 1,000', 'busiest second', 'unknown'],
    rows,
  );
}

async function printOutages(seed: number): Promise<void> {
  const rows: Row[] = [];
  for (const [knowledge, mix] of [
    ['observed', 'usual'],
    ['observed', 'late'],
    ['webhooks', 'usual'],
  ] as const) {
    for (const fault of ['status 503', 'silence', 'broken connection']) {
      const { slices, longestMs, violations } = await simulate(outage({ seed, mix, knowledge }, fault));
      const { outage: during, 'breaker open': open, healed } = slices;
      if (during === undefined || open === undefined || healed === undefined) continue;
      const times = [longestMs, open.p99Ms, open.askedP99Ms, healed.firstProofMs ?? '-'];
      const perSecond = (during.reads / 300).toFixed(2);
      rows.push([knowledge, mix, fault, share(during), perSecond, ...times, share(healed), violations.length]);
    }
  }
  const times = ['longest ms', 'p99 ms, breaker open', 'p99 ms of those asked', 'first proof after, ms'];
  const head = [
    '',
    'follow-ups',
    'fault',
    'unknown',
    'reads a second',
    ...times,
    'unknown in the half minute after',
    'violations',
  ];
  printTable("Five minutes in which Bird's reads fail", head, rows);
}

async function printColdStart(seed: number): Promise<void> {
  const rows: Row[] = [];
  for (const knowledge of ['webhooks', 'observed'] as const) {
    const { slices } = await simulate(coldStart({ seed, knowledge, minutes: 10 }));
    const later = Object.entries(slices)
      .filter(([name]) => name !== 'minute 1')
      .map(([, slice]) => slice);
    const all = { decisions: sum(later, (slice) => slice.decisions), unknown: sum(later, (slice) => slice.unknown) };
    rows.push([knowledge, ...Object.values(slices).map(share), share(all)]);
  }
  const minutes = Array.from({ length: 10 }, (_, minute) => `minute ${minute + 1}`);
  printTable('Unknown after a start with an empty memory', ['', ...minutes, 'from 60 s on'], rows);
}

function share({ unknown, decisions }: Pick<SliceReport, 'unknown' | 'decisions'>): string {
  return percent(unknown, decisions);
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(3)} %`;
}

function perThousand(part: number, whole: number): string {
  return ((1000 * part) / whole).toFixed(1);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function printTable(title: string, head: Row, rows: readonly Row[]): void {
  const lines = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
  console.log(`${title}\n\n${lines.join('\n')}\n`);
}
