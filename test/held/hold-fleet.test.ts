import {
  createGuard,
  type Guard,
  type HoldPolicy,
  type HoldUntilReplyOptions,
  holdUntilReply,
  type Outcome,
  type ReleasedMessage,
} from 'freeform-guard';
import type { RedisStore } from 'freeform-guard/redis';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { MINUTE, SECOND } from '../guard/support.js';
import { connectedStore, newPrefix, SECRET, timeoutMs } from '../redis/support.js';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis-server.js';
import { createWorld, PHONE, recordingLogger, TEXT, textMessage, type World } from '../support/world.js';

const nudge = { projectId: 'ce6a2fd6-b2fa-4f5a-a2cd-f3bd15883318', locale: 'en' };

let server: RedisServer;

interface Process {
  readonly guard: Guard;
  readonly policy: HoldPolicy;
  readonly store: RedisStore;
  /** Sends a text with this reference through the guard. */
  check(reference: string): Promise<Outcome>;
  /** Tells the guard that the customer has just written. */
  hear(): void;
}

interface Processes {
  readonly world: World;
  readonly one: Process;
  readonly two: Process;
  readonly prefix: string;
  /** What any of them has sent, in order. */
  readonly released: ReleasedMessage[];
  references(): string[];
}

/** Two processes, each with a guard and a store of its own, on one Redis. */
async function twoProcesses(options: HoldUntilReplyOptions = {}): Promise<Processes> {
  const world = await createWorld({ sandbox: { readsPerSecond: 1000 } });
  const prefix = newPrefix();
  const released: ReleasedMessage[] = [];
  const hold = { release: (message: ReleasedMessage) => void released.push(message), ...options };
  const start = (): Promise<Process> => startProcess(world, prefix, hold);
  const [one, two] = await Promise.all([start(), start()]);
  return { world, one, two, prefix, released, references: () => released.map(({ reference }) => reference) };
}

async function startProcess(world: World, prefix: string, options: HoldUntilReplyOptions): Promise<Process> {
  const { sandbox, workspace, channel, workspaceOptions } = world;
  const store = await connectedStore(server.port, { clock: sandbox.clock, timeoutMs, prefix });
  const policy = holdUntilReply({ store: store.held, ...options });
  const guard = createGuard({
    workspaces: { [workspace.id]: { ...workspaceOptions, onClosed: policy, lookupBurst: 1000 } },
    clock: sandbox.clock,
    logger: recordingLogger(world.logs),
    store,
  });
  onTestFinished(() => void guard.close());
  const contact = { workspaceId: workspace.id, channelId: channel.id, address: PHONE };
  return {
    guard,
    policy,
    store,
    check: (reference) => guard.check(world.send({ message: textMessage({ reference }) })),
    hear: () => void guard.observeInbound({ ...contact, at: sandbox.clock.now() }),
  };
}

/** What a policy is asked with; of a request that is not decided yet. */
const contextOf = (world: World, reference: string): Parameters<HoldPolicy>[0] => ({
  send: world.send({ message: textMessage({ reference }) }),
  decision: { verdict: 'deny', reason: 'service_window_closed', closedAt: null },
  at: world.sandbox.clock.now(),
  isDryRun: false,
  decline: () => undefined,
  decide: async () => ({ verdict: 'unknown', reason: 'lookup_failed' }),
});

/** Lets the clock run until something is as it should be: slowly, lest what is under way runs out of time. */
async function advanceUntil<T>({ sandbox }: World, ms: number, look: () => T, expected: T): Promise<void> {
  const next = (): T => {
    sandbox.clock.advance(ms);
    return look();
  };
  await expect.poll(next, { interval: 50 }).toEqual(expected);
}

const lockOf = async (prefix: string): Promise<string> => (await server.client.keys(`${prefix}hl:*`))[0] ?? '';

describeWithRedis('processes that hold messages together', () => {
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());

  it('release what another holds, once, when one of them sees the reply', async () => {
    const { world, one, two, references } = await twoProcesses();
    for (const reference of ['one', 'two']) expect(await one.check(reference)).toMatchObject({ action: 'hold' });
    expect(await two.check('one')).toMatchObject({ action: 'hold', changes: ['held_before'] });
    expect(await two.policy.pending(world.workspace.id)).toMatchObject([{ reference: 'one' }, { reference: 'two' }]);
    world.customerWrites();
    two.hear();
    await expect.poll(references).toEqual(['one', 'two']);
    two.hear();
    one.hear();
    await expect.poll(() => one.policy.pending(world.workspace.id)).toEqual([]);
    world.sandbox.clock.advance(MINUTE);
    await one.policy.pending(world.workspace.id);
    expect(references()).toEqual(['one', 'two']);
  });

  it('release each message once, in order, when both see the reply at the same moment', async () => {
    const { world, one, two, references } = await twoProcesses({ release: undefined });
    const expected = Array.from({ length: 8 }, (_, number) => `order-${number}`);
    for (const [index, reference] of expected.entries()) await (index % 2 === 0 ? one : two).check(reference);
    world.customerWrites();
    for (const process of [one, two, one, two]) process.hear();
    const sent = (): unknown[] => world.sandbox.messages().map(({ reference }) => reference);
    await expect.poll(sent).toEqual(expected);
    await expect.poll(() => two.policy.pending(world.workspace.id)).toEqual([]);
    world.sandbox.clock.advance(MINUTE);
    await two.policy.pending(world.workspace.id);
    expect([sent(), references()]).toEqual([expected, []]);
  });

  it('do not release what another has not decided yet, and never what is taken back', async () => {
    const { world, one, two, references } = await twoProcesses();
    const stopped = await one.policy(contextOf(world, 'stopped'));
    await two.check('behind it');
    world.customerWrites();
    two.hear();
    expect(await two.policy.pending(world.workspace.id)).toEqual([]);
    await stopped?.settle?.(false);
    await advanceUntil(world, MINUTE, references, ['behind it']);
    expect(await one.policy.pending(world.workspace.id)).toEqual([]);
  });

  it('release what was decided after the reply', async () => {
    const { world, one, two, references } = await twoProcesses();
    await two.check('before it');
    const held = await one.policy(contextOf(world, 'late'));
    world.customerWrites();
    two.hear();
    await expect.poll(references).toEqual(['before it']);
    expect(await two.policy.pending(world.workspace.id)).toEqual([]);
    await held?.settle?.(true);
    await advanceUntil(world, MINUTE, references, ['before it', 'late']);
  });

  it.each([
    ['another process, decided after', 'two', false],
    ['another process, decided before', 'two', true],
    ['the same process, decided after', 'one', false],
    ['the same process, decided before', 'one', true],
  ] as const)('keep a message for a request with its reference in %s the first is stopped', async (_, who, isFirst) => {
    const { world, references, ...processes } = await twoProcesses();
    const first = await processes.one.policy(contextOf(world, 'order-1'));
    const second = await processes[who].policy(contextOf(world, 'order-1'));
    if (isFirst) await second?.settle?.(true);
    await first?.settle?.(false);
    if (!isFirst) await second?.settle?.(true);
    world.customerWrites();
    processes.one.hear();
    await expect.poll(references).toEqual(['order-1']);
  });

  it('go on where one of them has died while it released, as soon as its lock is over', async () => {
    const { world, one, two, prefix, references } = await twoProcesses();
    const dying = await startProcess(world, prefix, { release: () => new Promise(() => {}) });
    await one.check('one');
    world.customerWrites();
    dying.hear();
    await expect.poll(() => lockOf(prefix)).not.toBe('');
    dying.guard.close();
    dying.store.close();
    two.hear();
    const warned = (): boolean => world.logs.some(({ text }) => text.startsWith('Held messages cannot be sent yet'));
    await expect.poll(warned).toBe(true);
    expect(references()).toEqual([]);
    const lock = await lockOf(prefix);
    expect(await server.client.pTTL(lock)).toBeLessThanOrEqual(MINUTE);
    await server.client.pExpire(lock, 1);
    await advanceUntil(world, SECOND, references, ['one']);
  });

  it('send one nudge', async () => {
    const { world, one, two, released } = await twoProcesses({ nudge });
    await Promise.all([one.check('one'), two.check('two')]);
    await expect.poll(() => released.map(({ kind }) => kind)).toEqual(['nudge']);
    world.customerWrites();
    two.hear();
    await advanceUntil(world, SECOND, () => released.map(({ kind }) => kind), ['nudge', 'held', 'held']);
  });

  it('take the next policy at once while Redis is away, and send nothing twice', async () => {
    const { world, one, references } = await twoProcesses();
    one.store.close();
    // For a moment nothing is read: the others still count on this process.
    await expect.poll(() => one.check('one')).toMatchObject({ action: 'block', declined: ['hold_store_failed'] });
    world.customerWrites();
    one.hear();
    expect(references()).toEqual([]);
  });

  it('leave nothing in Redis that says who is written to, or what [S17]', async () => {
    const { world, one, two, prefix, released } = await twoProcesses({ nudge });
    const stuck = await startProcess(world, prefix, { release: () => new Promise(() => {}) });
    await one.check('order-1');
    await two.check('order-2');
    await two.policy(contextOf(world, 'order-3'));
    await expect.poll(() => released.length).toBe(1);
    const [first] = await one.policy.pending(world.workspace.id);
    if (first !== undefined) await one.store.held.remove(first);
    world.customerWrites();
    stuck.hear();
    await expect.poll(() => lockOf(prefix)).not.toBe('');
    const everything = await readAll();
    const kinds = ['r', 'b', 'w', 'l', 'n', 'd'].map((kind) => everything.includes(`${prefix}h${kind}:`));
    expect(kinds).toEqual([true, true, true, true, true, true]);
    const { workspace, channel, contact } = world;
    const secrets = [PHONE.slice(1), TEXT, workspace.id, channel.id, contact.id, workspace.accessKey, SECRET];
    for (const secret of [...secrets, 'order-', 'phonenumber', first?.id ?? '', nudge.projectId]) {
      expect(everything).not.toContain(secret);
    }
  });
});

/** All that Redis has: names, values as they are and as they are dumped, and what is in base64 also without it. */
async function readAll(): Promise<string> {
  const { client } = server;
  const read: Record<string, (name: string) => Promise<unknown>> = {
    string: (name) => client.get(name),
    hash: (name) => client.hGetAll(name),
  };
  const all: unknown[] = [];
  for (const name of await client.keys('*')) {
    const type = await client.type(name);
    // Since expired: a notification to the others exists for a moment only.
    if (type === 'none') continue;
    const value = JSON.stringify(await read[type]?.(name));
    const decoded = (value.match(/[\w+/]{20,}=*/g) ?? []).map((text) => Buffer.from(text, 'base64').toString('latin1'));
    all.push(name, value, decoded, await client.sendCommand(['DUMP', name]));
  }
  return JSON.stringify(all);
}
