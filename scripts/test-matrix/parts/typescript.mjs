import { locked } from '../package.mjs';
import { assertConsumed, companions, consumer, moduleMain, types } from '../programs.mjs';
import { withProject } from '../project.mjs';
import { refuses } from '../refusal.mjs';
import { typescripts } from '../versions.mjs';

const commonOptions = {
  target: 'es2022',
  types: ['node'],
  outDir: 'out',
  rootDir: '.',
  strict: true,
  esModuleInterop: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
};

/** How TypeScript finds the types: the options, and of which kind the user's files are. */
const resolutions = [
  { name: 'nodenext', isInShort: true, type: 'module', options: { module: 'nodenext' } },
  { name: 'nodenext, files of CommonJS', type: 'commonjs', options: { module: 'nodenext' } },
  { name: 'bundler', type: 'module', options: { module: 'esnext', moduleResolution: 'bundler' } },
  { name: 'node10', isInShort: true, type: 'commonjs', options: { module: 'commonjs', moduleResolution: 'node10' } },
];

/** What a version does not have, by its error, and what helps. */
const limits = [
  {
    resolution: 'nodenext, files of CommonJS',
    matches: (major, minor) => major === 5 && minor < 8,
    error: 'TS1479',
    result: 'refused by TypeScript (TS1479)',
    setting: 'TypeScript 5.8 or later, or `await import(…)`',
  },
  {
    resolution: 'node10',
    matches: (major) => major === 6,
    options: { ignoreDeprecations: '6.0' },
    setting: '`"ignoreDeprecations": "6.0"`',
  },
  {
    resolution: 'node10',
    matches: (major) => major >= 7,
    error: 'TS5108',
    result: 'gone from TypeScript (TS5108)',
    setting: 'another `moduleResolution`',
  },
];

const shortVersion = '5.9.3';

export async function testTypeScript({ tarball, isShort, check }) {
  const versions = isShort ? [shortVersion] : typescripts;
  const compilers = versions.map((version) => `typescript-${version}@npm:typescript@${version}`);
  // Without @types/express: the package asks nobody for it.
  const packages = [tarball, ...companions, locked('@types/node'), ...compilers];
  await withProject({ packages }, async (project) => {
    for (const version of versions) {
      for (const resolution of resolutions) {
        const limit = limitOf(resolution, version);
        const { name, isInShort } = resolution;
        const row = { name: `TypeScript, ${name}`, version, setting: limit?.setting ?? 'none', isInShort };
        await check(row, () => compileAndRun(project, version, resolution, limit));
      }
    }
  });
}

function limitOf({ name }, version) {
  const [major, minor] = version.split('.').map(Number);
  return limits.find(({ resolution, matches }) => resolution === name && matches(major, minor));
}

/** Type-checks in strict mode, with the declarations of all packages, and runs what was emitted. */
async function compileAndRun(project, version, { name, type, options }, limit) {
  const directory = `${version}/${name.replace(/\W+/g, '-')}`;
  const compilerOptions = { ...commonOptions, ...options, ...limit?.options };
  await project.write({
    [`${directory}/package.json`]: JSON.stringify({ type }),
    [`${directory}/tsconfig.json`]: JSON.stringify({ compilerOptions, files: ['user.ts', 'types.ts'] }),
    [`${directory}/user.ts`]: consumer + moduleMain,
    [`${directory}/types.ts`]: types,
  });
  const tsc = () => project.node([`node_modules/typescript-${version}/bin/tsc`, '-p', directory]);
  if (limit?.error !== undefined) {
    await refuses(tsc, limit.error);
    return limit.result;
  }
  await tsc();
  assertConsumed(await project.node([`${directory}/out/user.js`]));
}
