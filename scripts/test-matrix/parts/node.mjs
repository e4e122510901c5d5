import { delimiter, join } from 'node:path';
import { withProject } from '../project.mjs';
import { nodes } from '../versions.mjs';
import { runVitest } from '../vitest-run.mjs';

/** The whole suite on each version of Node. What the tests start, such as npm, finds that Node first. */
export async function testNode({ check }) {
  for (const version of nodes) {
    const row = { name: 'Node', version, setting: 'the whole suite' };
    await check(row, () => withProject({ packages: [`node@${version}`] }, runSuite));
  }
}

async function runSuite({ directory, install }) {
  await install();
  const bin = join(directory, 'node_modules/node/bin');
  const env = { PATH: `${bin}${delimiter}${process.env.PATH}` };
  return runVitest({ program: join(bin, 'node'), env });
}
