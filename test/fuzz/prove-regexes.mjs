// Proves with recheck that the regular expressions of `src` are linear, and writes what it found beside this file.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'rolldown/parseAst';

/** Those that recheck does not prove, and why they do no harm. */
const reasons = {
  '/\\/+$/': 'reads the path of baseUrl, which is an option of the application',
  '/\\/workspaces(?:\\/.*)?$/i': 'reads the path of baseUrl, which is an option of the application',
  '/"(?:[^"\\\\]|\\\\.)*"|[[{]|[\\]}]/gs': 'reads what JSON.stringify has written, in which each quote is closed',
};

// By itself: it has 57 MB, and nothing else needs it.
const place = fileURLToPath(new URL('../../.examples/recheck/', import.meta.url));
execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-save', '--prefix', place, 'recheck@4.5.0'], {
  stdio: 'inherit',
});
const { checkSync } = createRequire(`${place}package.json`)('recheck');

const source = new URL('../../src/', import.meta.url);
const patterns = new Set();
for (const file of readdirSync(source, { recursive: true })) {
  if (/(?<!\.d)\.ts$/.test(file)) look(parseAst(readFileSync(new URL(file, source), 'utf8'), { lang: 'ts' }, file));
}

function look(node) {
  if (typeof node !== 'object' || node === null) return;
  if (node.regex) patterns.add(`/${node.regex.pattern}/${node.regex.flags}`);
  for (const field of Object.values(node)) look(field);
}

const proved = {};
for (const pattern of [...patterns].sort()) {
  const end = pattern.lastIndexOf('/');
  const { status, complexity } = checkSync(pattern.slice(1, end), pattern.slice(end + 1), { timeout: 60_000 });
  proved[pattern] = status === 'safe' ? 'linear' : (reasons[pattern] ?? `${status}`);
  if (proved[pattern] === status) {
    console.log(`${pattern} is ${status}: ${complexity?.summary ?? 'not proved'}`);
    process.exitCode = 1;
  }
}
writeFileSync(new URL('regexes.json', import.meta.url), `${JSON.stringify(proved, null, 2)}\n`);
console.log(`${Object.keys(proved).length} regular expressions`);
