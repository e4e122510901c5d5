import { readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consumer, createConsumer, projectRoot, runIn } from './staged-package.js';

let consumer: Consumer;

beforeAll(async () => {
  const manifest = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8'));
  consumer = await createConsumer([
    ...Object.keys(manifest.dependencies),
    '@types/node',
    'fastify',
    '@opentelemetry/api',
  ]);
}, 60_000);

afterAll(() => consumer?.remove());

it('packs the bundled code, its types and the documents, and nothing else [S19]', () => {
  const code = consumer.files.filter((path) => path.endsWith('.js'));
  expect(code).toEqual([
    'dist/cli/cli.js',
    'dist/cli/report-page.js',
    'dist/core/core.js',
    'dist/element/service-window.js',
    'dist/http/fastify/fastify-guard.js',
    'dist/http/fetch/fetch.js',
    'dist/index.js',
    'dist/otel.js',
    'dist/redis/redis-store.js',
    'dist/rule.js',
    'dist/sandbox/sandbox.js',
    'dist/shared.js',
    'dist/webhook-signature.js',
  ]);
  const others = consumer.files.filter((path) => !/^dist\/.+\.(js|js\.map|d\.ts)$/.test(path));
  expect(others).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'docs/agent-screen.md',
    'docs/architecture.md',
    'docs/commands.md',
    'docs/compatibility.md',
    'docs/correctness.md',
    'docs/decisions.md',
    'docs/doctor.md',
    'docs/errors.md',
    'docs/frameworks.md',
    'docs/fuzzing.md',
    'docs/http.md',
    'docs/mutation.md',
    'docs/observability.md',
    'docs/options.md',
    'docs/performance.md',
    'docs/platforms.md',
    'docs/pure-function.md',
    'docs/rerouting.md',
    'docs/roll-out.md',
    'docs/sandbox.md',
    'docs/scaling.md',
    'docs/soak.md',
    'docs/troubleshooting.md',
    'docs/webhooks.md',
    'docs/writing-a-store.md',
    'package.json',
  ]);
});

it('packs the types beside every entry', async () => {
  const { exports } = JSON.parse(await readFile(join(consumer.packageDirectory, 'package.json'), 'utf8'));
  const entries = Object.values<{ readonly types?: string; readonly default?: string }>(exports);
  const built = entries.filter((entry) => entry.default !== undefined);
  expect(built).toHaveLength(8);
  for (const { types, default: code = '' } of built) {
    expect(types).toBe(code.replace(/\.js$/, '.d.ts'));
    expect(consumer.files).toContain(types?.slice('./'.length));
  }
});

describe('a source map', () => {
  interface SourceMap {
    readonly sources: readonly string[];
    readonly sourcesContent: readonly string[];
  }

  async function readSourceMaps(): Promise<ReadonlyMap<string, SourceMap>> {
    const paths = consumer.files.filter((path) => path.endsWith('.js.map'));
    const read = async (path: string) =>
      [path, JSON.parse(await readFile(join(consumer.packageDirectory, path), 'utf8'))] as const;
    return new Map(await Promise.all(paths.map(read)));
  }

  const nameOfSource = (path: string): string => path.replace(/^(\.\.\/)+/, '');

  it('has the sources in it, under the names that they have in the repository', async () => {
    for (const [path, { sources, sourcesContent }] of await readSourceMaps()) {
      expect(sources.length).toBeGreaterThan(0);
      for (const [index, source] of sources.entries()) {
        const inProject = join(projectRoot, path, '..', source);
        expect(relative(projectRoot, inProject)).toMatch(/^src\/.+\.ts$/);
        expect(sourcesContent[index]).toBe(await readFile(inProject, 'utf8'));
      }
    }
  });

  it('has no source that another has, too: what two entries import is one instance', async () => {
    const all = [...(await readSourceMaps()).values()].flatMap(({ sources }) => sources.map(nameOfSource));
    expect(all).toContain('src/errors.ts');
    expect(all.toSorted()).toEqual([...new Set(all)].toSorted());
  });

  it('leads a stack trace to the line of the source', async () => {
    const program = `import('freeform-guard').then(({ createGuard }) => createGuard({ nonsense: 1 })).catch(({ stack }) => console.log(stack));`;
    const trace = await runIn(consumer.directory, process.execPath, ['--enable-source-maps', '-e', program]);
    expect(trace).toMatch(/src\/core\/option-checks\.ts:\d+:\d+/);
  });
});

it('satisfies publint', async () => {
  const { messages, pkg } = await publint({ pkgDir: consumer.packageDirectory, strict: true });
  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
});

it('gives TypeScript the types that Node will run, as attw sees it', async () => {
  const attw = join(projectRoot, 'node_modules/@arethetypeswrong/cli/dist/index.js');
  // That `require` gets a module is meant. Where there is any other problem, the exit status is not 0.
  const rules = ['--ignore-rules', 'cjs-resolves-to-esm'];
  const args = [attw, consumer.tarball, ...rules, '--format', 'ascii', '--no-color', '--no-emoji'];
  const report = await runIn(projectRoot, process.execPath, args);
  // `main`, `types` and `typesVersions`, for compilers that know no exports.
  expect(report.match(/^node10: .*\S/gm)).toEqual(Array(8).fill('node10: OK').concat('node10: OK (JSON)'));
  expect(report.match(/^node16 \(from ESM\): .*$/gm)).toEqual(
    Array(8).fill('node16 (from ESM): OK (ESM)').concat('node16 (from ESM): OK (JSON)'),
  );
});

/** What a browser or a worker gets of a module, and what it would still have to load. */
async function bundleForBrowser(
  source: string,
  external: readonly RegExp[],
): Promise<{ readonly code: string; readonly imports: readonly string[] }> {
  const input = join(consumer.directory, 'page.mjs');
  await writeFile(input, source);
  const bundled = await rolldown({ input, platform: 'browser', external: [...external], logLevel: 'silent' });
  const [{ code, imports }] = (await bundled.generate({ format: 'esm', minify: true })).output;
  return { code, imports };
}

it('a guard for a runtime other than Node leaves out what needs Node (field C6)', async () => {
  const main = `export { createGuard, guardRequest, holdUntilReply, toChannel, toTemplate } from 'freeform-guard';\n`;
  const source = `${main}export { fetchGuard, guardedFetch } from 'freeform-guard/fetch';\n`;
  const { code, imports } = await bundleForBrowser(source, [/^node:/]);
  expect(imports).toEqual([]);
  expect(code).not.toMatch(/\bBuffer\b|\bprocess\./);
});

describe('freeform-guard/core, bundled for a browser', () => {
  const source = `export { canSendFreeform, decideFreeform, platforms } from 'freeform-guard/core';\n`;
  const bundle = (external: readonly RegExp[] = []): ReturnType<typeof bundleForBrowser> =>
    bundleForBrowser(source, external);

  it('is whole: it imports nothing, of Node or of anybody (field C6)', async () => {
    const { code, imports } = await bundle();
    expect(imports).toEqual([]);
    expect(code).not.toMatch(/node:|\brequire\b|\bprocess\b|\bBuffer\b/);
  });

  it('has at most 3 kB in brotli, date-fns included', async () => {
    expect((await bundle([/^date-fns/])).imports).toEqual(['date-fns/isExists']);
    expect(brotliCompressSync((await bundle()).code).length).toBeLessThanOrEqual(3000);
  });

  it('decides', async () => {
    const { code } = await bundle();
    const { decideFreeform } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    expect(decideFreeform({ platformId: 'whatsapp' }, { serviceWindowExpireAt: null }).reason).toBe(
      'service_window_closed',
    );
  });
});

const program = `
  const contact = { serviceWindowExpireAt: null };
  const { reason } = guard.decideFreeform({ platformId: 'whatsapp', status: 'active' }, contact);
  createSandbox().then(async (sandbox) => {
    const workspace = sandbox.addWorkspace();
    const options = { accessKey: workspace.accessKey, baseUrl: sandbox.url };
    guard.createGuard({ workspaces: { [workspace.id]: options } }).close();
    await sandbox.close();
    console.log(reason);
  });
`;

it('runs for a user who imports it', async () => {
  const head = `import * as guard from 'freeform-guard';\nimport { createSandbox } from 'freeform-guard/sandbox';\n`;
  await writeFile(join(consumer.directory, 'user.mjs'), head + program);
  await expect(runIn(consumer.directory, process.execPath, ['user.mjs'])).resolves.toBe('service_window_closed\n');
  // Whoever reads or writes `__proto__` throws then.
  const strict = ['--disable-proto=throw', 'user.mjs'];
  await expect(runIn(consumer.directory, process.execPath, strict)).resolves.toBe('service_window_closed\n');
});

it('runs for a user who requires it', async () => {
  const head = `const guard = require('freeform-guard');\nconst { createSandbox } = require('freeform-guard/sandbox');\n`;
  await writeFile(join(consumer.directory, 'user.cjs'), head + program);
  await expect(runIn(consumer.directory, process.execPath, ['user.cjs'])).resolves.toBe('service_window_closed\n');
});

it('is one instance through each entry, required or imported', async () => {
  const source = `
    const names = ['freeform-guard', 'freeform-guard/core', 'freeform-guard/redis', 'freeform-guard/sandbox'];
    Promise.all(names.map((name) => import(name))).then(([root, core, redis]) => {
      const [rootRequired, , redisRequired] = names.map((name) => require(name));
      // A guard of the one is a guard for the other.
      require('freeform-guard/fetch').fetchGuard(root.createGuard({ workspaces: () => undefined }));
      console.log(new Set([root, core, rootRequired].map(({ decideFreeform }) => decideFreeform)).size);
      console.log(new Set([redis, redisRequired].map(({ redisStore }) => redisStore)).size);
    });
  `;
  await writeFile(join(consumer.directory, 'instances.cjs'), source);
  await expect(runIn(consumer.directory, process.execPath, ['instances.cjs'])).resolves.toBe('1\n1\n');
});

it('has a command that runs', async () => {
  const { bin } = JSON.parse(await readFile(join(consumer.packageDirectory, 'package.json'), 'utf8'));
  for (const path of Object.values<string>(bin)) {
    const usage = await runIn(consumer.directory, process.execPath, [join(consumer.packageDirectory, path), '--help']);
    expect(usage).toContain('Usage: npx freeform-guard');
  }
});
