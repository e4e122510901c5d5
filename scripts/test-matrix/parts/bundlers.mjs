import { readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { runIn } from '../process.mjs';
import { assertConsumed, companions, consumer, moduleMain } from '../programs.mjs';
import { withProject } from '../project.mjs';
import { bundlers as versions } from '../versions.mjs';

const read = (name) => readFileSync(new URL(`../programs/${name}`, import.meta.url), 'utf8');

const MAX_CORE_BYTES = 4000;
const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium';

const files = {
  'build.mjs': read('build.mjs'),
  'core-page.js': read('core-page.js'),
  'element-page.js': read('element-page.js'),
  'server.js': consumer + moduleMain,
};

const servers = {
  esbuild: [
    { name: 'a server', kind: 'server', out: 'server.mjs' },
    { name: 'a server, as CommonJS', kind: 'server-cjs', out: 'server.cjs' },
  ],
  webpack: [{ name: 'a server, as CommonJS', kind: 'server', out: 'server.cjs' }],
  vite: [{ name: 'a server', kind: 'server', out: 'server.mjs' }],
  rollup: [{ name: 'a server', kind: 'server', out: 'server.mjs' }],
};

/** Bundles for a browser, which run in Chromium, and for a server, which runs where the package is not. */
export async function testBundlers({ tarball, isShort, check }) {
  const tools = Object.entries(versions).filter(([name]) => !isShort || name === 'esbuild');
  const packages = [tarball, ...companions, ...tools.map(([name, version]) => `${name}@${version}`)];
  await withProject({ packages, files }, async (project) => {
    for (const [bundler, ofServer] of Object.entries(servers)) {
      const row = (name) => ({
        name: `${bundler}, ${name}`,
        version: versions[bundler],
        isInShort: bundler === 'esbuild',
      });
      const build = async (kind, entry, out) => {
        await project.node(['build.mjs', bundler, kind, entry, `${bundler}/${out}`]);
        return join(project.directory, bundler, out);
      };
      await check({ ...row('core'), setting: 'for a browser' }, async () => {
        const path = await build('browser', 'core-page.js', 'core.js');
        await runInChromium(project, path, 'service_window_closed');
        return sizeOf(await readFile(path));
      });
      await check({ ...row('element'), setting: 'for a browser' }, async () => {
        await runInChromium(project, await build('browser', 'element-page.js', 'element.js'), 'locked');
      });
      for (const { name, kind, out } of ofServer) {
        const setting = `external: ${['fastify', 'redis', '@opentelemetry/api'].join(', ')}`;
        await check({ ...row(name), setting }, async () => runElsewhere(project, await build(kind, 'server.js', out)));
      }
    }
  });
}

function sizeOf(code) {
  const bytes = brotliCompressSync(code).length;
  if (bytes > MAX_CORE_BYTES) throw new Error(`The core has ${bytes} bytes in brotli, more than ${MAX_CORE_BYTES}`);
  return `passes; ${(bytes / 1000).toFixed(1)} kB in brotli`;
}

async function runInChromium(project, path, result) {
  const code = await readFile(path, 'utf8');
  const body = '<service-window for="composer"></service-window><textarea id="composer"></textarea>';
  await project.write({ 'page.html': `<!doctype html>${body}<script type="module">${code}</script>` });
  const page = join(project.directory, 'page.html');
  const profile = `--user-data-dir=${join(project.directory, 'profile')}`;
  const dom = await runIn(project.directory, chromium, [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    profile,
    '--dump-dom',
    page,
  ]);
  const [, found] = /<html[^>]* data-result="([^"]*)"/.exec(dom) ?? [];
  if (found !== result) throw new Error(`The page has the result ${found}, and not ${result}`);
}

/** Runs a bundle in a directory that has neither the package nor what it depends on. */
async function runElsewhere(project, bundle) {
  const directory = await mkdtemp(join(tmpdir(), 'freeform-guard-server-'));
  try {
    await mkdir(join(directory, 'node_modules'));
    for (const name of ['fastify', 'redis', '@opentelemetry']) {
      await symlink(join(project.directory, 'node_modules', name), join(directory, 'node_modules', name));
    }
    const file = join(directory, `server${bundle.slice(-4)}`);
    await copyFile(bundle, file);
    assertConsumed(await runIn(directory, process.execPath, [file]));
  } finally {
    await rm(directory, { recursive: true });
  }
}
