import { deepStrictEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { assertConsumed, companions, consumer, moduleMain } from '../programs.mjs';
import { withProject } from '../project.mjs';
import { refuses } from '../refusal.mjs';
import { bun, bundlers, deno, toolNode, workerd } from '../versions.mjs';

const read = (name) => readFileSync(new URL(`../programs/${name}`, import.meta.url), 'utf8');

/** Runtimes other than Node. */
export async function testRuntimes(matrix) {
  await testDenoAndBun(matrix);
  await testWorkerd(matrix);
}

async function testDenoAndBun({ tarball, check }) {
  const packages = [tarball, ...companions, `deno@${deno}`, `bun@${bun}`];
  await withProject({ packages, files: { 'user.mjs': consumer + moduleMain } }, async ({ run }) => {
    const flags = ['--allow-net', '--allow-env'];
    await check({ name: 'Deno', version: deno, setting: `every entry; \`${flags.join(' ')}\`` }, async () => {
      assertConsumed(await run('node_modules/.bin/deno', ['run', '--no-prompt', ...flags, 'user.mjs']));
    });
    await check({ name: 'Bun', version: bun, setting: 'every entry' }, async () => {
      assertConsumed(await run('node_modules/.bin/bun', ['user.mjs']));
    });
  });
}

const decided = {
  core: 'service_window_closed',
  closed: ['409 verdict=deny;reason=service_window_closed'],
  open: ['202 verdict=allow;reason=service_window_open'],
};

async function testWorkerd({ tarball, check }) {
  const versions = { esbuild: bundlers.esbuild, ...workerd, node: toolNode };
  const tools = Object.entries(versions).map(([name, version]) => `${name}@${version}`);
  const names = ['worker.js', 'worker-with-events.js', 'run-worker.mjs'];
  const files = Object.fromEntries(names.map((name) => [name, read(name)]));
  await withProject({ packages: [tarball, ...tools], files }, async ({ toolNode: node }) => {
    const decides = async (...args) => deepStrictEqual(JSON.parse(await node(['run-worker.mjs', ...args])), decided);
    const row = (what, setting) => ({ name: `workerd, ${what}`, version: workerd.workerd, setting });
    await check(row('`fetchGuard`', 'bundled by esbuild; no flag'), () => decides('worker.js'));
    await check(row('`fetchGuard` and `webhookReceiver`', 'bundled by esbuild; `nodejs_compat`'), () =>
      decides('worker-with-events.js', 'nodejs_compat'),
    );
    await check(row('the same without the flag', 'needs `nodejs_compat`'), async () => {
      await refuses(() => decides('worker-with-events.js'), 'node:crypto');
      return 'does not start, and names `node:crypto`';
    });
  });
}
