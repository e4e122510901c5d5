import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as root from 'freeform-guard';
import * as core from 'freeform-guard/core';
import * as element from 'freeform-guard/element';
import * as fastify from 'freeform-guard/fastify';
import * as fetch from 'freeform-guard/fetch';
import * as otel from 'freeform-guard/otel';
import * as redis from 'freeform-guard/redis';
import * as sandbox from 'freeform-guard/sandbox';
import { describe, expect, it } from 'vitest';

const source = fileURLToPath(new URL('../src', import.meta.url));

/**
 * The rooms, and what each may import: `core <- ports, errors, clock, runtime, in-flight <- bird | lookup | stores |
 * telemetry <- redis | held <- guard <- http <- index`. Nothing sideways inside a level; the sandbox and the commands stand apart.
 */
const layers: Readonly<Record<string, readonly string[]>> = {
  core: [],
  runtime: [],
  'in-flight': [],
  ports: ['core'],
  errors: ['core'],
  clock: ['ports', 'errors'],
  bird: ['core', 'ports', 'errors'],
  lookup: ['core', 'ports', 'errors'],
  stores: ['core', 'ports', 'errors'],
  // In front of Redis stands the memory store.
  redis: ['core', 'ports', 'errors', 'clock', 'stores'],
  held: ['core', 'runtime', 'in-flight', 'ports', 'errors', 'clock', 'bird', 'stores', 'telemetry'],
  telemetry: ['core', 'runtime', 'ports', 'errors'],
  guard: ['core', 'runtime', 'in-flight', 'ports', 'errors', 'clock', 'bird', 'lookup', 'stores', 'held', 'telemetry'],
  http: ['core', 'ports', 'errors', 'clock', 'bird', 'stores', 'guard'],
  index: ['core', 'ports', 'errors', 'bird', 'stores', 'held', 'telemetry', 'guard', 'http'],
  otel: ['telemetry', 'guard'],
  sandbox: ['core', 'errors', 'bird'],
  // It runs in a browser, where nothing of the guard is.
  element: [],
  cli: ['core', 'ports', 'errors', 'clock', 'bird', 'telemetry'],
};

/** Rooms whose wings know nothing of each other. What they share stands in the room itself. */
const wings: readonly string[] = ['redis', 'http', 'cli'];
/** What one wing may know of another all the same. */
const doors: Readonly<Record<string, string>> = {
  'http/middleware': 'http/request',
  'http/fastify': 'http/request',
  'http/fetch': 'http/request',
};

/** No folder has more files than somebody takes in at a glance. */
const MAX_FILES_IN_FOLDER = 18;

/** Each package has one file that wraps it. */
const wrappers: Readonly<Record<string, string>> = {
  '@formatjs/intl-localematcher': 'core/reroute/locale.ts',
  'date-fns': 'core/instant.ts',
  'lru-cache': 'stores/memory-store.ts',
  'p-retry': 'lookup/reads/retrying.ts',
};

/** What is put into the report's page when the package is built. */
const bundled: Readonly<Record<string, string>> = { uplot: 'cli/report/page/draw.ts' };

/** The command that asks a guard is a user of the package, so that none of it is bundled twice. */
const itself = ['freeform-guard in cli/check/check.ts', 'freeform-guard in cli/check/render-window.ts'];

/** What only users of one entry install. */
const broughtByUsers: Readonly<Record<string, string>> = { '@opentelemetry/api': 'otel.ts' };

/** The only places that touch the machine's time, chance or network, and why they may. */
const effects: readonly { readonly file: string; readonly effect: string; readonly why: string }[] = [
  { file: 'core/freeform.ts', effect: 'Date.now', why: 'the instant of a question that names none' },
  { file: 'guard/still-valid.ts', effect: 'Date.now', why: 'the instant that isStillValid takes where none is given' },
  { file: 'clock.ts', effect: 'Date.now', why: 'the default clock' },
  { file: 'clock.ts', effect: 'setTimeout', why: 'the default clock' },
  {
    file: 'clock.ts',
    effect: 'performance.now',
    why: 'the default clock, which notices a wall that jumps',
  },
  { file: 'guard/workspaces/options.ts', effect: 'fetch', why: 'the default transport' },
  { file: 'http/fetch/guarded-fetch.ts', effect: 'fetch', why: 'what guardedFetch guards by default' },
  { file: 'telemetry/log/line-queue.ts', effect: 'setTimeout', why: 'a disk takes real time' },
  { file: 'cli/cli.ts', effect: 'fetch', why: 'the transport of the commands' },
  {
    file: 'element/service-window.ts',
    effect: 'Date.now',
    why: 'a browser has one clock, and counts from what the server says',
  },
  { file: 'element/service-window.ts', effect: 'setTimeout', why: 'a countdown on a page' },
  { file: 'element/connection.ts', effect: 'setTimeout', why: 'the page connects again' },
  { file: 'element/connection.ts', effect: 'Math.random', why: 'so that not all pages do at once' },
  { file: 'sandbox/sandbox.ts', effect: 'Date.now', why: 'the instant that the clock of a sandbox shows first' },
];

/** What makes code depend on more than its arguments. A method of the same name, such as `clock.setTimeout`, does not. */
const effectPatterns: readonly (readonly [effect: string, pattern: RegExp])[] = [
  ['Date.now', /\bDate\.now\b/],
  ['Date.now', /\bnew Date\(\)|\bnew Date\b(?!\()|(?<!new )(?<![.\w])Date\(/],
  ['setTimeout', /(?<![.\w])(?:setTimeout|setInterval|setImmediate)\((?!fn: |callback: )/],
  ['setTimeout', /AbortSignal\.timeout|node:timers/],
  ['Math.random', /Math\.random/],
  ['performance.now', /(?<![.\w])performance\.|process\.hrtime|node:perf_hooks/],
  ['fetch', /(?<!typeof )globalThis\.fetch|node:https|node:http2|http\.request|node:dns/],
];

const MAX_LINES = 220;

interface SourceFile {
  /** Path below `src`, with slashes. */
  readonly path: string;
  readonly layer: string;
  readonly text: string;
  /** The code alone: comments are left out. */
  readonly code: string;
  /** Specifiers of everything that is imported or re-exported, types included. */
  readonly imports: readonly string[];
}

const files: readonly SourceFile[] = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((path) => /(?<!\.d)\.ts$/.test(path))
  .map((path) => readSource(path.split(sep).join('/')));

function readSource(path: string): SourceFile {
  const text = readFileSync(join(source, path), 'utf8');
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^(\s*|.*[\s;,{}()])\/\/.*$/gm, '$1');
  const statements = code.matchAll(/\b(?:from\s+|import\s+|import\(\s*)'([^']+)'/g);
  const imports = [...statements].map(([, specifier = '']) => specifier);
  return { path, layer: path.split('/')[0]?.replace(/\.ts$/, '') ?? '', text, code, imports };
}

/** The file below `src` that a relative specifier means. */
function resolve(path: string, specifier: string): string {
  return normalize(join(dirname(path), specifier))
    .split(sep)
    .join('/')
    .replace(/\.js$/, '.ts');
}

const localImports = (file: SourceFile): string[] =>
  file.imports.filter((specifier) => specifier.startsWith('.')).map((specifier) => resolve(file.path, specifier));

const packageImports = (file: SourceFile): string[] =>
  file.imports.filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'));

describe('the layers', () => {
  it('hold every file', () => {
    expect(files.filter(({ layer }) => layers[layer] === undefined).map(({ path }) => path)).toEqual([]);
    expect(files.length).toBeGreaterThan(50);
  });

  it('import only what lies beneath them', () => {
    const wrong = files.flatMap((file) =>
      localImports(file)
        .map((path) => ({ path, layer: path.split('/')[0]?.replace(/\.ts$/, '') ?? '' }))
        .filter(({ layer }) => layer !== file.layer && !layers[file.layer]?.includes(layer))
        .map(({ path }) => `${file.path} imports ${path}`),
    );
    expect(wrong).toEqual([]);
  });

  it('are divided into wings that know nothing of each other', () => {
    const wrong = files.flatMap((file) =>
      localImports(file)
        .filter((path) => isOfOtherWing(file.path, path))
        .map((path) => `${file.path} imports ${path}`),
    );
    expect(wrong).toEqual([]);
  });

  it(`have folders of at most ${MAX_FILES_IN_FOLDER} files`, () => {
    const counts = new Map<string, number>();
    for (const { path } of files) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
    expect([...counts].filter(([, count]) => count > MAX_FILES_IN_FOLDER)).toEqual([]);
  });

  it('import files that exist, by their whole name', () => {
    const paths = new Set(files.map(({ path }) => path));
    const missing = files.flatMap((file) => localImports(file).filter((path) => !paths.has(path)));
    expect(missing).toEqual([]);
  });

  it('have no cycle, types included', () => {
    expect(findCycles()).toEqual([]);
  });

  it('keep the core and the ports free of Node, so that they run in a browser', () => {
    const pure = files.filter(({ layer }) => ['core', 'ports', 'errors'].includes(layer));
    expect(pure.filter(({ imports }) => imports.some((name) => name.startsWith('node:')))).toEqual([]);
  });
});

function isOfOtherWing(path: string, imported: string): boolean {
  const [one = '', other = ''] = [path, imported].map((file) => dirname(file).split('/').slice(0, 2).join('/'));
  const [room = '', wing] = one.split('/');
  const isBetweenWings = other.startsWith(`${room}/`) && wing !== undefined && one !== other;
  return wings.includes(room) && isBetweenWings && doors[one] !== other;
}

function findCycles(): string[] {
  const imported = new Map(files.map((file) => [file.path, localImports(file)]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
    if (trail.includes(path) || done.has(path)) return;
    for (const next of imported.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const { path } of files) visit(path, []);
  return cycles;
}

describe('third-party packages', () => {
  it('are each imported in one file', () => {
    const found = files.flatMap((file) => packageImports(file).map((name) => [nameOf(name), file.path] as const));
    expect(new Set(found.map(([name, path]) => `${name} in ${path}`))).toEqual(
      new Set([
        ...Object.entries({ ...wrappers, ...bundled, ...broughtByUsers }).map(([name, path]) => `${name} in ${path}`),
        ...itself,
      ]),
    );
  });

  it('of which users bring their own, such as the client of Redis, are not imported at all', () => {
    const { peerDependencies } = JSON.parse(readFileSync(join(source, '../package.json'), 'utf8'));
    const imported = new Set(files.flatMap(packageImports).map(nameOf));
    expect(Object.keys(peerDependencies).filter((name) => imported.has(name))).toEqual([]);
  });

  it('are imported by sub-path where that keeps the rest of the package out', () => {
    expect(files.flatMap(packageImports)).not.toContain('date-fns');
  });

  it('are the dependencies that package.json names [S19]', () => {
    const manifest = JSON.parse(readFileSync(join(source, '../package.json'), 'utf8'));
    expect(Object.keys(manifest.dependencies).toSorted()).toEqual(Object.keys(wrappers).toSorted());
  });
});

function nameOf(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

describe('what users install', () => {
  const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

  it('runs nothing when it is installed [S19]', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    expect(Object.keys(scripts).filter((name) => /^(?:pre|post)?install$|^prepare$/.test(name))).toEqual([]);
  });

  it('is published from a tag with its provenance [S19]', () => {
    expect(read('.github/workflows/release.yml')).toContain('npm publish --provenance');
  });

  it('is looked at for known holes each week [S20]', () => {
    const workflow = read('.github/workflows/audit.yml');
    expect(workflow).toMatch(/schedule:\n +- cron: "\d+ \d+ \* \* [0-6]"/);
    expect(workflow).toContain('npm audit --omit=dev');
  });
});

describe('the code', () => {
  it('makes no pattern of a text, which could make it take for ever [S10]', () => {
    const made = files.filter(({ code }) => /\bRegExp\(/.test(code)).map(({ path }) => path);
    expect(made).toEqual([]);
  });

  it('takes time, chance and network from nowhere but the listed places', () => {
    const found = files.flatMap(({ path, code }) =>
      effectPatterns.filter(([, pattern]) => pattern.test(code)).map(([effect]) => `${effect} in ${path}`),
    );
    expect(new Set(found)).toEqual(new Set(effects.map(({ file, effect }) => `${effect} in ${file}`)));
  });

  it('names what it exports', () => {
    expect(files.filter(({ code }) => /\bexport \*/.test(code)).map(({ path }) => path)).toEqual([]);
  });

  it('has no default exports', () => {
    expect(files.filter(({ code }) => /\bexport default\b/.test(code)).map(({ path }) => path)).toEqual([]);
  });

  it(`has no file of more than ${MAX_LINES} lines`, () => {
    const lines = files.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }));
    expect(lines.filter((file) => file.lines > MAX_LINES)).toEqual([]);
  });
});

describe('the public API', () => {
  it("of 'freeform-guard' is exactly this", () => {
    expect(Object.keys(root).toSorted()).toEqual([
      'blockedResponse',
      'canSendFreeform',
      'createGuard',
      'decideFreeform',
      'decisionLog',
      'freeformGuard',
      'guardRequest',
      'holdUntilReply',
      'isStillValid',
      'memoryHeldStore',
      'memoryStore',
      'platforms',
      'toChannel',
      'toTemplate',
      'webhookReceiver',
      'windowHeader',
      'windowStatus',
    ]);
    expect(typesExportedBy('index.ts')).toEqual([
      'AllowDecision',
      'AllowReason',
      'BirdEvent',
      'BirdHealth',
      'ChannelInput',
      'CheckOptions',
      'Clock',
      'CloseOptions',
      'ContactInput',
      'Decision',
      'DecisionCounts',
      'DecisionEvent',
      'DecisionLog',
      'DenyDecision',
      'DenyReason',
      'ForgetTarget',
      'FreeformOptions',
      'Guard',
      'GuardHealth',
      'GuardOptions',
      'GuardRequestInput',
      'GuardRequestOptions',
      'GuardStats',
      'GuardedRequest',
      'GuardedSends',
      'HeldMessage',
      'HeldNote',
      'HeldStore',
      'HoldPolicy',
      'HoldUntilReplyOptions',
      'HttpAnswer',
      'Instant',
      'IsOptedOut',
      'Logger',
      'LookupFailure',
      'MediaTemplate',
      'MemoryStoreOptions',
      'Middleware',
      'MiddlewareOptions',
      'NextFunction',
      'Nudge',
      'ObservedContact',
      'ObservedInbound',
      'ObservedOptOut',
      'ObservedRefusal',
      'OnClosed',
      'OnDecision',
      'OnUnknown',
      'OptOutEvent',
      'Outcome',
      'OutcomeAction',
      'PlatformRow',
      'PolicyOptions',
      'Problem',
      'ReceiverContact',
      'RecipientVerdict',
      'ReleasedMessage',
      'ReplyEvent',
      'ReportedError',
      'RequestDecision',
      'RerouteContext',
      'ReroutePolicy',
      'RerouteResult',
      'ReroutedSend',
      'ResolvedSends',
      'SendRequest',
      'SendToReroute',
      'ServiceWindow',
      'Store',
      'StoreHealth',
      'ToChannelOptions',
      'ToTemplateOptions',
      'UnknownDecision',
      'UnknownReason',
      'Verdict',
      'WebhookReceiver',
      'WebhookReceiverOptions',
      'WindowAnswer',
      'WindowEvidence',
      'WindowKey',
      'WindowQuery',
      'WindowQueryOptions',
      'WindowStatus',
      'WindowStatusHandler',
      'WindowStatusOptions',
      'WorkspaceHealth',
      'WorkspaceOptions',
      'WorkspaceSource',
    ]);
  });

  it("of 'freeform-guard/core' is exactly this, and all of it is in the main entry too", () => {
    expect(Object.keys(core).toSorted()).toEqual(['canSendFreeform', 'decideFreeform', 'platforms']);
    expect(root).toMatchObject(core);
    expect(typesExportedBy('index.ts')).toEqual(expect.arrayContaining(typesExportedBy('core/core.ts')));
  });

  it("of 'freeform-guard/element' is exactly this, also where there are no elements", () => {
    expect(Object.keys(element)).toEqual(['ServiceWindow']);
    expect(typesExportedBy('element/service-window.ts')).toEqual([
      'ServiceWindowState',
      'ServiceWindowStatus',
      'ServiceWindowTexts',
    ]);
  });

  it("of 'freeform-guard/redis' is exactly this", () => {
    expect(Object.keys(redis)).toEqual(['redisStore']);
    expect(typesExportedBy('redis/redis-store.ts')).toEqual(['RedisClient', 'RedisStore', 'RedisStoreOptions']);
  });

  it("of 'freeform-guard/fastify' is exactly this", () => {
    expect(Object.keys(fastify).toSorted()).toEqual(['default', 'fastifyGuard']);
    expect(fastify.default).toBe(fastify.fastifyGuard);
    const types = ['FastifyGuardOptions', 'FastifyGuardReply', 'FastifyGuardRequest'];
    expect(typesExportedBy('http/fastify/fastify-guard.ts')).toEqual(types);
  });

  it("of 'freeform-guard/fetch' is exactly this", () => {
    expect(Object.keys(fetch).toSorted()).toEqual(['SendBlockedError', 'fetchGuard', 'guardedFetch']);
    const types = ['FetchDecision', 'FetchGuard', 'FetchGuardOptions', 'FetchGuardRequest', 'GuardedFetchOptions'];
    expect(typesExportedBy('http/fetch/fetch.ts')).toEqual(types);
  });

  it("of 'freeform-guard/otel' is exactly this", () => {
    expect(Object.keys(otel)).toEqual(['recordMetrics']);
    expect(typesExportedBy('otel.ts')).toEqual([]);
  });

  it("of 'freeform-guard/sandbox' is exactly this", () => {
    expect(Object.keys(sandbox)).toEqual(['createSandbox']);
  });

  it('has a file for each entry of package.json', () => {
    const { exports } = JSON.parse(readFileSync(join(source, '../package.json'), 'utf8'));
    const built = Object.values<string | { readonly default: string }>(exports)
      .map((entry) => (typeof entry === 'string' ? entry : entry.default))
      .filter((path) => path.startsWith('./dist/'));
    const paths = new Set(files.map(({ path }) => path));
    for (const path of built) expect(paths).toContain(path.replace(/^\.\/dist\//, '').replace(/\.js$/, '.ts'));
  });
});

/** The types that a file of explicit exports names. */
function typesExportedBy(path: string): string[] {
  const { code } = readSource(path);
  const lists = [...code.matchAll(/export (type )?\{([^}]*)\}/g)];
  const names = lists.flatMap(([, isTypeList, list = '']) =>
    list
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && (isTypeList !== undefined || name.startsWith('type ')))
      .map((name) => name.replace(/^type /, '')),
  );
  return names.toSorted();
}
