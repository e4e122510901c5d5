import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runIn } from './process.mjs';

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

/** The built package as `npm publish` would send it. */
export async function packProject() {
  const directory = await mkdtemp(join(tmpdir(), 'freeform-guard-packed-'));
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', directory];
  const [{ filename }] = JSON.parse(await runIn(projectRoot, 'npm', args));
  return { tarball: join(directory, filename), remove: () => rm(directory, { recursive: true }) };
}

const { packages } = JSON.parse(await readFile(join(projectRoot, 'package-lock.json'), 'utf8'));

/** A package in the version that the project's own tests run with, as `name@version`. */
export function locked(name) {
  return `${name}@${packages[`node_modules/${name}`].version}`;
}
