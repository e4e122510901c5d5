import {
  memoryStore,
  type ReportedError,
  type Store,
  type WorkspaceOptions,
  type WorkspaceSource,
} from 'freeform-guard';
import { describe, expect, it, vi } from 'vitest';
import { resolveGuardOptions } from '../../../src/guard/workspaces/options.js';
import { Workspace } from '../../../src/guard/workspaces/workspace.js';
import { WorkspaceRegistry } from '../../../src/guard/workspaces/workspace-registry.js';
import type { ContactLinks } from '../../../src/lookup/contact-links.js';
import { createClock, type SandboxClock } from '../../../src/sandbox/clock.js';
import { Statistics } from '../../../src/telemetry/statistics.js';
import { keepSecret } from '../../support/canary.js';
import { type LogLine, recordingLogger } from '../../support/world.js';
import { deferred, MINUTE, SECOND, turns } from '../support.js';

const ID = 'aaaaaaaa-1111-4111-8111-111111111111';
const OTHER = 'bbbbbbbb-1111-4111-8111-111111111111';
const accessKey = 'a-key';

interface Setup {
  readonly registry: WorkspaceRegistry;
  readonly clock: SandboxClock;
  readonly lines: readonly LogLine[];
  readonly reported: readonly ReportedError[];
  readonly links: ContactLinks;
  readonly forgotten: readonly unknown[];
  readonly attached: readonly Workspace[];
  readonly dropped: readonly Workspace[];
}

function setUp(source: WorkspaceSource, defaults: Partial<WorkspaceOptions> = {}): Setup {
  const clock = createClock(0);
  const lines: LogLine[] = [];
  const reported: ReportedError[] = [];
  const forgotten: unknown[] = [];
  const [attached, dropped]: Workspace[][] = [[], []];
  const store: Store = { ...memoryStore({ max: 10 }), forget: (target) => void forgotten.push(target) };
  const parts = resolveGuardOptions({
    workspaces: {},
    defaults,
    store,
    clock,
    logger: recordingLogger(lines),
    onError: (error) => void reported.push(error),
  });
  const heldMessages = {
    attach: (workspace: Workspace) => void attached?.push(workspace),
    drop: async (workspace: Workspace) => void dropped?.push(workspace),
  };
  const registry = new WorkspaceRegistry(source, { parts, statistics: new Statistics(), heldMessages });
  const { links } = parts;
  return { registry, clock, lines, reported, links, forgotten, attached: attached ?? [], dropped: dropped ?? [] };
}

/** A function for options whose answers the test changes, and which notes what it was asked. */
function changing(): { answer: () => unknown; readonly asked: string[]; readonly source: WorkspaceSource } {
  const asked: string[] = [];
  const it = {
    answer: (): unknown => ({ accessKey }),
    asked,
    source: (id: string) => {
      asked.push(id);
      return it.answer() as WorkspaceOptions;
    },
  };
  return it;
}

const modeOf = (found: Workspace | 'unknown' | undefined): unknown =>
  found instanceof Workspace ? found.policyFor(undefined).mode : found;

describe('the workspaces of a map', () => {
  it('are known for good, all at once, and no other is', async () => {
    const { registry, clock, attached } = setUp({ [ID]: { accessKey }, [OTHER]: { accessKey, mode: 'off' } });
    expect(registry.known().map(({ id }) => id)).toEqual([ID, OTHER]);
    expect(attached).toEqual(registry.known());
    clock.advance(1000 * MINUTE);
    expect([ID, OTHER, 'cccccccc'].map((id) => modeOf(registry.recall(id)))).toEqual(['enforce', 'off', 'unknown']);
    expect([modeOf(await registry.load(OTHER)), await registry.load('cccccccc')]).toEqual(['off', 'unknown']);
    expect(registry.isFailing('cccccccc')).toBe(false);
  });

  it.each([undefined, null, [], new Map(), 'main', 5])('must be a map or a function, and not %j', (source) => {
    const text = /^workspaces must be a map of options by id, or a function; received /;
    expect(() => setUp(source as never)).toThrow(TypeError);
    expect(() => setUp(source as never)).toThrow(text);
    const { registry } = setUp({ [ID]: { accessKey } });
    expect(() => registry.reload(source as never)).toThrow(text);
    expect(modeOf(registry.recall(ID))).toBe('enforce');
  });

  it('that is empty is warned of; a function is not', () => {
    expect(setUp({}).lines).toMatchObject([{ level: 'warn', fields: { option: 'workspaces' } }]);
    expect(setUp({ [ID]: { accessKey } }).lines).toEqual([]);
    expect(setUp(() => undefined).lines).toEqual([]);
  });

  it('that are gone after a reload are forgotten, and the others are not', () => {
    const { registry, links, forgotten } = setUp({ [ID]: { accessKey }, [OTHER]: { accessKey } });
    const kept = registry.recall(ID);
    const refs = [ID, OTHER].map((workspaceId) => ({ workspaceId, channelId: 'c' }));
    for (const ref of refs) links.note(ref, 'k', 'a');
    registry.reload({ [ID]: { accessKey, mode: 'off' } });
    expect(forgotten).toEqual([{ workspaceId: OTHER }]);
    expect(refs.map((ref) => links.contactOf(ref, 'a'))).toEqual(['k', undefined]);
    expect(registry.recall(ID)).toBe(kept);
    expect([modeOf(kept), registry.recall(OTHER), registry.known().length]).toEqual(['off', 'unknown', 1]);
  });

  it('begin anew where another place is asked', () => {
    const { registry } = setUp({ [ID]: { accessKey } });
    const old = registry.recall(ID);
    registry.reload({ [ID]: { accessKey, baseUrl: 'https://proxy.example.com' } });
    expect(registry.recall(ID)).toBeInstanceOf(Workspace);
    expect(registry.recall(ID)).not.toBe(old);
  });

  it("take the defaults' options", () => {
    const { registry } = setUp({ [ID]: {} as WorkspaceOptions }, { accessKey, mode: 'observe' });
    expect(modeOf(registry.recall(ID))).toBe('observe');
  });

  it('are warned of where a policy of theirs needs a look', () => {
    const { lines } = setUp({ [ID]: { accessKey, onUnknown: 'reroute' } });
    expect(lines).toMatchObject([{ level: 'warn', fields: { workspaceId: ID, option: 'onUnknown' } }]);
  });
});

describe('the workspaces of a function', () => {
  it('are asked for once a minute, and all who ask meanwhile share one answer', async () => {
    const { source, asked } = changing();
    const { registry, clock, attached } = setUp(source);
    expect([registry.recall(ID), registry.known()]).toEqual([undefined, []]);
    const [one, other] = await Promise.all([registry.load(ID), registry.load(ID)]);
    expect(one).toBeInstanceOf(Workspace);
    expect([other, asked, attached]).toEqual([one, [ID], [one]]);
    clock.advance(MINUTE - 1);
    expect(registry.recall(ID)).toBe(one);
    clock.advance(1);
    expect(registry.recall(ID)).toBeUndefined();
    expect(await registry.load(ID)).toBe(one);
    expect(asked).toHaveLength(2);
  });

  it('that it does not know are unknown for a minute, and no failure', async () => {
    const it = changing();
    it.answer = () => undefined;
    const { registry, clock, lines } = setUp(it.source);
    expect(await registry.load(ID)).toBe('unknown');
    clock.advance(MINUTE - 1);
    expect([registry.recall(ID), registry.isFailing(ID), lines]).toEqual(['unknown', false, []]);
    clock.advance(1);
    expect(registry.recall(ID)).toBeUndefined();
    it.answer = () => ({ accessKey });
    await registry.load(ID);
    expect(modeOf(registry.recall(ID))).toBe('enforce');
  });

  it('that it no longer knows are forgotten', async () => {
    const it = changing();
    const { registry, clock, forgotten } = setUp(it.source);
    await registry.load(ID);
    clock.advance(MINUTE);
    it.answer = () => undefined;
    expect(await registry.load(ID)).toBe('unknown');
    expect([forgotten, registry.known()]).toEqual([[{ workspaceId: ID }], []]);
  });

  it.each([
    [
      'throws',
      (): never => {
        throw new Error('no database');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no database'))],
    ['gives options that are invalid', () => ({ accessKey, mode: 'no' })],
  ])('are unknown for 10 s where it %s, which is told', async (how, fails) => {
    const it = changing();
    it.answer = fails;
    const { registry, clock, lines, reported } = setUp(it.source);
    expect(await registry.load(ID)).toBe('unknown');
    expect([registry.isFailing(ID), registry.isFailing(OTHER)]).toEqual([true, false]);
    const problem = how.startsWith('gives')
      ? expect.stringContaining('.mode must be')
      : expect.stringContaining('failed or took too long');
    expect(lines).toMatchObject([{ level: 'error', fields: { workspaceId: ID, problem } }]);
    const error = { source: 'hook', hook: 'workspaces', workspaceId: ID, error: new Error('no database') };
    expect(reported).toEqual(how.startsWith('gives') ? [] : [error]);
    clock.advance(10 * SECOND - 1);
    expect(registry.recall(ID)).toBe('unknown');
    clock.advance(1);
    expect(registry.recall(ID)).toBeUndefined();
    it.answer = () => ({ accessKey });
    expect(await registry.load(ID)).toBeInstanceOf(Workspace);
    expect([registry.isFailing(ID), lines.length]).toEqual([false, 2]);
  });

  it.each<[string, (error: Error) => unknown]>([
    [
      'their access key',
      (error) => ({
        get accessKey(): never {
          throw error;
        },
      }),
    ],
    [
      'the policy of a channel',
      (error) => ({
        accessKey,
        channels: {
          [OTHER]: {
            get mode(): never {
              throw error;
            },
          },
        },
      }),
    ],
  ])('whose getter for %s throws are unknown: the error is reported, and not logged', async (_, optionsWith) => {
    keepSecret('canary-of-the-vault');
    const error = new TypeError('canary-of-the-vault');
    const { registry, lines, reported } = setUp(() => optionsWith(error) as WorkspaceOptions);
    expect(await registry.load(ID)).toBe('unknown');
    expect(registry.isFailing(ID)).toBe(true);
    expect(reported).toEqual([{ source: 'hook', hook: 'workspaces', workspaceId: ID, error }]);
    expect(lines).toMatchObject([{ level: 'error', fields: { problem: 'the options cannot be read' } }]);
  });

  it.each([
    [
      'fails',
      (): never => {
        throw new Error('no database');
      },
    ],
    ['gives options that are invalid', () => ({ accessKey, mode: 'no' })],
  ])('keep their old options for 10 s where it %s', async (_, fails) => {
    const it = changing();
    it.answer = () => ({ accessKey, mode: 'observe' });
    const { registry, clock, forgotten } = setUp(it.source);
    const old = await registry.load(ID);
    clock.advance(MINUTE);
    it.answer = fails;
    expect(await registry.load(ID)).toBe(old);
    clock.advance(10 * SECOND - 1);
    expect(modeOf(registry.recall(ID))).toBe('observe');
    expect([registry.isFailing(ID), forgotten]).toEqual([true, []]);
    clock.advance(1);
    expect(registry.recall(ID)).toBeUndefined();
  });

  it.each([
    ['the deadline of the defaults', 0, 600],
    ['half of it, where old options are left', MINUTE, 300],
  ])('are waited for until %s', async (_, passedMs, waitMs) => {
    const it = changing();
    const { registry, clock } = setUp(it.source, { deadlineMs: 600 });
    if (passedMs > 0) await registry.load(ID);
    clock.advance(passedMs);
    it.answer = () => new Promise(() => {});
    const found: unknown[] = [];
    void (async () => found.push(modeOf(await registry.load(ID))))();
    await turns();
    clock.advance(waitMs - 1);
    await turns();
    expect(found).toEqual([]);
    clock.advance(1);
    await turns();
    expect(found).toEqual([passedMs > 0 ? 'enforce' : 'unknown']);
  });

  it.each([
    ['counts', () => {}, 'off'],
    [
      'does not count where another was heard since',
      (registry: WorkspaceRegistry) => registry.reload(() => ({ accessKey })),
      'enforce',
    ],
  ])('that are answered for too late: the answer %s', async (_, meanwhile, mode) => {
    const it = changing();
    const late = deferred<WorkspaceOptions>();
    it.answer = () => late.promise;
    const { registry, clock } = setUp(it.source);
    const early = registry.load(ID);
    await turns();
    clock.advance(800);
    expect(await early).toBe('unknown');
    meanwhile(registry);
    late.resolve({ accessKey, mode: 'off' });
    await turns();
    expect(modeOf(registry.recall(ID) ?? (await registry.load(ID)))).toBe(mode);
  });

  it('that are asked for while a reload comes are those of the new function, or of the new map', async () => {
    for (const next of [() => ({ accessKey, mode: 'off' }) as const, { [ID]: { accessKey, mode: 'off' } } as const]) {
      const old = deferred<WorkspaceOptions>();
      const { registry } = setUp(() => old.promise);
      const asked = registry.load(ID);
      await turns();
      registry.reload(next);
      old.resolve({ accessKey, mode: 'observe' });
      expect(modeOf(await asked)).toBe('off');
    }
  });

  it('that are asked for while a reload to a map without them comes are unknown', async () => {
    const old = deferred<WorkspaceOptions>();
    const { registry } = setUp(() => old.promise);
    const asked = registry.load(ID);
    await turns();
    registry.reload({ [OTHER]: { accessKey } });
    old.resolve({ accessKey });
    expect(await asked).toBe('unknown');
    expect(registry.recall(ID)).toBe('unknown');
  });

  it('are asked for again after a reload, and those of a map too; what is remembered of them stays', async () => {
    for (const before of [changing().source, { [ID]: { accessKey } }]) {
      const { registry, forgotten } = setUp(before);
      const old = await registry.load(ID);
      registry.reload(() => ({ accessKey, mode: 'off' }));
      expect([registry.recall(ID), registry.known(), forgotten]).toEqual([undefined, [old], []]);
      expect(await registry.load(ID)).toBe(old);
      expect(modeOf(old)).toBe('off');
    }
  });

  it('that it does not know may be known right after a reload', async () => {
    const { registry } = setUp(() => undefined);
    await registry.load(ID);
    registry.reload(() => ({ accessKey }));
    expect(registry.recall(ID)).toBeUndefined();
  });
});

describe('the end of the workspaces', () => {
  it('ends the reads that wait in each of them', () => {
    const { registry } = setUp({ [ID]: { accessKey }, [OTHER]: { accessKey } });
    const ends = registry.known().map((workspace) => vi.spyOn(workspace, 'close'));
    registry.close();
    for (const end of ends) expect(end).toHaveBeenCalledOnce();
  });

  it('ends the reads that wait in one that a reload takes away, and in no other', () => {
    const { registry } = setUp({ [ID]: { accessKey }, [OTHER]: { accessKey } });
    const [kept, gone] = registry.known().map((workspace) => vi.spyOn(workspace, 'close'));
    registry.reload({ [ID]: { accessKey } });
    expect([kept?.mock.calls.length, gone?.mock.calls.length]).toEqual([0, 1]);
  });
});

describe('the time of a workspace', () => {
  it('is that of the guard where the workspace is not known, or Bird has not been asked', () => {
    const { registry, clock } = setUp({ [ID]: { accessKey } });
    clock.advance(5);
    expect([registry.now(ID), registry.now(OTHER)]).toEqual([5, 5]);
  });
});

describe('more workspaces than are kept', () => {
  const many = { timeout: 60_000 };
  const idOf = (index: number): string => `11111111-1111-4111-8111-${String(index).padStart(12, '0')}`;

  it('drop the thousand that are used least, and what waits in them is told', many, async () => {
    const { registry, clock, dropped, forgotten } = setUp(() => ({ accessKey }));
    for (let index = 0; index < 10_000; index += 1) {
      if (index % 2000 === 0) clock.advance(1);
      await registry.load(idOf(index));
    }
    clock.advance(1);
    registry.recall(idOf(0));
    expect([registry.known().length, dropped.length]).toEqual([10_000, 0]);
    await registry.load(idOf(10_000));
    expect(registry.known()).toHaveLength(9_001);
    expect(dropped.map(({ id }) => id)).toEqual(Array.from({ length: 1000 }, (_, index) => idOf(index + 1)));
    expect(registry.recall(idOf(0))).toBeInstanceOf(Workspace);
    expect(registry.recall(idOf(1))).toBeUndefined();
    // Only the options are dropped: what is remembered of the windows stays.
    expect(forgotten).toEqual([]);
  });

  it('of a map all stay', many, () => {
    const map = Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [idOf(index), { accessKey }]));
    const { registry, dropped } = setUp(map);
    expect([registry.known().length, dropped.length]).toEqual([10_001, 0]);
  });
});
