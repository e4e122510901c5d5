import { companions, consumer, expected } from '../programs.mjs';
import { withProject } from '../project.mjs';
import { toolNode, vitests } from '../versions.mjs';

const test = `
import { expect, test } from 'vitest';
test('decides', async () => expect(await consume()).toEqual(${JSON.stringify(expected)}));
`;

/** Vitest loads the package as it is, without a configuration. */
export async function testVitest({ tarball, check }) {
  for (const version of vitests) {
    const packages = [tarball, ...companions, `vitest@${version}`, `node@${toolNode}`];
    const user = { packages, files: { 'user.test.ts': consumer + test } };
    await check({ name: 'Vitest', version, setting: 'none' }, () =>
      withProject(user, async (project) => {
        await project.toolNode(['node_modules/vitest/vitest.mjs', 'run']);
      }),
    );
  }
}
