import {
  type GuardOptions,
  type HoldUntilReplyOptions,
  holdUntilReply,
  type MiddlewareOptions,
  memoryHeldStore,
  type ReportedError,
  type ReroutePolicy,
  type Store,
  toTemplate,
  type WorkspaceOptions,
} from 'freeform-guard';
import { describe, expect, it, vi } from 'vitest';
import { startEndpoint } from '../http/webhook/webhook-endpoint.js';
import { keepSecret } from '../support/canary.js';
import { createSmallWorld, startService } from '../support/service.js';
import { PHONE, type World } from '../support/world.js';

const SECRET = 'canary-of-the-error';
const thrown = new Error(SECRET);
const fails = (): never => {
  throw thrown;
};
const rejects = (): Promise<never> => Promise.reject(thrown);

interface Heard {
  readonly world: World;
  readonly reported: ReportedError[];
}

interface Part {
  readonly workspace?: Partial<WorkspaceOptions>;
  readonly guard?: Partial<GuardOptions>;
}

async function createHeard({ workspace = {}, guard = {} }: Part): Promise<Heard> {
  keepSecret(SECRET);
  const reported: ReportedError[] = [];
  const onError = (one: ReportedError): void => void reported.push(one);
  return { world: await createSmallWorld({ workspace, guard: { onError, ...guard } }), reported };
}

const store = (methods: Partial<Store>): Store => ({
  ...{ get: () => undefined, merge: () => undefined, forget: () => undefined },
  ...methods,
});
const held = (options: HoldUntilReplyOptions): Part => ({ workspace: { onClosed: holdUntilReply(options) } });
const policy = (result: object): ReroutePolicy => (() => result) as never;

describe('onError gets what was thrown', () => {
  it.each<[string, ReportedError['source'], Part]>([
    ['onClosed', 'hook', { workspace: { onClosed: fails } }],
    ['onClosed', 'hook', { workspace: { onClosed: rejects } }],
    ['settle', 'hook', { workspace: { onClosed: policy({ action: 'hold', settle: fails }) } }],
    ['accessKey', 'hook', { workspace: { accessKey: fails } }],
    ['accessKey', 'hook', { workspace: { accessKey: rejects } }],
    ['workspaces', 'hook', { guard: { workspaces: rejects } }],
    ['onDecision', 'hook', { guard: { onDecision: rejects } }],
    ['logger', 'hook', { guard: { logger: { debug: fails, info: fails, warn: fails, error: fails } } }],
    ['get', 'store', { guard: { store: store({ get: fails }) } }],
    ['get', 'store', { guard: { store: store({ get: rejects }) } }],
  ])('by %s, as a %s, beside an unharmed decision', async (hook, source, part) => {
    const { world, reported } = await createHeard(part);
    expect(['send', 'block', 'hold']).toContain((await world.guard.check(world.send())).action);
    const workspaceId = source === 'hook' && !['onDecision', 'logger'].includes(hook) ? world.workspace.id : undefined;
    expect(reported[0]).toEqual({ source, hook, workspaceId, error: expect.anything() });
    expect(reported.every(({ error }) => error === thrown)).toBe(true);
  });

  it('by onUnknown', async () => {
    const { world, reported } = await createHeard({ workspace: { onUnknown: fails } });
    await world.guard.check(world.send({ contact: {} }));
    expect(reported).toEqual([{ source: 'hook', hook: 'onUnknown', workspaceId: world.workspace.id, error: thrown }]);
  });

  it.each<[string, MiddlewareOptions]>([
    ['skip', { skip: fails }],
    ['resolve', { resolve: rejects }],
    ['handler', { handler: fails }],
  ])('by %s of the middleware', async (hook, middleware) => {
    const { world, reported } = await createHeard({});
    await (await startService(world, { middleware })).send();
    expect(reported).toEqual([{ source: 'hook', hook, workspaceId: undefined, error: thrown }]);
  });

  it('by rewrite of the middleware', async () => {
    const onClosed = toTemplate({ projectId: crypto.randomUUID(), locale: 'en', variable: 'message' });
    const { world, reported } = await createHeard({ workspace: { onClosed } });
    const service = await startService(world, { middleware: { resolve: () => world.send(), rewrite: rejects } });
    await service.call('/own', { some: 'shape' });
    expect(reported).toEqual([{ source: 'hook', hook: 'rewrite', workspaceId: undefined, error: thrown }]);
  });

  it('by onEvent of the webhook receiver', async () => {
    const { world, reported } = await createHeard({});
    const { post } = await startEndpoint(world, { receiver: { onEvent: rejects } });
    await post({ service: 'other', event: 'other.event', payload: { id: 1 } });
    await expect.poll(() => reported).toMatchObject([{ hook: 'onEvent', workspaceId: world.workspace.id }]);
    expect(reported[0]?.error).toBe(thrown);
  });

  it.each<[string, HoldUntilReplyOptions]>([
    ['release', { release: rejects }],
    ['onReleased', { release: () => 'accepted', onReleased: rejects }],
    ['releaseOn', { releaseOn: fails }],
  ])('by %s of a message that is held', async (hook, options) => {
    const { world, reported } = await createHeard(held(options));
    await world.guard.check(world.send());
    const { workspace, channel, sandbox } = world;
    const told = { workspaceId: workspace.id, channelId: channel.id, address: PHONE, at: sandbox.clock.now() };
    await world.guard.observeInbound({ ...told, text: 'Yes' });
    await expect.poll(() => reported[0]).toEqual({ source: 'hook', hook, workspaceId: workspace.id, error: thrown });
  });

  it('by the store of held messages', async () => {
    const { world, reported } = await createHeard(held({ store: { ...memoryHeldStore(), add: rejects } }));
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'block', declined: ['hold_store_failed'] });
    expect(reported).toEqual([{ source: 'held_store', workspaceId: world.workspace.id, error: thrown }]);
  });

  it('with a code, where a function took too long', async () => {
    const { world, reported } = await createHeard({ workspace: { onClosed: () => new Promise(() => {}) } });
    const outcome = world.guard.check(world.send());
    await expect.poll(() => world.sandbox.requests().length).toBe(3);
    await vi.waitFor(() => {
      world.sandbox.clock.advance(100);
      expect(reported).toHaveLength(1);
    });
    expect(reported).toMatchObject([{ hook: 'onClosed', error: { code: 'deadline_exceeded' } }]);
    expect((await outcome).action).toBe('block');
  });
});

describe('onError itself', () => {
  it.each<[string, () => void | Promise<void>]>([
    ['throws', fails],
    ['rejects', rejects],
  ])('that %s harms nothing, and is logged once', async (_, onError) => {
    const { world } = await createHeard({ workspace: { onUnknown: fails }, guard: { onError } });
    for (let times = 0; times < 3; times += 1) {
      expect((await world.guard.check(world.send({ contact: {} }))).action).toBe('send');
    }
    const lines = world.logs.filter(({ fields }) => fields.hook === 'onError');
    expect(lines).toEqual([
      { level: 'warn', fields: { hook: 'onError' }, text: 'Hook threw; the error that it was given is lost' },
    ]);
  });

  it('and a logger that throw together end in no loop', async () => {
    const logger = { debug: fails, info: fails, warn: fails, error: fails };
    const { world } = await createHeard({ guard: { onError: fails, logger } });
    expect((await world.guard.check(world.send())).action).toBe('block');
  });

  it('changes nothing of what is logged', async () => {
    const without = await createHeard({ workspace: { onUnknown: fails }, guard: { onError: undefined } });
    const { world, reported } = await createHeard({ workspace: { onUnknown: fails } });
    for (const one of [without.world, world]) await one.guard.check(one.send({ contact: {} }));
    const texts = (one: World): string[] => one.logs.map(({ level, text }) => `${level} ${text}`);
    expect(texts(world)).toEqual(texts(without.world));
    expect(reported).toHaveLength(1);
  });
});
