// A copy of the project in which each expression of the named files has its mutants beside it, switched off.
import { cpSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Instrumenter } from '@stryker-mutator/instrumenter';

const NOT_COPIED = ['node_modules', '.git'];
const silent = { debug() {}, info() {}, isDebugEnabled: () => false };
const options = { plugins: null, excludedMutations: [], ignorers: [], noHeader: false };

/** Where the copy is, and its mutants: each with what stands in the source and what would stand there. */
export async function instrument(parts) {
  const names = parts.flatMap(filesOf).toSorted();
  const sources = names.map((name) => ({ name, mutate: true, content: readFileSync(name, 'utf8') }));
  const { files, mutants } = await new Instrumenter(silent).instrument(sources, options);
  const directory = copyProject();
  for (const { name, content } of files) writeFileSync(join(directory, name), content);
  const contents = new Map(sources.map(({ name, content }) => [name, content.split('\n')]));
  return { directory, mutants: mutants.map((mutant) => readable(mutant, contents.get(mutant.fileName))) };
}

/** Of a folder or file in `src`. */
function filesOf(part) {
  const path = join('src', part);
  if (path.endsWith('.ts')) return [path];
  const names = readdirSync(path, { recursive: true }).filter((name) => name.endsWith('.ts'));
  return names.map((name) => join(path, name));
}

function copyProject() {
  const directory = mkdtempSync(join(tmpdir(), 'mutation-'));
  const isWanted = (path) => !NOT_COPIED.includes(basename(path));
  // Whole, because tests compare documents with the sources.
  for (const path of readdirSync('.')) cpSync(path, join(directory, path), { recursive: true, filter: isWanted });
  symlinkSync(join(process.cwd(), 'node_modules'), join(directory, 'node_modules'));
  return directory;
}

/** Named by the text of its line, because its number changes with each edit above it. */
function readable({ id, fileName, location: { start, end }, replacement }, lines) {
  const from = lines
    .slice(start.line, end.line + 1)
    .map((text, index, all) =>
      text.slice(index === 0 ? start.column : 0, index === all.length - 1 ? end.column : undefined),
    );
  return { id, file: fileName, line: lines[start.line].trim(), from: from.join('\n'), to: replacement };
}
