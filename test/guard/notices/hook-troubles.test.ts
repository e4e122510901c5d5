import {
  createGuard,
  freeformGuard,
  type HeldMessage,
  holdUntilReply,
  type MiddlewareOptions,
  type ReportedError,
  type ReroutePolicy,
  type SendRequest,
  type WorkspaceOptions,
} from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { HookTroubles } from '../../../src/guard/notices/hook-troubles.js';
import { LogOnce } from '../../../src/guard/notices/log-once.js';
import { createClock } from '../../../src/sandbox/clock.js';
import { startEndpoint } from '../../http/webhook/webhook-endpoint.js';
import { keepSecret } from '../../support/canary.js';
import { createSmallWorld, startService } from '../../support/service.js';
import { createWorld, type LogLine, recordingLogger, textMessage, type World } from '../../support/world.js';
import { HOUR, MINUTE, turns } from '../support.js';

const SECRET = 'canary-of-the-hook';
const hookLines = (lines: readonly LogLine[]): LogLine[] => lines.filter(({ fields }) => 'hook' in fields);

const fails = (): never => {
  throw new Error(SECRET);
};
const rejects = (): Promise<never> => Promise.reject(new Error(SECRET));

describe('onUnknown', () => {
  const start = async (onUnknown: () => unknown, change: object = {}): Promise<World> => {
    const world = await createWorld({ workspace: { onUnknown: onUnknown as () => 'allow', ...change } });
    // No address: unknown, whatever Bird says.
    return { ...world, send: () => ({ ...world.send(), contact: {} }) };
  };
  const ask = async ({ guard, send }: World, times = 30): Promise<void> => {
    for (let count = 0; count < times; count += 1) await guard.check(send());
  };

  it('that throws is told once, and once when it works again', async () => {
    keepSecret(SECRET);
    const set = { act: fails as () => unknown };
    const world = await start(() => set.act());
    await ask(world);
    const fields = {
      workspaceId: world.workspace.id,
      hook: 'onUnknown',
      cause: 'hook_failed',
      reason: 'address_unresolved',
    };
    expect(hookLines(world.logs)).toMatchObject([{ level: 'error', fields, text: 'Hook threw, so the send passes' }]);
    set.act = () => 'allow';
    await ask(world);
    expect(hookLines(world.logs).slice(1)).toMatchObject([
      { level: 'info', fields: { hook: 'onUnknown', cause: 'hook_failed', failures: 30 }, text: 'Hook works again' },
    ]);
  });

  it('that breaks again later is told again', async () => {
    const set = { act: fails as () => unknown };
    const world = await start(() => set.act());
    for (const act of [fails, () => 'allow', fails]) {
      set.act = act;
      await ask(world);
      world.sandbox.clock.advance(2 * MINUTE);
    }
    expect(hookLines(world.logs).map(({ level }) => level)).toEqual(['error', 'info', 'error']);
  });

  it('that throws hides not that it gives what is no answer', async () => {
    const set = { act: fails as () => unknown };
    const world = await start(() => set.act());
    await ask(world);
    set.act = () => 'yes';
    await ask(world);
    set.act = rejects;
    await ask(world);
    expect(hookLines(world.logs).map(({ fields }) => fields.cause)).toEqual(['hook_failed', 'hook_answer']);
    set.act = () => 'block';
    await ask(world);
    const over = hookLines(world.logs).slice(2);
    expect(over.map(({ level, fields }) => [level, fields.cause])).toEqual([
      ['info', 'hook_failed'],
      ['info', 'hook_answer'],
    ]);
  });

  it('is told for each workspace', async () => {
    const lines: LogLine[] = [];
    const ids = ['aaaaaaaa-1111-4111-8111-111111111111', 'bbbbbbbb-1111-4111-8111-111111111111'];
    const options: WorkspaceOptions = { accessKey: 'key', onUnknown: fails };
    const workspaces = Object.fromEntries(ids.map((id) => [id, options]));
    const fetch = (): Promise<never> => Promise.reject(new TypeError('away'));
    const guard = createGuard({ workspaces, fetch, logger: recordingLogger(lines) });
    const sends = [...ids, ...ids].map((workspaceId) => ({ workspaceId, channelId: workspaceId, contact: {} }));
    await guard.checkAll(sends);
    guard.close();
    expect(
      hookLines(lines)
        .map(({ fields }) => fields.workspaceId)
        .toSorted(),
    ).toEqual(ids);
  });

  it('of strangers’ workspaces is told once, and not for each id that somebody writes', async () => {
    const world = await createWorld({ guard: { defaults: { onUnknown: fails } }, workspace: { onUnknown: 'allow' } });
    for (let count = 10; count < 40; count += 1) {
      await world.guard.check(world.send({ workspaceId: `aaaaaaaa-1111-4111-8111-1111111111${count}` }));
    }
    expect(hookLines(world.logs)).toMatchObject([{ fields: { hook: 'onUnknown' } }]);
    expect(hookLines(world.logs)[0]?.fields).not.toHaveProperty('workspaceId');
  });

  it('of a channel that works ends not what another one has begun', async () => {
    const world = await createWorld();
    const other = world.workspace.addChannel({ platformId: 'whatsapp' });
    const set = { act: fails as () => unknown };
    const channels = {
      [world.channel.id]: { onUnknown: () => set.act() as 'allow' },
      [other.id]: { onUnknown: () => 'allow' as const },
    };
    world.guard.reload({ [world.workspace.id]: { ...world.workspaceOptions, channels } });
    const ask = (channelId: string): Promise<unknown> => world.guard.check(world.send({ channelId, contact: {} }));
    for (const channelId of [world.channel.id, other.id, world.channel.id]) await ask(channelId);
    expect(hookLines(world.logs).map(({ level }) => level)).toEqual(['error']);
    set.act = () => 'allow';
    await ask(world.channel.id);
    expect(hookLines(world.logs).map(({ level }) => level)).toEqual(['error', 'info']);
  });
});

describe('a reroute policy', () => {
  it.each<[string, () => unknown, string]>([
    ['throws', fails, 'hook_failed'],
    ['rejects', rejects, 'hook_failed'],
    ['gives what cannot be sent', () => ({ action: 'reroute', sends: [{}] }), 'hook_answer'],
  ])('that %s is told once, and once when it works again, beside one that works', async (_name, act, cause) => {
    keepSecret(SECRET);
    const set = { act };
    const onClosed = [(): unknown => set.act(), () => undefined] as ReroutePolicy[];
    const world = await createWorld({ workspace: { onClosed, lookupBurst: 1000 } });
    for (let count = 0; count < 20; count += 1) await world.guard.check(world.send());
    const { id } = world.workspace;
    const fields = { workspaceId: id, hook: 'onClosed', cause };
    expect(hookLines(world.logs)).toMatchObject([{ level: 'error', fields }]);
    set.act = () => undefined;
    await world.guard.check(world.send());
    expect(hookLines(world.logs).slice(1)).toMatchObject([{ level: 'info', fields }]);
  });

  it('whose settle throws is told once', async () => {
    const settle = fails;
    const onClosed = (() => ({ action: 'block', settle })) as ReroutePolicy;
    const hold = (() => ({ action: 'hold', settle })) as ReroutePolicy;
    const world = await createWorld({ workspace: { onClosed: [hold, onClosed], lookupBurst: 1000 } });
    for (let count = 0; count < 20; count += 1) await world.guard.check(world.send());
    expect(hookLines(world.logs)).toMatchObject([{ level: 'error', fields: { hook: 'settle' } }]);
  });
});

describe('a hook of holdUntilReply', () => {
  const others = Array.from({ length: 12 }, (_, at) => `+316123400${10 + at}`);

  async function hold(world: World, phones: readonly string[]): Promise<void> {
    for (const value of phones) {
      const contact = { identifierKey: 'phonenumber', identifierValue: value };
      world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value }] });
      await world.guard.check(world.send({ contact, message: textMessage({ receiver: { contacts: [contact] } }) }));
    }
  }

  function reply({ guard, workspace, channel, sandbox }: World, address: string): void {
    const told = { workspaceId: workspace.id, channelId: channel.id, address, at: sandbox.clock.now(), text: 'Yes' };
    void guard.observeInbound(told);
  }

  it.each(['release', 'onReleased'] as const)('%s that throws is told once', async (name) => {
    keepSecret(SECRET);
    const set = { act: fails as () => unknown };
    const options = { release: (): unknown => undefined, [name]: () => set.act() };
    const onClosed = holdUntilReply(options);
    const world = await createWorld({ workspace: { onClosed, lookupBurst: 1000 } });
    await hold(world, others);
    for (const phone of others.slice(0, 10)) reply(world, phone);
    await expect.poll(() => hookLines(world.logs).length).toBeGreaterThan(0);
    await turns(50);
    const fields = { workspaceId: world.workspace.id, hook: name, cause: 'hook_failed' };
    expect(hookLines(world.logs)).toMatchObject([{ level: 'error', fields }]);
    set.act = () => undefined;
    reply(world, others[11] ?? '');
    await expect.poll(() => hookLines(world.logs).slice(1)).toMatchObject([{ level: 'info', fields }]);
  });

  it('onExpired that throws is told once, and a message that is given up only when it is', async () => {
    keepSecret(SECRET);
    const set = { act: fails as (message: HeldMessage) => unknown };
    const onClosed = holdUntilReply({ lifetimeMs: HOUR, onExpired: (message) => set.act(message) });
    const world = await createWorld({ workspace: { onClosed, lookupBurst: 1000 } });
    await hold(world, others);
    const givenUp = (): unknown[] => world.logs.filter(({ text }) => text.startsWith('Held message dropped'));
    for (let minutes = 0; minutes < 70; minutes += 1) {
      world.sandbox.clock.advance(MINUTE);
      await turns();
    }
    expect(hookLines(world.logs)).toMatchObject([{ level: 'error', fields: { hook: 'onExpired' } }]);
    expect(givenUp()).toEqual([]);
    const done: string[] = [];
    set.act = ({ id }) => done.push(id);
    for (let minutes = 0; minutes < 5; minutes += 1) {
      world.sandbox.clock.advance(MINUTE);
      await turns(20);
    }
    expect(new Set(done).size).toBe(others.length);
    expect(givenUp().length).toBe(others.length);
  });
});

describe('a hook of the middleware', () => {
  async function sendMany(options: MiddlewareOptions, change: (world: World) => void = () => {}): Promise<World> {
    keepSecret(SECRET);
    const world = await createSmallWorld({ workspace: { lookupBurst: 1000 } });
    change(world);
    const service = await startService(world, { middleware: options });
    for (let count = 0; count < 10; count += 1) await service.send();
    return world;
  }

  it.each<[string, string, (set: { act: () => unknown }) => MiddlewareOptions]>([
    ['skip', 'hook_failed', (set) => ({ skip: () => set.act() as boolean })],
    ['resolve', 'hook_failed', (set) => ({ resolve: () => set.act() as undefined })],
    ['handler', 'hook_failed', ({ act }) => ({ handler: (_req, _res, next) => next(act() as undefined) })],
  ])('%s that throws is told once, and once when it works again', async (hook, cause, optionsOf) => {
    let asked = 0;
    const act = (): unknown => {
      asked += 1;
      return asked < 10 ? fails() : undefined;
    };
    const world = await sendMany(optionsOf({ act }));
    await turns(10);
    expect(hookLines(world.logs)).toMatchObject([
      { level: 'error', fields: { hook, cause } },
      { level: 'info', fields: { hook, cause, failures: 9 } },
    ]);
  });

  it.each<[string, () => unknown]>([
    ['rejects', rejects],
    ['gives what is no send', () => 'send'],
    ['promises what is no send', async () => [null]],
  ])('resolve that %s is told once', async (_name, resolve) => {
    const world = await sendMany({ resolve: resolve as () => SendRequest });
    expect(hookLines(world.logs)).toMatchObject([{ level: 'error', fields: { hook: 'resolve' } }]);
  });

  it('is not blamed for a request that nobody can read', async () => {
    const world = await createSmallWorld();
    let nexts = 0;
    const req = { method: 'POST', url: 5, body: textMessage() } as never;
    const res = { headersSent: false, writableEnded: false, destroyed: false, setHeader: () => {} } as never;
    freeformGuard(world.guard)(req, res, () => {
      nexts += 1;
    });
    expect(nexts).toBe(1);
    expect(hookLines(world.logs)).toEqual([]);
    const text = 'The guard itself failed to read a request, so the send is unknown';
    expect(world.logs.filter(({ level }) => level === 'error')).toMatchObject([{ text }]);
  });

  it('that works says nothing', async () => {
    const world = await sendMany({ skip: () => false, resolve: () => undefined }, (one) => one.customerWrites());
    expect(world.logs.filter(({ level }) => level !== 'debug')).toEqual([]);
  });
});

describe('onEvent', () => {
  it('that throws is told once, and once when it works again', async () => {
    keepSecret(SECRET);
    const world = await createWorld();
    const set = { act: rejects as () => unknown };
    const endpoint = await startEndpoint(world, { receiver: { onEvent: () => set.act() } });
    const post = (id: number): Promise<unknown> =>
      endpoint.post({ service: 'other', event: 'other.event', payload: { id } });
    for (let id = 0; id < 10; id += 1) await post(id);
    await expect.poll(() => hookLines(world.logs).length).toBe(1);
    set.act = () => undefined;
    await post(10);
    await expect.poll(() => hookLines(world.logs).length).toBe(2);
    const fields = { workspaceId: world.workspace.id, hook: 'onEvent', cause: 'hook_failed' };
    expect(hookLines(world.logs)).toMatchObject([
      { level: 'error', fields },
      { level: 'info', fields: { ...fields, failures: 10 } },
    ]);
  });
});

describe('the troubles of hooks', () => {
  const setUp = (): { troubles: HookTroubles; lines: LogLine[]; reported: ReportedError[] } => {
    const lines: LogLine[] = [];
    const reported: ReportedError[] = [];
    const [clock, logger] = [createClock(0), recordingLogger(lines)];
    const tools = { clock, logger, logOnce: new LogOnce({ clock, logger }) };
    return { troubles: new HookTroubles(tools, (one) => void reported.push(one)), lines, reported };
  };

  it('have lines of their own for each hook: one that fails in many workspaces silences no other', () => {
    const { troubles, lines } = setUp();
    const failure = { cause: 'hook_failed', text: 'Hook threw' } as const;
    for (let index = 0; index < 1_100; index += 1)
      troubles.failed({ name: 'onUnknown', workspaceId: `${index}` }, failure);
    const before = lines.length;
    troubles.failed({ name: 'settle', workspaceId: '1' }, failure);
    expect(lines.slice(before)).toMatchObject([{ level: 'error', fields: { hook: 'settle', workspaceId: '1' } }]);
  });

  it('are reported with what a hook threw, even where that is undefined, and not where it threw nothing', () => {
    const { troubles, reported } = setUp();
    const hook = { name: 'resolve', workspaceId: '1' };
    troubles.failed(hook, { cause: 'hook_answer', text: 'Hook gave no send' });
    expect(reported).toEqual([]);
    troubles.failed(hook, { cause: 'hook_failed', text: 'Hook threw', error: undefined });
    expect(reported).toEqual([{ source: 'hook', hook: 'resolve', workspaceId: '1', error: undefined }]);
  });
});
