import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('results.json', import.meta.url);

/** What the last runs gave, by part. */
export function readResults() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return {};
    throw error;
  }
}

/** Replaces the rows of a part; where only some were run, those. */
export function record(part, rows, { isPartial }) {
  const results = readResults();
  const recorded = rows.map(({ isAsExpected, ...row }) => row);
  results[part] = isPartial ? merged(results[part] ?? [], recorded) : recorded;
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
}

function merged(old, rows) {
  const key = ({ name, version }) => `${name} ${version}`;
  const newRows = new Map(rows.map((row) => [key(row), row]));
  const kept = old.map((row) => newRows.get(key(row)) ?? row);
  const known = new Set(old.map(key));
  return [...kept, ...rows.filter((row) => !known.has(key(row)))];
}
