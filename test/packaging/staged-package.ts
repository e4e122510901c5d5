import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inject, vi } from 'vitest';

const run = promisify(execFile);

export const projectRoot: string = fileURLToPath(new URL('../..', import.meta.url));

/** What a process needs that shares a Redis: the runtime dependencies, what p-retry needs, and the client. */
export const PACKAGES_WITH_REDIS: readonly string[] = [
  '@formatjs/intl-localematcher',
  'date-fns',
  'lru-cache',
  'p-retry',
  'is-network-error',
  'redis',
];

/** A project of a user's, in a directory of its own, into which the packed tarball was unpacked. */
export interface Consumer {
  /** The user's project: `node_modules/freeform-guard` is what `npm install` of the tarball would put there. */
  readonly directory: string;
  readonly packageDirectory: string;
  readonly tarball: string;
  /** The files in the tarball, sorted, without its leading `package/`. */
  readonly files: readonly string[];
  remove(): Promise<void>;
}

interface Packed {
  readonly tarball: string;
  readonly files: readonly string[];
}

let packed: Promise<Packed> | undefined;

/** A user's project with the packed tarball in it. Packages come by links instead of from the network. */
export async function createConsumer(links: readonly string[]): Promise<Consumer> {
  packed ??= packedOnce();
  const { tarball, files } = await packed;
  const directory = await mkdtemp(join(tmpdir(), 'freeform-guard-'));
  const packageDirectory = join(directory, 'node_modules', 'freeform-guard');
  const remove = (): Promise<void> => rm(directory, { recursive: true });
  try {
    await mkdir(packageDirectory, { recursive: true });
    await runIn(directory, 'tar', ['-xzf', tarball, '-C', packageDirectory, '--strip-components=1']);
    for (const name of links) await link(name, directory);
  } catch (error) {
    await remove();
    throw error;
  }
  return { directory, packageDirectory, tarball, files, remove };
}

/** Once for the whole run, in whichever process needs it first: building and packing takes longer than most test files. */
async function packedOnce(): Promise<Packed> {
  const root = join(inject('stagingDirectory'), 'package');
  const result = join(root, 'packed.json');
  // `undefined`: the directory is there, so another process packs already.
  const isFirst = (await mkdir(root, { recursive: true })) !== undefined;
  if (isFirst) {
    const packing = await pack(root);
    await writeFile(`${result}.part`, JSON.stringify(packing));
    await rename(`${result}.part`, result);
    return packing;
  }
  return vi.waitFor(async () => JSON.parse(await readFile(result, 'utf8')) as Packed, { timeout: 60_000 });
}

/**
 * Builds the sources and packs them as `npm publish` would. All of it happens in a temporary directory, so that neither
 * a stale `dist` nor another test run can be what is tested.
 */
async function pack(root: string): Promise<Packed> {
  const stage = join(root, 'stage');
  await copyProject(stage);
  await symlink(join(projectRoot, 'node_modules'), join(stage, 'node_modules'), 'junction');
  await runIn(stage, 'npm', ['run', 'build']);
  const [entry] = JSON.parse(
    await runIn(stage, 'npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', root]),
  );
  const files = entry.files.map(({ path }: { readonly path: string }) => path).toSorted();
  return { tarball: join(root, entry.filename), files };
}

/** Runs the project's own TypeScript; rejects with its diagnostics. */
export function tsc(...args: readonly string[]): Promise<string> {
  return runIn(projectRoot, process.execPath, [join(projectRoot, 'node_modules/typescript/bin/tsc'), ...args]);
}

/** What a program printed; rejects with all of it where the exit status is not 0. */
export async function runIn(cwd: string, program: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run(program, args, { cwd });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

/** Everything that could get into the tarball, so that a missing entry in `files` shows as well as one too many. */
async function copyProject(stage: string): Promise<void> {
  const left = new Set(['.git', 'node_modules', 'dist', '.examples', 'coverage']);
  const filter = (path: string): boolean => basename(path) !== 'node_modules';
  await mkdir(stage);
  for (const name of await readdir(projectRoot)) {
    if (!left.has(name)) await cp(join(projectRoot, name), join(stage, name), { recursive: true, filter });
  }
}

async function link(name: string, directory: string): Promise<void> {
  const target = join(directory, 'node_modules', name);
  await mkdir(join(target, '..'), { recursive: true });
  await symlink(join(projectRoot, 'node_modules', name), target, 'junction');
}
