import { type GuardOptions, memoryStore, type ReportedError, type Store } from 'freeform-guard';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { resolveGuardOptions } from '../../../src/guard/workspaces/options.js';
import { createClock } from '../../../src/sandbox/clock.js';
import { keepSecret, recordLetOut } from '../../support/canary.js';
import { type LogLine, recordingLogger } from '../../support/world.js';

const ref = {
  workspaceId: 'aaaaaaaa-1111-4111-8111-111111111111',
  channelId: 'bbbbbbbb-2222-4222-8222-222222222222',
};
const CONTACT = 'cccccccc-3333-4333-8333-333333333333';
const address = '+31612345678';
const KEY = 'canary-of-the-options';
const store: Store = { get: () => undefined, merge: () => undefined, forget: () => undefined };
const noop = (): void => {};

const errorOf = (options: object): unknown => {
  keepSecret(KEY);
  try {
    resolveGuardOptions(options as GuardOptions);
    return undefined;
  } catch (error) {
    recordLetOut('error', error);
    return error;
  }
};

describe('the options of a guard', () => {
  it.each([
    [undefined, 'options must be a plain object'],
    [{}, 'options.workspaces is missing'],
    [{ workspaces: undefined }, 'options.workspaces is missing'],
    [Object.create({ workspaces: {} }), 'options must be a plain object'],
    [{ workspaces: KEY }, 'options.workspaces must be a map of workspace options by id, or a function'],
    [{ workspaces: new Map() }, 'options.workspaces must be a map'],
    [{ workspaces: {}, defaults: [] }, 'options.defaults must be a plain object'],
    [{ workspaces: {}, defaults: { mode: 5 } }, 'options.defaults.mode must be'],
    [{ workspaces: {}, store: 'redis' }, 'options.store must be an object with get, merge, forget'],
    [{ workspaces: {}, clock: 5 }, 'options.clock must be an object with now, setTimeout, clearTimeout'],
    [{ workspaces: {}, fetch: {} }, 'options.fetch must be a function'],
    [{ workspaces: {}, logger: noop }, 'options.logger must be an object with warn, error'],
    [{ workspaces: {}, onDecision: 'log' }, 'options.onDecision must be a function'],
    [{ workspaces: {}, onError: 'log' }, 'options.onError must be a function'],
    [{ workspaces: {}, workspace: {} }, 'options.workspace is not a valid option; valid options are workspaces, '],
  ])('throw a TypeError that names the option: %#', (options, text) => {
    const error = errorOf(options as object);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain(text);
  });

  it.each([
    ['store', 'get', store],
    ['store', 'merge', store],
    ['store', 'forget', store],
    ['clock', 'now', createClock(0)],
    ['clock', 'setTimeout', createClock(0)],
    ['clock', 'clearTimeout', createClock(0)],
    ['logger', 'warn', { warn: noop, error: noop }],
    ['logger', 'error', { warn: noop, error: noop }],
  ])('throw a RangeError for a %s without %s', (name, method, whole) => {
    expect(errorOf({ workspaces: {}, store, [name]: whole })).toBeUndefined();
    const error = errorOf({ workspaces: {}, store, [name]: { ...whole, [method]: undefined } });
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).toContain(`options.${name} must be an object with `);
    expect((error as Error).message).toContain(method);
  });

  it('may leave the workspaces to a function, and the rest to the guard', () => {
    expect(resolveGuardOptions({ workspaces: () => undefined }).defaults).toEqual({});
  });

  it('keep the defaults for each workspace', () => {
    const defaults = { mode: 'observe', accessKey: KEY } as const;
    expect(resolveGuardOptions({ workspaces: {}, store, defaults }).defaults).toEqual(defaults);
  });
});

describe('what a guard remembers of contacts', () => {
  it('stands beside the windows of the memory store that it was given, and goes with them', () => {
    const own = memoryStore({ max: 10 });
    const { links, store: safe } = resolveGuardOptions({ workspaces: {}, store: own });
    links.note(ref, CONTACT, address);
    expect([links.addressOf(ref, CONTACT), links.contactOf(ref, address)]).toEqual([address, CONTACT]);
    void safe.forget(ref);
    expect(links.addressOf(ref, CONTACT)).toBeUndefined();
  });

  it('stands beside the windows of its own store, and goes with them', () => {
    const { links, store: own } = resolveGuardOptions({ workspaces: {} });
    links.note(ref, CONTACT, address);
    void own.forget(ref);
    expect(links.addressOf(ref, CONTACT)).toBeUndefined();
  });
});

describe('the functions that a guard was given', () => {
  const setUp = (options: Partial<GuardOptions>): ReturnType<typeof resolveGuardOptions> & { lines: LogLine[] } => {
    const lines: LogLine[] = [];
    const logger = recordingLogger(lines);
    return { ...resolveGuardOptions({ workspaces: {}, store, clock: createClock(0), logger, ...options }), lines };
  };

  it('fetch, clock and onDecision are used as they are', async () => {
    const answer = new Response('ok');
    const [fetch, onDecision, clock] = [vi.fn(async () => answer), vi.fn(), createClock(5)];
    const parts = setUp({ fetch, onDecision, clock });
    expect(await parts.fetch('https://api.bird.com/', { method: 'GET' })).toBe(answer);
    expect(fetch).toHaveBeenCalledWith('https://api.bird.com/', { method: 'GET' });
    expect([parts.clock.now(), parts.onDecision]).toEqual([5, onDecision]);
  });

  it('are told to onError where they fail: the store, the logger and the hooks', () => {
    const reported: ReportedError[] = [];
    const fails = (): never => {
      throw new Error(KEY);
    };
    const parts = setUp({
      store: { ...store, get: fails },
      logger: { warn: fails, error: fails },
      onError: (error) => void reported.push(error),
    });
    expect(parts.store.get({ ...ref, address })).toBeUndefined();
    parts.hooks.failed({ name: 'resolve' }, { cause: 'hook_failed', text: 'Hook threw', error: new Error(KEY) });
    expect(reported.map(({ source, hook }) => [source, hook])).toEqual([
      ['store', 'get'],
      ['hook', 'logger'],
      ['hook', 'resolve'],
      ['hook', 'logger'],
    ]);
  });

  it('fail in the log where it is a hook, with its name', () => {
    const { hooks, lines } = setUp({});
    hooks.failed({ name: 'resolve' }, { cause: 'hook_failed', text: 'Hook threw' });
    expect(lines).toMatchObject([{ level: 'error', fields: { hook: 'resolve' }, text: 'Hook threw' }]);
  });

  it.each([
    [
      'throws',
      (): never => {
        throw new Error(KEY);
      },
    ],
    ['rejects', () => Promise.reject(new Error(KEY))],
  ])('onError that %s is told of once, without the error', async (_, onError) => {
    keepSecret(KEY);
    const { reportError, lines } = setUp({ onError });
    for (let count = 0; count < 3; count += 1) reportError({ source: 'hook', hook: 'resolve', error: new Error(KEY) });
    await new Promise((resolve) => setImmediate(resolve));
    expect(lines).toMatchObject([
      { level: 'warn', fields: { hook: 'onError' }, text: expect.stringContaining('lost') },
    ]);
  });
});

describe('a runtime without what a guard needs', () => {
  afterEach(() => void vi.unstubAllGlobals());

  const clock = createClock(0);
  const fetch = async (): Promise<Response> => new Response();

  it.each([
    ['fetch', { store, clock }],
    ['setTimeout', { store, fetch }],
    ['AbortController', { store, fetch, clock }],
    ['TextDecoder', { store, fetch, clock }],
    ['structuredClone', { store, fetch, clock }],
  ])('is refused with an error that names %s', (name, options) => {
    expect(errorOf({ workspaces: {}, ...options })).toBeUndefined();
    vi.stubGlobal(name, undefined);
    const error = errorOf({ workspaces: {}, ...options });
    vi.unstubAllGlobals();
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toContain(`no ${name}, which createGuard needs`);
  });

  it.each([
    ['fetch', { store, fetch }],
    ['setTimeout', { store, clock }],
  ])('does with its own %s where the guard was given one', (name, options) => {
    vi.stubGlobal(name, undefined);
    const error = errorOf({ workspaces: {}, ...options });
    vi.unstubAllGlobals();
    expect(error).toBeUndefined();
  });
});
