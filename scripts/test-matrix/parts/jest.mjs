import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../package.mjs';
import { asCommonJs, companions, consumer, expected } from '../programs.mjs';
import { withProject } from '../project.mjs';
import { toolNode, jest as versions } from '../versions.mjs';

const test = `\ntest('decides', async () => expect(await consume()).toEqual(${JSON.stringify(expected)}));\n`;
const asModule = consumer + test;

/** Jest, with the configurations that docs/troubleshooting.md gives, word for word. */
export async function testJest({ tarball, check }) {
  const { esm, typescript, commonJs, otherTransforms } = documentedConfigurations();
  const [swc, babel, tsJest] = ["'@swc/jest'", ...otherTransforms];
  const compiledBy = (transform) => ({ type: 'commonjs', config: commonJs.replace(swc, transform), code: asModule });
  const flag = { isWithFlag: true };
  const users = {
    'tests as ES modules': { ...flag, type: 'module', config: esm, code: asModule },
    'tests as ES modules, ts-jest': { ...flag, type: 'module', config: typescript, code: asModule, extension: 'ts' },
    'tests as CommonJS, @swc/jest': compiledBy(swc),
    'tests as CommonJS, babel-jest': compiledBy(babel),
    'tests as CommonJS, ts-jest': compiledBy(tsJest),
    [`tests as CommonJS, nothing compiled, Node ${toolNode}`]: {
      ...flag,
      type: 'commonjs',
      config: 'module.exports = { transform: {} };',
      code: asCommonJs(consumer) + test,
      isOnToolNode: true,
    },
  };
  const packages = [...Object.entries(versions), ['node', toolNode]].map(([name, version]) => `${name}@${version}`);
  await withProject({ packages: [tarball, ...companions, ...packages] }, async (project) => {
    for (const [name, user] of Object.entries(users)) {
      const setting = user.isWithFlag ? '`--experimental-vm-modules`' : 'the package is compiled with the tests';
      const row = { name: `Jest, ${name}`, version: versions.jest, setting };
      await check(row, () => runJest(project, name.replace(/\W+/g, '-'), user));
    }
  });
}

async function runJest(project, directory, { type, config, code, extension = 'js', isWithFlag, isOnToolNode }) {
  await project.write({
    [`${directory}/package.json`]: JSON.stringify({ type }),
    [`${directory}/jest.config.js`]: config,
    [`${directory}/user.test.${extension}`]: code,
  });
  const run = isOnToolNode ? project.toolNode : project.node;
  const flags = isWithFlag ? ['--experimental-vm-modules', '--no-warnings'] : [];
  const args = [...flags, 'node_modules/jest/bin/jest.js', '--ci', '--runInBand', '--rootDir', directory];
  await run([...args, '--config', `${directory}/jest.config.js`]);
}

function documentedConfigurations() {
  const page = readFileSync(join(projectRoot, 'docs/troubleshooting.md'), 'utf8');
  const section = page.slice(page.indexOf('\n## Jest\n'));
  const [esm, typescript, commonJs] = [...section.matchAll(/^```js\n([\s\S]*?)^```/gm)].map(([, code]) => code);
  const otherTransforms = [...section.matchAll(/^- `(\['[\s\S]*?\])`/gm)].map(([, code]) => code);
  if (commonJs === undefined || otherTransforms.length !== 2)
    throw new Error('docs/troubleshooting.md has other recipes');
  return { esm, typescript, commonJs, otherTransforms };
}
