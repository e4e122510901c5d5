import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot, readProjectFile, section, tableRows } from './markdown.js';

/** Texts of errors and answers, and those that name what is wrong in a send by its field. */
const OTHER_TEXTS = /http\/request\/(problem|guard-request)|http\/(webhook|status)\/answers|notices\/send-flaw/;

const TEXT = /'[^'\n]*'|"[^"\n]*"|`[^`\n]*`/g;
/** A text, or several that are put together. */
const TEXTS = new RegExp(`(?:${TEXT.source})(?:\\s*\\+\\s*(?:${TEXT.source}))*`, 'g');

/** The warnings and errors in a source, with an ellipsis for what differs from time to time. */
function linesOf(path: string): string[] {
  const code = readProjectFile(path).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  return [...code.matchAll(TEXTS)]
    .filter(({ index }) => isLogged(code.slice(0, index)))
    .map(([texts]) => [...texts.matchAll(TEXT)].map(([text]) => text.slice(1, -1)).join(''))
    .filter((text) => /^[A-Z].* /.test(text))
    .map((text) => text.replace(/\$\{[^}]*\}/g, '…').replaceAll('`', ''));
}

/** No error, no line for debugging, and none that says that a trouble is over. */
function isLogged(before: string): boolean {
  return !/(Error\(|overText(:| =)|debug\?\.\([^;]*)\s*$/.test(before);
}

it('names every warning and error of the guard, and what to do about it', () => {
  const files = ['guard', 'held', 'http', 'telemetry'].flatMap((room) =>
    readdirSync(join(projectRoot, 'src', room), { recursive: true, encoding: 'utf8' }).map((name) => join(room, name)),
  );
  const sources = files.filter((path) => path.endsWith('.ts') && !OTHER_TEXTS.test(path));
  const lines = new Set(sources.flatMap((path) => linesOf(`src/${path}`)));
  const rows = tableRows(section(readProjectFile('docs/troubleshooting.md'), 'What the log says'));
  expect(lines.size).toBeGreaterThan(30);
  expect(rows.map(([line = '']) => line).toSorted()).toEqual([...lines].toSorted());
});
