/** What is printed: a table for each measure, the bars, and the comparison with another build. */
import { bars, judge } from './bars.mjs';
import { GUARD, OTHER_GUARD } from './builds.mjs';
import { median, minimum, ratioOf } from './statistics.mjs';

/** Measures without a base are compared with another build alone. */
const tables = {
  'hit-loop': { title: 'hit, loop, µs of CPU', base: 'cors' },
  listeners: { title: 'hit, loop, and who listens, µs of CPU', base: `${GUARD}, nobody` },
  'hit-express': { title: 'hit, in situ on Express 5, µs', base: 'cors' },
  'hit-http': { title: 'hit, in situ on bare http, µs', base: 'cors' },
  throughput: { title: 'request to Express 5, µs', base: 'unguarded' },
  'throughput-cpu': { title: 'request to Express 5, µs of CPU', base: 'unguarded' },
  decision: { title: 'decideFreeform, µs of CPU', base: 'Date.now()' },
  miss: { title: 'miss, µs of CPU', base: 'bare fetch' },
  webhook: { title: 'webhook event, loop, µs of CPU', base: 'raw, HMAC and parse' },
  sends: { title: 'send that gets through, virtual ms', base: 'asking before each' },
  memory: { title: 'a million windows, MiB', base: 'Map of addresses' },
  import: { title: 'process, ms of CPU', base: 'bare node' },
  'create-ms': { title: 'createGuard(), ms of CPU' },
  'create-kib': { title: 'createGuard(), KiB' },
  'core-size': { title: './core, minified, brotli, kB' },
};

export function printMeasures(measures) {
  for (const [measure, samples] of Object.entries(measures)) {
    const { title, base } = tables[measure] ?? {};
    if (base === undefined) continue;
    const rows = Object.entries(samples).map(([name, times]) => [
      name,
      number(minimum(times)),
      number(median(times)),
      ...figures(ratioOf(times, samples[base])),
    ]);
    printTable([title, 'minimum', 'median', `to ${base}`, 'median', 'half of the rounds'], rows);
  }
}

/** @returns whether no bar is missed */
export function printBars(measures) {
  const judged = bars
    .filter(({ measure }) => measures[measure] !== undefined)
    .map((bar) => {
      const figure = bar.figure(measures[bar.measure]);
      return { bar, figure, verdict: judge(bar, figure.value) };
    });
  const limit = ({ atMost, atLeast }) => (atMost === undefined ? `at least ${atLeast}` : `at most ${atMost}`);
  printTable(
    ['figure', 'bar', 'now', 'median', 'half of the rounds', 'verdict'],
    judged.map(({ bar, figure, verdict }) => [bar.what, limit(bar), ...figures(figure), verdict]),
  );
  return judged.every(({ verdict }) => verdict !== 'missed');
}

/** @returns whether this build costs nowhere more than the other one, beyond what can be measured */
export function printComparison(measures) {
  const judged = Object.entries(measures)
    .filter(([measure]) => tables[measure] !== undefined)
    .flatMap(([measure, samples]) => pairsOf(tables[measure].title, samples))
    .map((pair) => {
      const figure = ratioOf(pair.samples, pair.others);
      const isMore = judge({ atMost: 1 }, figure.value) === 'missed';
      return { ...pair, figure, verdict: isMore ? 'more' : 'not more' };
    });
  printTable(
    ['minimum', 'other build', 'this build', 'ratio', 'median', 'half of the rounds', 'verdict'],
    judged.map(({ what, samples, others, figure, verdict }) => [
      what,
      number(minimum(others)),
      number(minimum(samples)),
      ...figures(figure),
      verdict,
    ]),
  );
  return judged.every(({ verdict }) => verdict !== 'more');
}

/** Each candidate of this build with the same one of the other build. */
function pairsOf(title, samples) {
  return Object.keys(samples)
    .filter((name) => name.endsWith(GUARD))
    .map((name) => ({
      what: name === GUARD ? title : `${title}: ${name.slice(0, -`, ${GUARD}`.length)}`,
      samples: samples[name],
      others: samples[name.replace(GUARD, OTHER_GUARD)],
    }));
}

function figures({ value, median: middle, low, high }) {
  return [number(value), number(middle), `${number(low)} to ${number(high)}`];
}

function number(value) {
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0);
}

function printTable(head, rows) {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column].length)));
  const pad = (cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]));
  const line = (cells) => `| ${cells.map(pad).join(' | ')} |`;
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  console.log([line(head), line(rule), ...rows.map(line), ''].join('\n'));
}
