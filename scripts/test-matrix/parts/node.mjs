import { delimiter, join } from 'node:path';
import { withProject } from '../project.mjs';
import { readResults } from '../results.mjs';
import { nodes } from '../versions.mjs';
import { runFailed, runVitest } from '../vitest-run.mjs';

/** The whole suite on each version of Node. What the tests start, such as npm, finds that Node first. */
export async function testNode({ isFailedOnly, check }) {
  for (const version of nodes) {
    const last = isFailedOnly ? readResults().node.find((row) => row.version === version) : undefined;
    if (isFailedOnly && last?.failedFiles === undefined) continue;
    const row = { name: 'Node', version, setting: 'the whole suite' };
    await check(row, () => withProject({ packages: [`node@${version}`] }, (project) => runSuite(project, last)));
  }
}

async function runSuite({ directory, install }, last) {
  await install();
  const bin = join(directory, 'node_modules/node/bin');
  const env = { PATH: `${bin}${delimiter}${process.env.PATH}` };
  const program = join(bin, 'node');
  if (last !== undefined) return runFailed({ program, env, tests: last.tests, files: last.failedFiles });
  return runVitest({ program, env });
}
