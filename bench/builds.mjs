/** The builds that are measured: this one, and with `--against` another one too. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const GUARD = 'freeform-guard';
export const OTHER_GUARD = 'freeform-guard, other build';

const ownDist = fileURLToPath(new URL('../dist', import.meta.url));

/** @param path a `dist` folder, or the folder of the package that has one */
export function buildAt(name, path = ownDist) {
  const folder = resolve(path);
  const dist = existsSync(join(folder, 'dist')) ? join(folder, 'dist') : folder;
  const entries = entriesOf(dist);
  for (const file of Object.values(entries)) {
    if (!existsSync(file)) throw new Error(`${path} is not a build of freeform-guard: ${file} is missing`);
  }
  return { name, index: entries['.'], core: entries['./core'], sandbox: entries['./sandbox'] };
}

/** As the package's `exports` name them: builds may differ in their files. */
function entriesOf(dist) {
  const { exports } = JSON.parse(readFileSync(manifestAbove(dist), 'utf8'));
  const fileOf = (entry) => join(dist, exports[entry].default.replace(/^\.\/dist\//, ''));
  return Object.fromEntries(['.', './core', './sandbox'].map((entry) => [entry, fileOf(entry)]));
}

function manifestAbove(folder) {
  const manifest = join(folder, 'package.json');
  if (existsSync(manifest)) return manifest;
  if (dirname(folder) === folder) throw new Error('No package.json lies above the build');
  return manifestAbove(dirname(folder));
}

export function load(file) {
  return import(pathToFileURL(file).href);
}
