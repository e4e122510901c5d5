import { createGuard, type GuardOptions, memoryStore, type PolicyOptions, type WorkspaceOptions } from 'freeform-guard';
import { describe, expect, it, vi } from 'vitest';
import { resolveGuardOptions } from '../../src/guard/workspaces/options.js';
import { resolvePolicy } from '../../src/guard/workspaces/policy.js';
import { resolveWorkspace } from '../../src/guard/workspaces/workspace-options.js';
import { keepSecret, recordLetOut } from '../support/canary.js';
import { createWorld, DAY, SECOND } from './support.js';

const ID = '11111111-1111-4111-8111-111111111111';
const CHANNEL = '22222222-2222-4222-8222-222222222222';
const KEY = 'canary-of-the-access-key';
keepSecret(KEY);

interface Rule {
  readonly accepted: readonly unknown[];
  readonly wrongType: readonly unknown[];
  readonly outOfRange: readonly unknown[];
}

const notTexts = [null, 1, true, {}, [], () => 'x'];
const notNumbers = [null, '10', '', true, {}, [], 10n];
const notBooleans = [null, 'true', 0, 1, {}, []];
const notMaps = [
  null,
  'x',
  1,
  true,
  [],
  new Map(),
  new Set(),
  Promise.resolve({}),
  new Date(),
  Object.create({ mode: 'off' }),
];

/** Every option of a policy; the compiler tells when a new one has no row here. */
const policyRules = {
  mode: {
    accepted: ['enforce', 'observe', 'off'],
    wrongType: notTexts,
    outOfRange: ['', 'Enforce', 'observe ', 'on', 'constructor'],
  },
  onClosed: {
    accepted: ['block', () => undefined, [], ['block'], [() => undefined, 'block']],
    wrongType: [null, 1, true, {}],
    outOfRange: ['', 'allow', 'Block', [undefined], [null], ['reroute'], [[() => undefined]]],
  },
  onUnknown: {
    accepted: ['allow', 'block', () => 'allow'],
    wrongType: [null, 1, true, {}, []],
    outOfRange: ['', 'Allow', 'deny', 'toString'],
  },
  safetyMarginMs: {
    accepted: [0, 0.5, 10_000, DAY - 1],
    wrongType: notNumbers,
    outOfRange: [-1, DAY, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  },
  deadlineMs: {
    accepted: [1, 800, 60_000],
    wrongType: notNumbers,
    outOfRange: [0, -1, 0.9, 60_001, Number.NaN, Number.POSITIVE_INFINITY],
  },
  trustPermanentSession: { accepted: [true, false], wrongType: notBooleans, outOfRange: [] },
  onContactNotFound: { accepted: ['unknown', 'closed'], wrongType: notTexts, outOfRange: ['', 'deny', 'Closed'] },
  onMixed: { accepted: ['block', 'split'], wrongType: notTexts, outOfRange: ['', 'Split', 'Block'] },
  exposeExpiry: { accepted: [true, false], wrongType: notBooleans, outOfRange: [] },
  isOptedOut: { accepted: [() => true, async () => false], wrongType: [null, true, 'yes', {}, []], outOfRange: [] },
  optedOutBlocksTemplates: { accepted: [true, false], wrongType: notBooleans, outOfRange: [] },
} satisfies Record<keyof PolicyOptions, Rule>;

const workspaceRules = {
  ...policyRules,
  accessKey: {
    accepted: [KEY, () => KEY, async () => KEY],
    wrongType: [null, 1, true, {}, []],
    outOfRange: ['', ' ', `${KEY} `, `${KEY}\n`, `${KEY}\r\nx: y`, `${KEY}\0`, `${KEY}é`, `Bearer ${KEY}`],
  },
  baseUrl: {
    accepted: [
      'https://api.bird.com',
      'https://api.bird.com/',
      'https://proxy.example.com/bird/v1/',
      'https://proxy.example.com/workspaces-of-bird',
      'https://workspaces.example.com/',
      ' https://api.bird.com ',
      'http://localhost:8080',
      'http://127.0.0.1:1',
      'http://[::1]:8080',
    ],
    wrongType: notTexts,
    outOfRange: [
      '',
      'api.bird.com',
      '//api.bird.com',
      'http://api.bird.com',
      'http://localhost.example.com',
      'http://127.0.0.1.example.com',
      'http://127.0.0.1@example.com',
      'http://0.0.0.0',
      'http://192.168.0.1',
      'ftp://127.0.0.1',
      'file:///etc/passwd',
      `https://user:${KEY}@api.bird.com`,
      `https://${KEY}@api.bird.com`,
      'https://api.bird.com?',
      'https://api.bird.com/workspaces',
      'https://api.bird.com/#',
      `https://api.bird.com?key=${KEY}`,
      `https://api.bird.com#${KEY}`,
      'javascript:alert(1)',
    ],
  },
  lookupsPerSecond: {
    accepted: [0.1, 1, 40, 10_000],
    wrongType: notNumbers,
    outOfRange: [0, -1, 10_001, Number.NaN, Number.POSITIVE_INFINITY],
  },
  lookupBurst: {
    accepted: [1, 10, 10_000],
    wrongType: notNumbers,
    outOfRange: [0, -1, 1.5, 10_001, Number.NaN, Number.POSITIVE_INFINITY],
  },
  signingKeys: {
    accepted: [['a key'], ['the old key', 'the new key']],
    wrongType: [null, 'a key', {}, [5], new Array(1)],
    outOfRange: [[], [''], ['a key', ' ']],
  },
  channels: { accepted: [{}, { [CHANNEL]: {} }], wrongType: notMaps, outOfRange: [] },
} satisfies Record<keyof WorkspaceOptions, Rule>;

const guardRules = {
  workspaces: {
    accepted: [{}, { [ID]: { accessKey: KEY } }, { [ID.toUpperCase()]: { accessKey: KEY } }, () => undefined],
    wrongType: notMaps,
    outOfRange: [],
  },
  defaults: { accepted: [{}, { accessKey: KEY }], wrongType: notMaps, outOfRange: [] },
  store: {
    accepted: [{ get: () => undefined, merge: () => {}, forget: () => {} }],
    wrongType: [null, 'redis', 1, [], () => {}],
    outOfRange: [{}, new Map(), { get: () => undefined, merge: () => {} }, { get: 1, merge: 1, forget: 1 }],
  },
  clock: {
    accepted: [{ now: () => 0, setTimeout: () => 0, clearTimeout: () => {} }],
    wrongType: [null, Date.now, 0, []],
    outOfRange: [{}, Date, { now: () => 0 }].filter((value) => typeof value === 'object'),
  },
  fetch: { accepted: [async () => new Response()], wrongType: [null, 'fetch', {}, []], outOfRange: [] },
  logger: {
    accepted: [{ warn: () => {}, error: () => {} }, console],
    wrongType: [null, 'pino', [], () => {}],
    outOfRange: [{}, { warn: () => {} }, { error: () => {} }],
  },
  onError: { accepted: [() => {}], wrongType: [null, 'log', {}, []], outOfRange: [] },
  onDecision: { accepted: [() => {}], wrongType: [null, 'log', {}, []], outOfRange: [] },
} satisfies Record<keyof GuardOptions, Rule>;

/** Where an option stands, and the guard options that hold it there. */
const places: Readonly<
  Record<string, { at: string; create: (options: object) => unknown; rules: Record<string, Rule> }>
> = {
  guard: {
    at: 'options',
    create: (options) => ({ store, workspaces: {}, ...options }),
    rules: guardRules,
  },
  defaults: {
    at: 'options.defaults',
    create: (options) => ({ store, workspaces: () => undefined, defaults: options }),
    rules: workspaceRules,
  },
  workspace: {
    at: `workspaces["${ID}"]`,
    create: (options) => ({ store, workspaces: { [ID]: { accessKey: KEY, ...options } } }),
    rules: workspaceRules,
  },
  channel: {
    at: `workspaces["${ID}"].channels["${CHANNEL}"]`,
    create: (options) => ({ store, workspaces: { [ID]: { accessKey: KEY, channels: { [CHANNEL]: options } } } }),
    rules: policyRules,
  },
  'channel of the defaults': {
    at: `options.defaults.channels["${CHANNEL}"]`,
    create: (options) => ({ store, workspaces: () => undefined, defaults: { channels: { [CHANNEL]: options } } }),
    rules: policyRules,
  },
};

// Small, since hundreds of guards are made here.
const store = memoryStore({ max: 1 });

function creationOf(options: unknown): unknown {
  try {
    createGuard(options as GuardOptions).close();
    return undefined;
  } catch (error) {
    recordLetOut('creation error', error);
    return error;
  }
}

const rows = Object.entries(places).flatMap(([place, { rules }]) =>
  Object.entries(rules).map(([name, rule]) => [place, name, rule] as const),
);

describe.each(rows)('the option of the %s %s [W16, S14, S1, S2]', (place, name, rule) => {
  const { at, create } = places[place] ?? { at: '', create: () => undefined };
  const create1 = (value: unknown): unknown => creationOf(create({ [name]: value }));

  it('may be what it may be, or undefined', () => {
    const isRequired = ['workspaces', 'accessKey'].includes(name) && place !== 'defaults';
    for (const value of isRequired ? rule.accepted : [undefined, ...rule.accepted]) {
      expect([value, create1(value)]).toEqual([value, undefined]);
    }
  });

  it.each([
    ['a wrong type throws a TypeError', rule.wrongType, TypeError],
    ['a value out of range throws a RangeError', rule.outOfRange, RangeError],
  ])('with %s that names it and holds no secret', (_, values, kind) => {
    for (const value of values) {
      const error = create1(value);
      expect([value, error]).toEqual([value, expect.any(kind)]);
      expect((error as Error).message).toContain(`${at}.${name} must be `);
      expect((error as Error).message).not.toContain(KEY);
    }
  });

  it('misspelt throws a TypeError that names what was written and what is known [S14]', () => {
    for (const misspelt of [`${name}s`, name.slice(0, -1), name.toUpperCase(), `${name} `]) {
      const error = creationOf(create({ [misspelt]: rule.accepted[0] }));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toContain(`${at}.${misspelt} is not a valid option`);
      expect((error as Error).message).toContain(name);
    }
  });
});

describe('createGuard', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', KEY],
    ['an array', []],
    ['a promise', Promise.resolve({ workspaces: {} })],
    ['a function', () => ({ workspaces: {} })],
    ['an empty object', {}],
    ['undefined workspaces', { workspaces: undefined }],
  ])('throws a TypeError for %s', (_, options) => {
    const error = creationOf(options);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).not.toContain(KEY);
  });

  it.each([
    ['a workspace without an access key', { workspaces: { [ID]: {} } }, 'accessKey is missing'],
    ['an access key of undefined', { workspaces: { [ID]: { accessKey: undefined } } }, 'accessKey is missing'],
    ['a key in place of the options', { workspaces: { [ID]: KEY } }, 'must be a plain object; received a string'],
    ['options without the level of ids', { workspaces: { accessKey: KEY } }, 'received a string'],
    ['an id that is no UUID', { workspaces: { main: { accessKey: KEY } } }, 'a workspace id must be a UUID'],
    [
      'a channel id that is no UUID',
      { workspaces: { [ID]: { accessKey: KEY, channels: { whatsapp: {} } } } },
      'a channel id must be a UUID',
    ],
    [
      'an access key for a channel',
      { workspaces: { [ID]: { accessKey: KEY, channels: { [CHANNEL]: { accessKey: KEY } } } } },
      'accessKey is not a valid option',
    ],
    [
      'an option behind __proto__',
      { workspaces: {}, defaults: JSON.parse('{"__proto__":{"mode":"off"}}') },
      '__proto__',
    ],
    ['an option of Object.prototype', { workspaces: {}, constructor: 1 }, 'options.constructor is not a valid option'],
  ])('throws a TypeError for %s', (_, options, text) => {
    const error = creationOf(options);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain(text);
    expect((error as Error).message).not.toContain(KEY);
  });

  it('takes the access key of the defaults', () => {
    expect(creationOf({ workspaces: { [ID]: {} }, defaults: { accessKey: KEY } })).toBeUndefined();
  });

  it('changes nothing in what it was given, and keeps no hold of it', async () => {
    const world = await createWorld();
    const options = {
      workspaces: { [world.workspace.id]: { ...world.workspaceOptions, mode: 'enforce' as const } },
      defaults: { onUnknown: 'allow' as const },
      clock: world.sandbox.clock,
    };
    const before = structuredClone({ ...options, clock: undefined });
    const guard = createGuard(options);
    expect({ ...options, clock: undefined }).toEqual(before);
    Object.assign(options.workspaces[world.workspace.id] ?? {}, { mode: 'off', accessKey: 'another' });
    expect(await guard.check(world.send())).toMatchObject({ action: 'block', mode: 'enforce' });
  });

  it('takes frozen options', () => {
    const workspaces = Object.freeze({ [ID]: Object.freeze({ accessKey: KEY }) });
    expect(creationOf(Object.freeze({ workspaces, defaults: Object.freeze({}) }))).toBeUndefined();
  });

  it('takes options that have no prototype, or that of another realm', async () => {
    const { runInNewContext } = await import('node:vm');
    const foreign = runInNewContext(`({ workspaces: { '${ID}': { accessKey: 'k' } }, defaults: {} })`);
    expect(creationOf(foreign)).toBeUndefined();
    const bare = Object.assign(Object.create(null), { workspaces: Object.create(null) });
    expect(creationOf(bare)).toBeUndefined();
  });
});

describe('the defaults', () => {
  const expected = {
    mode: 'enforce',
    onClosed: ['block'],
    onUnknown: 'allow',
    safetyMarginMs: 10 * SECOND,
    deadlineMs: 800,
    trustPermanentSession: true,
    onContactNotFound: 'unknown',
    exposeExpiry: true,
  };
  const undefinedOptions = Object.fromEntries(Object.keys(workspaceRules).map((name) => [name, undefined]));

  it.each([
    ['nothing but the key', {}],
    ['every option undefined', undefinedOptions],
  ])('of a workspace with %s are the documented ones', (_, options) => {
    const workspace = resolveWorkspace(ID, { ...options, accessKey: KEY }, {});
    expect(workspace).toMatchObject({
      id: ID,
      baseUrl: 'https://api.bird.com',
      lookupsPerSecond: 40,
      lookupBurst: 10,
      policy: expected,
    });
    expect(workspace.channels.size).toBe(0);
  });

  it.each([
    ['{}', {}],
    ['every option undefined', undefinedOptions],
  ])('of a policy of %s are the documented ones', (_, options) => {
    expect(resolvePolicy(options)).toMatchObject(expected);
  });

  it('of a guard are a store, a clock, the global fetch and the console', async () => {
    const parts = resolveGuardOptions({ workspaces: {} });
    expect(parts.defaults).toEqual({});
    expect(Math.abs(parts.clock.now() - Date.now())).toBeLessThan(SECOND);
    const [warn, error] = [vi.spyOn(console, 'warn'), vi.spyOn(console, 'error')].map((spy) =>
      spy.mockImplementation(() => {}),
    );
    const fetch = vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response('ok'));
    try {
      parts.logger.debug?.({}, 'quiet');
      parts.logger.info?.({}, 'quiet');
      parts.logger.warn({ a: 1 }, 'look');
      parts.logger.error({ b: 2 }, 'act');
      expect(warn?.mock.calls).toEqual([['[freeform-guard] look', { a: 1 }]]);
      expect(error?.mock.calls).toEqual([['[freeform-guard] act', { b: 2 }]]);
      // Instrumented after the guard was made, and used all the same.
      await parts.fetch('https://api.bird.com/');
      expect(fetch).toHaveBeenCalledTimes(1);
    } finally {
      vi.restoreAllMocks();
    }
  });
});

describe('the layers of options', () => {
  const policyOf = (workspace: Partial<WorkspaceOptions>, defaults: Partial<WorkspaceOptions> = {}): object => {
    const { policy, channels } = resolveWorkspace(ID, { accessKey: KEY, ...workspace }, defaults);
    return channels.get(CHANNEL) ?? policy;
  };

  it('go from the channel to the workspace to the defaults, and undefined hides nothing', () => {
    const defaults = { deadlineMs: 100, safetyMarginMs: 100, mode: 'observe', exposeExpiry: false } as const;
    const workspace = { deadlineMs: 200, safetyMarginMs: 200, mode: undefined } as const;
    const channels = { [CHANNEL]: { deadlineMs: 300, safetyMarginMs: undefined, onUnknown: 'block' } } as const;
    expect(policyOf({}, defaults)).toMatchObject({ deadlineMs: 100, mode: 'observe', exposeExpiry: false });
    expect(policyOf(workspace, defaults)).toMatchObject({ deadlineMs: 200, safetyMarginMs: 200, mode: 'observe' });
    expect(policyOf({ ...workspace, channels }, defaults)).toMatchObject({
      deadlineMs: 300,
      safetyMarginMs: 200,
      mode: 'observe',
      exposeExpiry: false,
      onUnknown: 'block',
    });
  });

  it('know the channels of the defaults, and ids in any case', () => {
    const defaults = { channels: { [CHANNEL.toUpperCase()]: { deadlineMs: 1 } } };
    expect(policyOf({}, defaults)).toMatchObject({ deadlineMs: 1 });
  });

  it.each([
    ['https://api.bird.com', 'https://api.bird.com'],
    ['https://api.bird.com//', 'https://api.bird.com'],
    [' https://API.bird.com/ ', 'https://api.bird.com'],
    ['https://proxy.example.com:8443/bird/', 'https://proxy.example.com:8443/bird'],
    ['https://proxy.example.com/a/../b', 'https://proxy.example.com/b'],
    ['http://127.1:80/', 'http://127.0.0.1'],
  ])('give the base URL %j as %j', (baseUrl, resolved) => {
    expect(resolveWorkspace(ID, { accessKey: KEY, baseUrl }, {}).baseUrl).toBe(resolved);
  });

  it('apply to the sends of a channel, whatever the letter case of its id', async () => {
    const world = await createWorld();
    const channels = { [world.channel.id.toUpperCase()]: { mode: 'observe' as const } };
    world.guard.reload({ [world.workspace.id]: { ...world.workspaceOptions, channels } });
    expect(await world.guard.check(world.send())).toMatchObject({ mode: 'observe', wouldBe: 'block' });
    const other = world.workspace.addChannel({ platformId: 'whatsapp' });
    expect(await world.guard.check(world.send({ channelId: other.id }))).toMatchObject({ mode: 'enforce' });
  });
});
