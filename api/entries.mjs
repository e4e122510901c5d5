import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const projectRoot = fileURLToPath(new URL('..', import.meta.url));

/** What users can import: each entry's name, and its built types, as `exports` of package.json has them. */
export function entriesOfPackage() {
  const { name, exports } = JSON.parse(readFileSync(`${projectRoot}package.json`, 'utf8'));
  return Object.entries(exports)
    .filter(([, target]) => target.types !== undefined)
    .map(([path, { types }]) => ({ name: name + path.slice(1), types: types.slice('./'.length) }));
}
