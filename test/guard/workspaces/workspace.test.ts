import { memoryStore, type ReportedError, type Store, type WorkspaceOptions } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { resolveGuardOptions } from '../../../src/guard/workspaces/options.js';
import { Workspace } from '../../../src/guard/workspaces/workspace.js';
import { resolveWorkspace } from '../../../src/guard/workspaces/workspace-options.js';
import type { Fleet, WindowTarget } from '../../../src/ports.js';
import { createClock, type SandboxClock } from '../../../src/sandbox/clock.js';
import type { LookupEvent } from '../../../src/telemetry/lookups.js';
import { Statistics } from '../../../src/telemetry/statistics.js';
import { keepSecret } from '../../support/canary.js';
import { type LogLine, recordingLogger } from '../../support/world.js';
import { MINUTE, SECOND, turns } from '../support.js';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const ID = 'aaaaaaaa-1111-4111-8111-111111111111';
const CHANNEL = 'bbbbbbbb-2222-4222-8222-222222222222';
const CONTACT = 'cccccccc-3333-4333-8333-333333333333';
const CONVERSATION = 'dddddddd-4444-4444-8444-444444444444';
const address = '+31612345678';
const limits = { giveUpAt: NOW + 800 };

const channelFacts = { id: CHANNEL, platformId: 'whatsapp', status: 'active' };

interface Setup {
  readonly workspace: Workspace;
  readonly clock: SandboxClock;
  readonly lines: readonly LogLine[];
  readonly reported: readonly ReportedError[];
  readonly events: readonly LookupEvent[];
  readonly statistics: Statistics;
  readonly merged: readonly unknown[];
  /** The paths that were asked for, and the keys. */
  readonly asked: readonly { readonly path: string; readonly key: string | null }[];
  /** What Bird answers from now on. */
  answer(status: number, body: unknown, headers?: Readonly<Record<string, string>>): void;
}

const resolved = (options: Partial<WorkspaceOptions> = {}): ReturnType<typeof resolveWorkspace> =>
  resolveWorkspace(ID, { accessKey: 'a-key', ...options }, {});

function setUp(options: Partial<WorkspaceOptions> = {}, fleet?: Fleet): Setup {
  const clock = createClock(NOW);
  const lines: LogLine[] = [];
  const reported: ReportedError[] = [];
  const events: LookupEvent[] = [];
  const merged: unknown[] = [];
  const asked: { path: string; key: string | null }[] = [];
  let answer = (): Response => Response.json(channelFacts);
  const store: Store = { ...memoryStore({ max: 10 }), merge: (...given) => void merged.push(given), fleet };
  const statistics = new Statistics();
  const parts = resolveGuardOptions({
    workspaces: {},
    store,
    clock,
    logger: recordingLogger(lines),
    onError: (error) => void reported.push(error),
    fetch: async (url, init) => {
      asked.push({ path: new URL(String(url)).pathname, key: new Headers(init?.headers).get('authorization') });
      return answer();
    },
  });
  parts.lookups.listen((event) => void events.push(event));
  return {
    workspace: new Workspace(resolved(options), parts, statistics),
    clock,
    lines,
    reported,
    events,
    statistics,
    merged,
    asked,
    answer: (status, body, headers = {}) => {
      answer = () => Response.json(body, { status, headers });
    },
  };
}

const patience = { readMs: 800, wait: undefined };

/** What is found, or the error. */
const readChannel = ({ workspace }: Setup, channelId = CHANNEL): Promise<unknown> =>
  workspace.channels.read({ workspaceId: ID, channelId }, patience, () => true).catch((error: unknown) => error);

const readWindow = ({ workspace }: Setup, named: Pick<WindowTarget, 'contactId' | 'identifier'>): Promise<unknown> =>
  workspace.windows
    .read(
      { key: { workspaceId: ID, channelId: CHANNEL, address }, sentTo: address, ...named },
      { patience, trustMs: MINUTE, windowMs: MINUTE, trustsPermanentSession: true, notFoundIsClosed: false },
      () => true,
    )
    .catch((error: unknown) => error);

describe('the policies of a workspace', () => {
  const channels = { [CHANNEL]: { mode: 'off' } } as const;

  it('are its own, and that of each channel that has one', () => {
    const { workspace } = setUp({ mode: 'observe', channels });
    expect(workspace.policies.map(({ mode }) => mode)).toEqual(['observe', 'off']);
    expect([CHANNEL, CONTACT, undefined].map((id) => workspace.policyFor(id).mode)).toEqual([
      'off',
      'observe',
      'observe',
    ]);
    expect([CHANNEL, CONTACT, undefined].map((id) => workspace.ownerOfPolicy(id))).toEqual([
      { workspaceId: ID, channelId: CHANNEL },
      { workspaceId: ID, channelId: undefined },
      { workspaceId: ID, channelId: undefined },
    ]);
  });

  it.each([
    [{ mode: 'off' }, true],
    [{ mode: 'off', channels }, true],
    [{}, false],
    [{ channels }, false],
    [{ mode: 'off', channels: { [CHANNEL]: { mode: 'observe' } } }, false],
  ] as const)('are all off, or are not: %j', (options, isOff) => {
    expect(setUp(options).workspace.isOff).toBe(isOff);
  });

  it('change with new options, and so do its signing keys', () => {
    const { workspace } = setUp({ signingKeys: ['old'] });
    expect([workspace.id, workspace.signingKeys]).toEqual([ID, ['old']]);
    expect(workspace.renew(resolved({ mode: 'observe', signingKeys: ['old', 'new'] }))).toBe(workspace);
    expect([workspace.policyFor(undefined).mode, workspace.signingKeys]).toEqual(['observe', ['old', 'new']]);
  });

  it('go on with new options at the same place, and not at another', () => {
    const { workspace } = setUp({ baseUrl: 'https://api.bird.com/' });
    expect(workspace.isSamePlace(resolved({ mode: 'off' }))).toBe(true);
    expect(workspace.isSamePlace(resolved({ baseUrl: 'https://proxy.example.com' }))).toBe(false);
  });
});

describe('the reads of a workspace', () => {
  it('are counted by kind, and told of with their workspace and their channel', async () => {
    const setup = setUp();
    expect(await readChannel(setup)).toMatchObject({ platformId: 'whatsapp' });
    expect(setup.asked).toEqual([{ path: `/workspaces/${ID}/channels/${CHANNEL}`, key: 'AccessKey a-key' }]);
    expect(setup.events).toMatchObject([{ workspaceId: ID, channelId: CHANNEL, kind: 'channel', outcome: 'answered' }]);
    expect(setup.statistics.read().lookups).toMatchObject({ channel: 1, window: 0 });
  });

  it('find conversations and identifiers too', async () => {
    const { workspace, answer, events } = setUp();
    answer(404, {});
    await workspace.conversations.find({ workspaceId: ID, conversationId: CONVERSATION }, limits).catch(() => {});
    await workspace.identifiers
      .find({ workspaceId: ID, contactId: CONTACT, identifier: undefined }, limits)
      .catch(() => {});
    expect(events.map(({ kind, channelId }) => [kind, channelId])).toEqual([
      ['conversation', undefined],
      ['identifiers', undefined],
    ]);
  });

  it('use a key that has changed from the next one on', async () => {
    const keys = ['old', 'new'];
    const setup = setUp({ accessKey: async () => keys.shift() ?? '' });
    await readChannel(setup);
    await readChannel(setup, CONTACT);
    expect(setup.asked.map(({ key }) => key)).toEqual(['AccessKey old', 'AccessKey new']);
  });

  it('whose key fails are reported with the error, which is not logged', async () => {
    keepSecret('canary-of-the-vault');
    const error = new Error('canary-of-the-vault');
    const setup = setUp({ accessKey: () => Promise.reject(error) });
    expect(await readChannel(setup)).toMatchObject({ code: 'lookup_failed' });
    expect(setup.reported[0]).toEqual({ source: 'hook', hook: 'accessKey', workspaceId: ID, error });
    expect(setup.lines).toMatchObject([{ level: 'warn', fields: { workspaceId: ID, cause: 'access_key_missing' } }]);
  });

  it('that Bird refuses stop for half a minute, or until there is another key', async () => {
    const setup = setUp();
    const { workspace, clock, asked } = setup;
    setup.answer(403, {});
    expect(await readChannel(setup)).toMatchObject({ code: 'access_denied' });
    const before = asked.length;
    expect(workspace.health.isAccessDenied).toBe(true);
    expect(await readChannel(setup)).toMatchObject({ code: 'access_denied' });
    expect(asked).toHaveLength(before);
    workspace.renew(resolved({ accessKey: 'another' }));
    expect(workspace.health.isAccessDenied).toBe(false);
    setup.answer(403, {});
    await readChannel(setup);
    clock.advance(30 * SECOND);
    expect(workspace.health.isAccessDenied).toBe(false);
  });

  it('that Bird refuses stay stopped where new options have the same key', async () => {
    const accessKey = (): string => 'a-key';
    const setup = setUp({ accessKey });
    setup.answer(403, {});
    await readChannel(setup);
    setup.workspace.renew(resolved({ accessKey, mode: 'observe' }));
    expect(setup.workspace.health.isAccessDenied).toBe(true);
  });

  it('have the room that the options give, at once after a change', () => {
    const { workspace } = setUp({ lookupsPerSecond: 1, lookupBurst: 3 });
    expect(workspace.health.readsLeft).toBe(3);
    expect(workspace.refusesRead(CHANNEL, NOW)).toBe(false);
    workspace.renew(resolved({ lookupsPerSecond: 1, lookupBurst: 1 }));
    expect(workspace.health.readsLeft).toBe(1);
  });

  it('are refused ahead where there is no room for one in time', async () => {
    const setup = setUp({ lookupsPerSecond: 1, lookupBurst: 1 });
    await readChannel(setup);
    expect(setup.workspace.health.readsLeft).toBe(0);
    expect(setup.workspace.refusesRead(CHANNEL, NOW + 500)).toBe(true);
    expect(setup.workspace.refusesRead(CHANNEL, NOW + 1500)).toBe(false);
  });
});

describe('the reads of a workspace whose store is shared by 10 processes', () => {
  /** Its processes coordinate, and a read of a window gets this lease. */
  function createFleet(lease: Awaited<ReturnType<Fleet['joinRead']>>): { fleet: Fleet; told: unknown[][] } {
    const told: unknown[][] = [];
    const fleet: Fleet = {
      instances: 10,
      takeRead: async (...given) => {
        told.push(given);
        return 'taken';
      },
      joinRead: async () => lease,
    };
    return { fleet, told };
  }

  it('are taken from the limit of all, which is that of the options', async () => {
    const { fleet, told } = createFleet(undefined);
    const setup = setUp({ lookupsPerSecond: 30, lookupBurst: 20 }, fleet);
    expect(await readChannel(setup)).toMatchObject({ platformId: 'whatsapp' });
    expect(told).toMatchObject([[ID, { perSecond: 30, burst: 20 }, expect.any(Number)]]);
  });

  it('are left to the process that has read the window already', async () => {
    const facts = { serviceWindowExpireAt: NOW + MINUTE, isPermanentSession: false };
    const setup = setUp({}, createFleet({ role: 'answered', facts, read: 1 }).fleet);
    expect(await readWindow(setup, { contactId: CONTACT })).toMatchObject({ serviceWindowExpireAt: NOW + MINUTE });
    expect(setup.asked).toEqual([]);
  });

  it.each([
    ['a tenth, where there are others', createFleet(undefined).fleet, 5],
    ['all, where there is no other', undefined, 20],
  ])('have of the searches %s', async (_, fleet, count) => {
    const setup = setUp({ lookupBurst: 1000, lookupsPerSecond: 1000 }, fleet);
    setup.answer(200, { results: [] });
    for (let index = 0; index < 20; index += 1) {
      const identifier = { workspaceId: ID, key: 'phonenumber', value: `+316123456${index}` };
      const named = { workspaceId: ID, contactId: undefined, identifier };
      void setup.workspace.identifiers.find(named, limits).catch(() => {});
    }
    await turns();
    expect(setup.asked.filter(({ path }) => path.endsWith('/contacts/search'))).toHaveLength(count);
  });
});

describe('the time of a workspace', () => {
  const elsewhen = (ms: number): Readonly<Record<string, string>> => ({ date: new Date(NOW + ms).toUTCString() });

  it("is Bird's once two answers agree on it; before, it is the time that may be", async () => {
    const setup = setUp();
    const { workspace, lines, clock } = setup;
    expect([workspace.now(), workspace.timeAt(5), workspace.suddenNow()]).toEqual([NOW, 5, undefined]);
    setup.answer(200, channelFacts, elsewhen(10 * MINUTE));
    await readChannel(setup);
    expect([workspace.now(), lines]).toEqual([NOW, []]);
    expect(workspace.suddenNow()).toBeGreaterThan(NOW + 9 * MINUTE);
    clock.advance(MINUTE);
    setup.answer(200, { ...channelFacts, id: CONTACT }, elsewhen(11 * MINUTE));
    await readChannel(setup, CONTACT);
    expect(workspace.now()).toBeGreaterThan(NOW + 10 * MINUTE);
    expect(workspace.suddenNow()).toBeUndefined();
    expect(lines).toMatchObject([{ level: 'warn', fields: { workspaceId: ID, skewMs: expect.any(Number) } }]);
  });
});

describe('the health of a workspace', () => {
  it('of which nothing is known is good', () => {
    expect(setUp({ mode: 'observe' }).workspace.health).toEqual({
      workspaceId: ID,
      mode: 'observe',
      readsLeft: 10,
      isBreakerOpen: false,
      isAccessDenied: false,
    });
  });

  it.each([
    ['reads', (setup: Setup) => readChannel(setup)],
    [
      'searches',
      (setup: Setup) => readWindow(setup, { identifier: { workspaceId: ID, key: 'phonenumber', value: address } }),
    ],
  ])('says that Bird is not asked for a while where its %s keep failing', async (_, ask) => {
    const setup = setUp({ lookupBurst: 1000, lookupsPerSecond: 1000 });
    setup.answer(503, {});
    for (let count = 0; count < 40; count += 1) {
      const asked = ask(setup);
      await turns();
      setup.clock.advance(10);
      await asked;
    }
    expect(setup.workspace.health).toMatchObject({ isBreakerOpen: true, isAccessDenied: false });
  });
});

describe('a workspace that was removed or closed', () => {
  it.each([
    ['removed remembers nothing that it reads', true, 0],
    ['not removed remembers it', false, 1],
  ])('%s', async (_, isRemoved, count) => {
    const setup = setUp();
    setup.answer(200, { isServiceWindowOpen: true, serviceWindowExpireAt: new Date(NOW + MINUTE / 2).toISOString() });
    if (isRemoved) setup.workspace.remove();
    await readWindow(setup, { contactId: CONTACT });
    expect([setup.asked.length > 0, setup.merged.length]).toEqual([true, count]);
  });

  it.each([
    ['removed', (workspace: Workspace) => workspace.remove()],
    ['closed', (workspace: Workspace) => workspace.close()],
  ])('lets no patient read wait: %s', async (_, end) => {
    const setup = setUp({ lookupsPerSecond: 1, lookupBurst: 1 });
    const { workspace, clock } = setup;
    await readChannel(setup);
    const until = clock.now() + 10 * MINUTE;
    const patient = { readMs: 800, wait: { from: clock.now(), until } };
    const waiting = workspace.channels
      .read({ workspaceId: ID, channelId: CONTACT }, patient, () => true)
      .catch((error: unknown) => error);
    await turns();
    end(workspace);
    expect(await waiting).toMatchObject({ code: 'lookup_failed', message: 'The guard was closed' });
  });
});
