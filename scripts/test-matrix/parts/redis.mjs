import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runIn } from '../process.mjs';
import { servers } from '../versions.mjs';
import { runVitest } from '../vitest-run.mjs';

const files = ['test/redis', 'test/guard/reads/fleet.test.ts'];
const tests = '`test/redis`, with the contract of a store';

/** The tests of the Redis stores on each server. `REDIS_SERVER` adds a program of your own to those that Debian has. */
export async function testRedis({ check }) {
  const own = process.env.REDIS_SERVER;
  if (own !== undefined) {
    const { name, version } = await identify(own);
    await check({ name, version, setting: `${tests}; a build of one's own` }, () => testOn(own));
    return;
  }
  for (const { name, version, package: packageName, suites } of servers) {
    const row = { name, version, setting: `${tests}; Debian's ${packageName}, ${suites.at(-1)}` };
    await check(row, () => withDebianServer({ packageName, suites, version }, testOn));
  }
}

const testOn = (program) => runVitest({ files, env: { REDIS_SERVER: program } });

async function identify(program) {
  const printed = await runIn('.', program, ['--version']);
  const [, version] = /v=([\d.]+)/.exec(printed) ?? [];
  if (version === undefined) throw new Error(`${program} does not say which version it is: ${printed}`);
  return { name: /valkey/i.test(printed) ? 'Valkey' : 'Redis', version };
}

/** Unpacks a server of any Debian suite, with the libraries of that suite, and installs nothing. */
async function withDebianServer({ packageName, suites, version }, use) {
  const directory = await mkdtemp(join(tmpdir(), 'freeform-guard-server-'));
  try {
    const program = await unpack(packageName, suites, directory);
    const found = (await identify(program)).version;
    if (found !== version) throw new Error(`${suites.at(-1)} has ${packageName} ${found}; change versions.mjs`);
    return await use(program);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function unpack(packageName, suites, directory) {
  const apt = await aptFor(suites, directory);
  await runIn(directory, 'apt-get', [...apt, 'update']);
  const install = ['install', '--download-only', '--yes', '--no-install-recommends', packageName];
  await runIn(directory, 'apt-get', [...apt, ...install]);
  const archives = join(directory, 'cache/archives');
  const root = join(directory, 'root');
  for (const archive of await readdir(archives)) {
    if (archive.endsWith('.deb')) await runIn(archives, 'dpkg-deb', ['--extract', archive, root]);
  }
  return writeLauncher(packageName, directory, root);
}

/** The options for an apt of its own, that knows these suites and no installed package. The mirror is the machine's. */
async function aptFor(suites, directory) {
  const sites = await runIn(directory, 'apt-get', ['indextargets', '--format', '$(SITE)', 'Origin: Debian']);
  const site = sites.split('\n').find((line) => /\/debian\/?$/.test(line));
  if (site === undefined) throw new Error('This machine has no mirror of Debian');
  await Promise.all(
    ['lists/partial', 'cache/archives/partial', 'root'].map((name) =>
      mkdir(join(directory, name), { recursive: true }),
    ),
  );
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const sources = suites.map((suite) => `deb [signed-by=${keys}] ${site} ${suite} main\n`);
  await writeFile(join(directory, 'sources.list'), sources.join(''));
  await writeFile(join(directory, 'status'), '');
  const settings = {
    'Dir::State::lists': join(directory, 'lists'),
    'Dir::State::status': join(directory, 'status'),
    'Dir::Cache': join(directory, 'cache'),
    'Dir::Etc::sourcelist': join(directory, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/** The server needs the C library of its own suite, which may be newer than the machine's. */
async function writeLauncher(name, directory, root) {
  const launcher = join(directory, name);
  const libraries = ['lib', 'usr/lib'].map((path) => join(root, path, 'x86_64-linux-gnu')).join(':');
  const loader =
    '$(ls "$root"/lib64/ld-linux-x86-64.so.2 "$root"/usr/lib64/ld-linux-x86-64.so.2 2>/dev/null | head -1)';
  const lines = [
    '#!/bin/sh',
    `root='${root}'`,
    `exec "${loader}" --library-path '${libraries}' "$root/usr/bin/${name}" "$@"`,
  ];
  await writeFile(launcher, `${lines.join('\n')}\n`);
  await chmod(launcher, 0o755);
  return launcher;
}
