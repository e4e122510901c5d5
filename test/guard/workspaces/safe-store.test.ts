import { memoryStore, type ReportedError, type Store } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { noEvidence } from '../../../src/core/service-window.js';
import { safeStore } from '../../../src/guard/workspaces/safe-store.js';
import type { Clock } from '../../../src/ports.js';
import { createClock, type SandboxClock } from '../../../src/sandbox/clock.js';
import { keepSecret } from '../../support/canary.js';
import { type LogLine, recordingLogger } from '../../support/world.js';
import { deferred, turns } from '../support.js';

const key = {
  workspaceId: '11111111-1111-4111-8111-111111111111',
  channelId: '22222222-2222-4222-8222-222222222222',
  address: '+31612345678',
};
const SECRET = 'canary-of-the-store';

const nothing: Store = { get: () => undefined, merge: () => undefined, forget: () => undefined };
const fails = (): never => {
  throw new Error(SECRET);
};
const rejects = (): Promise<never> => Promise.reject(new Error(SECRET));

interface Setup {
  readonly safe: Store;
  readonly clock: SandboxClock;
  readonly lines: readonly LogLine[];
  readonly reported: readonly ReportedError[];
}

function setUp(store: Partial<Store>): Setup {
  keepSecret(SECRET);
  const lines: LogLine[] = [];
  const reported: ReportedError[] = [];
  const clock = createClock(0);
  const logger = recordingLogger(lines);
  const given = { ...nothing, ...store };
  return {
    safe: safeStore(given, { clock, logger, reportError: (error) => void reported.push(error) }),
    clock,
    lines,
    reported,
  };
}

const began = (operation: string): object => ({
  level: 'warn',
  fields: { cause: 'store', operation },
  text: 'Store unavailable or slow; falling back to Bird',
});
const over = { level: 'info', fields: { cause: 'store' }, text: 'The store works again' };

describe('a store of the application', () => {
  it('is handed what is merged and what is forgotten, and what it returns is returned', async () => {
    const asked: unknown[] = [];
    const { safe, lines, reported } = setUp({
      get: async (...args) => {
        asked.push(['get', ...args]);
        return { lastInboundAt: 5 };
      },
      merge: (...args) => void asked.push(['merge', ...args]),
      forget: (...args) => void asked.push(['forget', ...args]),
    });
    expect(await safe.get(key)).toEqual({ ...noEvidence, lastInboundAt: 5 });
    expect(safe.merge(key, { refusedAt: 3 })).toBeUndefined();
    expect(safe.forget({ workspaceId: key.workspaceId })).toBeUndefined();
    expect(asked).toEqual([
      ['get', key],
      ['merge', key, { refusedAt: 3 }],
      ['forget', { workspaceId: key.workspaceId }],
    ]);
    expect([lines, reported]).toEqual([[], []]);
  });

  it('that memoryStore made gives what it holds', () => {
    const store = memoryStore({ max: 10 });
    const safe = safeStore(store, { clock: createClock(0), logger: recordingLogger([]), reportError: () => {} });
    safe.merge(key, { lastInboundAt: 5 });
    expect(safe.get(key)).toEqual({ ...noEvidence, lastInboundAt: 5 });
  });

  it('in memory answers at once', () => {
    const { safe } = setUp({ get: () => ({ lastInboundAt: 5 }) });
    expect(safe.get(key)).toEqual({ ...noEvidence, lastInboundAt: 5 });
  });

  it.each([
    ['at once', () => '5' as never],
    ['later', async () => '5' as never],
  ])('that gives %s what is no evidence has failed, and nothing is remembered', async (_, get) => {
    const { safe, lines, reported } = setUp({ get });
    expect(await safe.get(key)).toBeUndefined();
    expect(reported).toMatchObject([{ source: 'store', hook: 'get', error: expect.any(TypeError) }]);
    expect(lines).toMatchObject([began('get')]);
  });

  it.each([
    ['get', 'throws', fails],
    ['merge', 'throws', fails],
    ['forget', 'throws', fails],
    ['get', 'rejects', rejects],
    ['merge', 'rejects', rejects],
    ['forget', 'rejects', rejects],
  ] as const)('whose %s %s makes nothing fail; the error is reported, and not logged', async (name, _, act) => {
    const { safe, lines, reported } = setUp({ [name]: act });
    const call = { get: () => safe.get(key), merge: () => safe.merge(key, {}), forget: () => safe.forget(key) }[name];
    expect(await call()).toBeUndefined();
    expect(await call()).toBeUndefined();
    const one = { source: 'store', hook: name, error: new Error(SECRET) };
    expect(reported).toEqual([one, one]);
    expect(lines).toMatchObject([began(name)]);
  });

  it('is waited for 50 ms; then nothing is remembered, and the late answer is ignored', async () => {
    const late = deferred<{ lastInboundAt: number }>();
    const { safe, clock, lines, reported } = setUp({ get: () => late.promise });
    const answers: unknown[] = [];
    void (async () => answers.push(await safe.get(key)))();
    clock.advance(49);
    await turns();
    expect(answers).toEqual([]);
    clock.advance(1);
    await turns();
    expect(answers).toEqual([undefined]);
    late.resolve({ lastInboundAt: 5 });
    await turns();
    expect(answers).toEqual([undefined]);
    expect(reported).toMatchObject([{ source: 'store', hook: 'get', error: { code: 'deadline_exceeded' } }]);
    expect(lines).toMatchObject([began('get')]);
  });

  /** A stall of the event loop: the timers that are due run first, and only then what they put off. */
  function stall(store: (timers: Clock) => Store['get']): { got: ReturnType<Store['get']>; end(): Promise<void> } {
    const clock = createClock(0);
    const putOff: (() => void)[] = [];
    const stalled = {
      ...clock,
      setTimeout: (callback: () => void, ms: number) =>
        ms === 0 ? putOff.push(callback) : clock.setTimeout(callback, ms),
    };
    const given: Store = { ...nothing, get: store(stalled) };
    const safe = safeStore(given, { clock: stalled, logger: recordingLogger([]), reportError: () => {} });
    const got = safe.get(key);
    const end = async (): Promise<void> => {
      await turns();
      clock.advance(50);
      await turns();
      for (const callback of putOff) {
        callback();
        await turns();
      }
    };
    return { got, end };
  }

  it('whose answer has come when the time is up is heard, though the timer runs first', async () => {
    const answer = deferred<{ lastInboundAt: number }>();
    const { got, end } = stall((timers) => () => {
      timers.setTimeout(() => answer.resolve({ lastInboundAt: 5 }), 50);
      return answer.promise;
    });
    await end();
    expect(await got).toEqual({ ...noEvidence, lastInboundAt: 5 });
  });

  it('that falls back to its memory at the end of a stall is heard, though its timers run after those of the guard', async () => {
    const { got, end } = stall((timers) => async () => {
      // The guard's timer has begun. Node runs timers of different lengths in any order after a stall.
      await Promise.resolve();
      return new Promise((resolve) =>
        timers.setTimeout(() => timers.setTimeout(() => resolve({ lastInboundAt: 5 }), 0), 50),
      );
    });
    await end();
    expect(await got).toEqual({ ...noEvidence, lastInboundAt: 5 });
  });

  it('leaves no timer behind once it has answered', async () => {
    const clock = createClock(0);
    const running = new Set<unknown>();
    const counted = {
      ...clock,
      setTimeout: (callback: () => void, ms: number) => {
        const timer = clock.setTimeout(callback, ms);
        running.add(timer);
        return timer;
      },
      clearTimeout: (timer: unknown) => {
        running.delete(timer);
        clock.clearTimeout(timer);
      },
    };
    const store: Store = { ...nothing, get: async () => undefined };
    const safe = safeStore(store, { clock: counted, logger: recordingLogger([]), reportError: () => {} });
    await safe.get(key);
    await turns();
    expect(running.size).toBe(0);
  });

  it('is told to work again once each operation that failed has worked', async () => {
    const acts = { get: rejects as () => Promise<undefined>, merge: rejects as () => Promise<undefined> };
    const { safe, lines } = setUp({ get: () => acts.get(), merge: () => acts.merge() });
    await safe.get(key);
    await safe.merge(key, {});
    acts.get = async () => undefined;
    await safe.get(key);
    // A store that is full still answers.
    expect(lines).toHaveLength(1);
    expect(safe.health?.()).toEqual({ reachable: false, reason: 'failing' });
    acts.merge = async () => undefined;
    await safe.merge(key, {});
    expect(lines.slice(1)).toMatchObject([over]);
    expect(safe.health?.()).toEqual({ reachable: true });
  });

  it.each(['get', 'merge', 'forget'] as const)(
    'in memory whose %s has thrown is told to work again once it works',
    (name) => {
      const acts = { act: fails as () => undefined };
      const { safe, lines } = setUp({ [name]: () => acts.act() });
      const call = { get: () => safe.get(key), merge: () => safe.merge(key, {}), forget: () => safe.forget(key) }[name];
      void call();
      expect(safe.health?.()).toEqual({ reachable: false, reason: 'failing' });
      acts.act = () => undefined;
      void call();
      expect(safe.health?.()).toEqual({ reachable: true });
      expect(lines).toMatchObject([began(name), over]);
    },
  );

  it('in memory is not told to work again while one operation still throws', () => {
    const { safe, lines } = setUp({ merge: fails });
    void safe.merge(key, {});
    void safe.get(key);
    expect(lines).toMatchObject([began('merge')]);
    expect(safe.health?.()).toEqual({ reachable: false, reason: 'failing' });
  });

  it('that throws before its client is connected is told to work again once it answers later', async () => {
    const acts = { get: fails as () => Promise<undefined> };
    const { safe, lines } = setUp({ get: () => acts.get() });
    safe.get(key);
    acts.get = async () => undefined;
    await safe.get(key);
    expect(safe.health?.()).toEqual({ reachable: true });
    expect(lines).toMatchObject([began('get'), over]);
  });

  it('that has a memory in front is not told to work again by what that memory holds', async () => {
    const acts = { get: rejects as () => unknown };
    const { safe, lines } = setUp({ get: (() => acts.get()) as Store['get'] });
    await safe.get(key);
    acts.get = () => ({ lastInboundAt: 5 });
    expect(safe.get(key)).toMatchObject({ lastInboundAt: 5 });
    expect(safe.health?.()).toEqual({ reachable: false, reason: 'failing' });
    expect(lines).toHaveLength(1);
  });
});

describe('the health of a store', () => {
  it('that says nothing of itself is reachable while nothing fails', () => {
    expect(setUp({}).safe.health?.()).toEqual({ reachable: true });
  });

  it.each([
    [{ reachable: true }, { reachable: true }],
    [{ reachable: false }, { reachable: false }],
    [
      { reachable: false, reason: 'no_connection' },
      { reachable: false, reason: 'no_connection' },
    ],
    [
      { reachable: false, reason: 'a' },
      { reachable: false, reason: 'a' },
    ],
    // What is no word may be a secret.
    [{ reachable: false, reason: '' }, { reachable: false }],
    [{ reachable: false, reason: 'NOAUTH' }, { reachable: false }],
    [{ reachable: false, reason: 'no connection to 10.0.0.1' }, { reachable: false }],
    [{ reachable: false, reason: 'a'.repeat(41) }, { reachable: false }],
    [{ reachable: false, reason: ['no_connection'] }, { reachable: false }],
    [{ reachable: false, reason: 5 }, { reachable: false }],
    [{ reachable: false, host: 'redis.internal' }, { reachable: false }],
  ])('that says %j of itself is %j', (said, health) => {
    expect(setUp({ health: () => said as never }).safe.health?.()).toEqual(health);
  });

  it.each([
    ['nothing', () => undefined],
    ['null', () => null],
    ['a text', () => 'fine'],
    ['a promise', async () => ({ reachable: true })],
    ['no boolean', () => ({ reachable: 'yes' })],
    ['an error', fails],
  ])('that says %s of itself shows whether it fails', async (_, health) => {
    const { safe } = setUp({ health: health as never, get: rejects });
    expect(safe.health?.()).toEqual({ reachable: true });
    await safe.get(key);
    expect(safe.health?.()).toEqual({ reachable: false, reason: 'failing' });
  });

  it('is what the store says, whether or not it fails', async () => {
    const { safe } = setUp({ health: () => ({ reachable: true }), get: rejects });
    await safe.get(key);
    expect(safe.health?.()).toEqual({ reachable: true });
  });
});

describe('what the processes of a store share', () => {
  const fleet = { instances: 3 } as unknown as NonNullable<Store['fleet']>;

  it('is there where the store has it itself', () => {
    expect(setUp({ fleet }).safe.fleet).toBe(fleet);
    expect(setUp({}).safe.fleet).toBeUndefined();
  });

  it('is not taken from a prototype', () => {
    const store = Object.assign(Object.create({ fleet }), nothing);
    const parts = { clock: createClock(0), logger: recordingLogger([]), reportError: () => {} };
    expect(safeStore(store, parts).fleet).toBeUndefined();
  });
});
