import type { Style } from '../shell.js';
import { type Fate, fates } from './log-line.js';
import { formatCount, formatInstant, formatRate } from './numbers.js';
import { labelOf, type ModeSummary, type Row, topRows } from './rows.js';
import type { ReadsSummary, Summary } from './summary.js';
import { flawsOf, modeTitles, readsTitle, scopeOf, tableTitles } from './titles.js';

const MAX_ROWS = 15;
/** A day and a half: of more, the page has a plot. */
const MAX_HOURS = 36;

/** The report as tables for a terminal. */
export function renderText(summary: Summary, style: Style): string {
  const parts = [
    style('bold', summary.sentence),
    scopeOf(summary),
    ...modeTables(modeTitles.observe, summary.observe, style),
    ...modeTables(modeTitles.enforce, summary.enforce, style),
    ...readsTables(summary.reads, style),
    ...flawsOf(summary).map((flaw) => style('yellow', flaw)),
  ];
  return `${parts.join('\n\n')}\n`;
}

function modeTables(title: string, mode: ModeSummary | undefined, style: Style): readonly string[] {
  if (mode === undefined) return [];
  const names = Object.keys(tableTitles) as (keyof typeof tableTitles)[];
  const { hours } = mode;
  const shown = hours.length > MAX_HOURS ? hours.slice(-MAX_HOURS) : hours;
  const hourTitle = shown.length < hours.length ? `Hour, the last ${MAX_HOURS}` : 'Hour';
  return [
    style('bold', title),
    ...names.map((name) => fateTable(tableTitles[name], topRows(mode[name], MAX_ROWS), style)),
    fateTable(
      `${hourTitle} (UTC)`,
      shown.map((row) => ({ ...row, key: formatInstant(row.key) })),
      style,
    ),
  ];
}

function fateTable(title: string, rows: readonly Row[], style: Style): string {
  const lines = rows.map((row) => [labelOf(row), formatCount(row.messages), ...fates.map((fate) => cellOf(row[fate]))]);
  return table(
    [title, 'messages', ...fates],
    lines,
    (text, column) => {
      const fate = fates[column - 2];
      return fate !== undefined && text.trim() !== NOTHING ? style(formats[fate], text) : text;
    },
    style,
  );
}

const NOTHING = '-';

function cellOf(count: number): string {
  return count === 0 ? NOTHING : formatCount(count);
}

const formats: Readonly<Record<Fate, Parameters<Style>[0]>> = {
  blocked: 'red',
  rerouted: 'yellow',
  held: 'yellow',
  unknown: 'yellow',
  sent: 'green',
};

function readsTables({ allowedPerSecond, workspaces }: ReadsSummary, style: Style): readonly string[] {
  if (workspaces.length === 0) return [];
  const rows = workspaces
    .slice(0, MAX_ROWS)
    .map(({ workspaceId, asked, budgetSpent, busiest }) => [
      workspaceId,
      cellOf(asked),
      cellOf(budgetSpent),
      busiest === undefined ? NOTHING : formatRate(busiest.perSecond),
      busiest === undefined ? NOTHING : formatInstant(busiest.at),
    ]);
  const header = ['Workspace', 'asked Bird', 'no read left', 'busiest: per second', 'at (UTC)'];
  return [style('bold', readsTitle(allowedPerSecond)), table(header, rows, (text) => text, style)];
}

/** The first column is aligned to the left, the others to the right. */
function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  paint: (text: string, column: number) => string,
  style: Style,
): string {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const pad = (cell: string, column: number): string => {
    const width = widths[column] ?? 0;
    return column === 0 ? cell.padEnd(width) : cell.padStart(width);
  };
  const lineOf = (row: readonly string[]): string =>
    row.map((cell, column) => paint(pad(cell, column), column)).join('  ');
  return [style('dim', header.map(pad).join('  ')), ...rows.map(lineOf)].join('\n');
}
