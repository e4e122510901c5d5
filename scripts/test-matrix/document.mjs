import { readFileSync, writeFileSync } from 'node:fs';
import { readResults } from './results.mjs';

const page = new URL('../../docs/compatibility.md', import.meta.url);
const columns = ['name', 'version', 'result', 'setting', 'date'];
const titles = { name: 'what', version: 'version', result: 'result', setting: 'how', date: 'date' };

/** Writes the recorded rows into the page: each table stands between comments with the name of its part. */
export function writeTables() {
  const text = readFileSync(page, 'utf8');
  const written = Object.entries(readResults()).reduce(
    (rest, [part, rows]) =>
      rest.replace(
        new RegExp(`(<!-- ${part} -->\n)[\\s\\S]*?(<!-- end -->)`),
        (_, start, end) => `${start}\n${tableOf(rows)}\n${end}`,
      ),
    text,
  );
  writeFileSync(page, written);
}

function tableOf(rows) {
  const cells = [titles, ...rows].map((row) => columns.map((column) => row[column].replaceAll('|', '\\|')));
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => row[index].length)));
  const line = (row, fill = ' ') => `| ${row.map((cell, index) => cell.padEnd(widths[index], fill)).join(' | ')} |\n`;
  const [head, ...body] = cells;
  const rule = line(
    columns.map(() => '-'),
    '-',
  );
  return [line(head), rule, ...body.map((row) => line(row))].join('');
}
