import { asCommonJs, assertConsumed, companions, consumer, moduleMain } from '../programs.mjs';
import { withProject } from '../project.mjs';
import { testJest } from './jest.mjs';
import { testTypeScript } from './typescript.mjs';
import { testVitest } from './vitest.mjs';

/** Users who install the tarball: each loads every entry, and decides against the sandbox. */
export async function testConsumers(matrix) {
  await testNodeUsers(matrix);
  await testTypeScript(matrix);
  if (matrix.isShort) return;
  await testJest(matrix);
  await testVitest(matrix);
}

async function testNodeUsers({ tarball, check }) {
  const files = {
    'user.mjs': consumer + moduleMain,
    'user.cjs': asCommonJs(consumer) + moduleMain,
  };
  await withProject({ packages: [tarball, ...companions], files }, async (project) => {
    const runs = async (file) => assertConsumed(await project.node([file]));
    const version = process.version.slice(1);
    await check({ name: 'Node, `import`', version, isInShort: true }, () => runs('user.mjs'));
    await check({ name: 'Node, `require`', version, isInShort: true }, () => runs('user.cjs'));
  });
}
