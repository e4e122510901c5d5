import type { Report } from './report.js';

type Column = readonly [title: string, cell: (report: Report) => string];

const ms = (value: number): string => (value < 10 ? value.toFixed(1) : value.toFixed(0));
const percent = (value: number): string => `${value.toFixed(3)} %`;

const columns: readonly Column[] = [
  ['', ({ name }) => name],
  ['sends', ({ sends }) => String(sends)],
  ['a second', ({ sendsPerSecond }) => sendsPerSecond.toFixed(0)],
  ['wrong blocks', ({ wrongBlocks }) => String(wrongBlocks)],
  ['wrong allows', ({ wrongAllows }) => String(wrongAllows)],
  ['reads per 1,000', ({ readsPerThousand }) => readsPerThousand.toFixed(1)],
  ['busiest second', ({ busiestSecond }) => String(busiestSecond)],
  ['unknown before', ({ unknown }) => percent(unknown.before)],
  ['during, and 2 s', ({ unknown }) => percent(unknown.during)],
  ['after', ({ unknown }) => percent(unknown.after)],
  ['p99 ms', ({ p99Ms }) => ms(p99Ms)],
  ['longest ms', ({ longestMs }) => ms(longestMs)],
  ['longest stall ms', ({ stallMs }) => ms(stallMs)],
  ['propagation p50 ms', ({ propagation }) => ms(propagation.p50Ms)],
  ['propagation p99 ms', ({ propagation }) => ms(propagation.p99Ms)],
  ['slowest propagation ms', ({ propagation }) => ms(propagation.maxMs)],
  ['propagation fast again after ms', ({ recoveryMs }) => (recoveryMs === undefined ? '-' : ms(recoveryMs))],
];

/** As they stand in the documentation. */
export function printTables(reports: readonly Report[]): void {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  console.log(`\n${row(columns.map(([title]) => title))}\n${row(columns.map(() => '---'))}`);
  for (const report of reports) console.log(row(columns.map(([, cell]) => cell(report))));
  console.log();
  for (const { name, reasons, atTheEdge, propagation } of reports) {
    console.log(
      `${name}: unknown by reason: ${reasons || 'none'}; at the edge ${atTheEdge}; propagation ${propagation.count}`,
    );
  }
}
