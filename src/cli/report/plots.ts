import { fates } from './log-line.js';
import type { ModeSummary } from './rows.js';
import type { ReadsSummary } from './summary.js';
import { HOUR_MS } from './tally.js';

/** What the page's script draws. */
export interface Plot {
  /** The beginning of each span of time, epoch seconds. */
  readonly times: readonly number[];
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[];
  /** Whether the series stand on each other. */
  readonly isStacked: boolean;
  /** A line that the values should stay below. */
  readonly limit?: { readonly name: string; readonly value: number } | undefined;
}

/** How long one bar of a plot lasts. */
export type SpanName = 'hour' | 'day' | 'week' | 'year' | 'century';

const spans: Readonly<Record<SpanName, number>> = {
  hour: HOUR_MS,
  day: 24 * HOUR_MS,
  week: 7 * 24 * HOUR_MS,
  year: 365.25 * 24 * HOUR_MS,
  // A single line with a wrong instant must not make a bar for each year up to it.
  century: 36_525 * 24 * HOUR_MS,
};

/** More than these have no room on a screen. */
const MAX_BARS = 400;

/** The shortest spans that fit. */
export function spanOf(hours: readonly string[]): SpanName {
  const [from = 0, until = 0] = [hours[0], hours.at(-1)].map((hour) => Date.parse(hour ?? ''));
  const names = Object.keys(spans) as SpanName[];
  return names.find((name) => (until - from) / spans[name] < MAX_BARS) ?? 'century';
}

/** Messages that are not sent as they are, or are unknown: beside those that are sent, nobody would see them. */
export function fatesPlot({ hours }: ModeSummary): Plot {
  const shown = fates.filter((fate) => fate !== 'sent');
  const points = hours.map((row) => ({ at: row.key, values: shown.map((fate) => row[fate]) }));
  const { times, columns } = fill(points, shown.length, (sum, value) => sum + value);
  return { times, series: shown.map((name, index) => ({ name, values: columns[index] ?? [] })), isStacked: true };
}

export function readsPlot({ hours, allowedPerSecond }: ReadsSummary): Plot {
  const points = hours.map(({ at, perSecond }) => ({ at, values: [perSecond] }));
  const { times, columns } = fill(points, 1, Math.max);
  return {
    times,
    series: [{ name: 'busiest minute', values: columns[0] ?? [] }],
    isStacked: false,
    limit: { name: "Bird's limit", value: allowedPerSecond },
  };
}

interface Point {
  /** The beginning of an hour. */
  readonly at: string;
  readonly values: readonly number[];
}

/** Columns of values without gaps in time, and with hours put together where there are many. */
function fill(
  points: readonly Point[],
  width: number,
  join: (one: number, other: number) => number,
): { readonly times: readonly number[]; readonly columns: readonly (readonly number[])[] } {
  const spanMs = spans[spanOf(points.map(({ at }) => at))];
  const indexOf = (at: string): number => Math.floor(Date.parse(at) / spanMs);
  const first = indexOf(points[0]?.at ?? '');
  const length = points.length === 0 ? 0 : indexOf(points.at(-1)?.at ?? '') - first + 1;
  const times = Array.from({ length }, (_, index) => ((first + index) * spanMs) / 1000);
  const columns = Array.from({ length: width }, () => new Array<number>(length).fill(0));
  for (const { at, values } of points) {
    const index = indexOf(at) - first;
    for (const [column, value] of values.entries()) {
      const list = columns[column];
      if (list !== undefined) list[index] = join(list[index] ?? 0, value);
    }
  }
  return { times, columns };
}
