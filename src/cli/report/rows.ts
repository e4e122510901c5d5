import { fates } from './log-line.js';
import { formatCount } from './numbers.js';
import { type Counts, changedIn, type ModeTally, messagesIn, noCounts, type Tally } from './tally.js';

/** The messages of one mode, by each field of their decisions. */
export interface ModeSummary {
  readonly total: Row;
  readonly reasons: readonly Row[];
  readonly platforms: readonly Row[];
  readonly workspaces: readonly Row[];
  readonly channels: readonly Row[];
  /** In order; only those with decisions. */
  readonly hours: readonly Row[];
}

/** The messages with one key. */
export interface Row extends Counts {
  readonly key: string;
  readonly messages: number;
  /** Of a channel, where it is known. */
  readonly platform?: string | undefined;
}

export function summaryOfMode(tally: ModeTally): ModeSummary | undefined {
  if (messagesIn(tally.total) === 0) return undefined;
  return {
    total: rowOf('total', tally.total),
    reasons: rowsOf(tally.reasons),
    platforms: rowsOf(tally.platforms),
    workspaces: rowsOf(tally.workspaces),
    channels: rowsOf(tally.channels).map((row) => ({ ...row, platform: tally.platformOf(row.key) })),
    hours: hoursOf(tally.hours),
  };
}

function rowOf(key: string, counts: Counts): Row {
  return { key, messages: messagesIn(counts), ...counts };
}

/** Those come first of which most is not sent as it is. */
function rowsOf(tally: Tally<string>): readonly Row[] {
  const rows = tally.entries().map(([key, counts]) => rowOf(key, counts));
  const others = tally.others === undefined ? [] : [rowOf(OTHERS, tally.others)];
  return [...rows.toSorted(byConcern), ...others];
}

/** More keys than are counted one by one. */
export const OTHERS = '(others)';

function byConcern(one: Row, other: Row): number {
  return concernOf(other) - concernOf(one) || other.messages - one.messages;
}

/** The messages that somebody may want to look at. */
export function concernOf(row: Row): number {
  return changedIn(row) + row.unknown;
}

function hoursOf(tally: Tally<number>): readonly Row[] {
  return tally
    .entries()
    .toSorted(([one], [other]) => one - other)
    .map(([hour, counts]) => rowOf(new Date(hour).toISOString(), counts));
}

/** The first rows, and one that puts the rest together. */
export function topRows(rows: readonly Row[], max: number): readonly Row[] {
  if (rows.length <= max) return rows;
  const rest = rows.slice(max - 1);
  const sum = noCounts();
  for (const row of rest) for (const fate of fates) sum[fate] += row[fate];
  const key = rest.some((row) => row.key === OTHERS) ? OTHERS : `(${formatCount(rest.length)} others)`;
  return [...rows.slice(0, max - 1), rowOf(key, sum)];
}

/** A channel with its platform. */
export function labelOf({ key, platform }: Row): string {
  return platform === undefined ? key : `${key} ${platform}`;
}
