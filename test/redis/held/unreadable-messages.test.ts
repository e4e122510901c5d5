import type { HeldMessage, HeldStore } from 'freeform-guard';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisUnavailable } from '../../../src/redis/connection.js';
import type { HeldCommands } from '../../../src/redis/held/commands.js';
import { UnreadableMessages } from '../../../src/redis/held/unreadable-messages.js';
import { RedisKeys } from '../../../src/redis/keys.js';
import { windowKey } from '../../contracts/held-store.contract.js';
import { keyOf, park, waiting } from '../../stores/held-support.js';
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.js';
import { connectedStore, SECRET, timeoutMs } from '../support.js';
import { processes } from './support.js';

let server: RedisServer;

describeWithRedis('unreadable data about held messages', () => {
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());

  /** A queue of two messages: the store, the second message, the prefix, and the fields of both. */
  async function queueOfTwo(): Promise<[HeldStore, HeldMessage, string, string[]]> {
    const [[one], prefix] = await processes(server, 1);
    const first = await park(one, waiting());
    const bodies = await keyOf(server, prefix, 'b');
    const [field = ''] = await server.client.hKeys(bodies);
    const second = await park(one, waiting());
    const fields = [field, ...(await server.client.hKeys(bodies)).filter((other) => other !== field)];
    expect(await one?.list(windowKey())).toEqual([first, second]);
    return [one as HeldStore, second, prefix, fields];
  }

  it.each([
    ['another message of the queue', (bodies: string[]) => bodies[1] ?? ''],
    ['another version', ([body = '']: string[]) => flip(body, 0)],
    ['another text', ([body = '']: string[]) => flip(body, 20)],
    ['nothing', () => ''],
    ['text that is not base64', () => '💥'],
  ])('%s in place of a message does not block the others, and stays', async (_, change) => {
    const [store, second, prefix, fields] = await queueOfTwo();
    const bodies = await keyOf(server, prefix, 'b');
    const values = await Promise.all(fields.map((field) => server.client.hGet(bodies, field)));
    await server.client.hSet(bodies, fields[0] ?? '', change(values.map(String)));
    expect(await store.list(windowKey())).toEqual([second]);
    expect(await store.add(waiting(), 2)).toBe('full');
    await store.remove(second);
    expect(await store.windows(second.workspaceId)).toEqual([windowKey()]);
    expect(await server.client.hLen(bodies)).toBe(1);
  });

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"v":2}',
    '{"v":1,"s":"waiting","r":"","w":""}',
    '{"v":1,"s":"offered","r":"","w":""}',
  ])('an entry %j counts and is not listed', async (entry) => {
    const [store, second, prefix, fields] = await queueOfTwo();
    await server.client.hSet(await keyOf(server, prefix, 'r'), fields[0] ?? '', entry);
    expect(await store.list(windowKey())).toEqual([second]);
    expect(await store.add(waiting(), 2)).toBe('full');
    expect(await store.add(waiting(), 3)).toBe('added');
  });

  it('a reference with an unreadable message cannot be held again', async () => {
    const [[one], prefix] = await processes(server, 1);
    const message = await park(one, waiting());
    const bodies = await keyOf(server, prefix, 'b');
    await server.client.hSet(bodies, (await server.client.hKeys(bodies))[0] ?? '', 'x');
    await expect(one?.add(waiting({ reference: message.reference }), 20)).rejects.toThrow('has not kept');
  });

  it('is counted once per message, so that it can be logged (field B13)', async () => {
    const [[one], prefix] = await processes(server, 1);
    for (const message of [waiting(), waiting(), waiting()]) await park(one, message);
    const bodies = await keyOf(server, prefix, 'b');
    const fields = await server.client.hKeys(bodies);
    for (const field of fields.slice(0, 2)) await server.client.hSet(bodies, field, 'x');
    for (let times = 0; times < 2; times += 1) expect(await one?.list(windowKey())).toHaveLength(1);
    expect(await one?.countUnreadable?.()).toBe(2);
  });

  it('among the windows does not hide the others', async () => {
    const [[one], prefix] = await processes(server, 1);
    await park(one, waiting());
    await server.client.hSet(await keyOf(server, prefix, 'w'), 'x', 'y');
    expect(await one?.windows(windowKey().workspaceId)).toEqual([windowKey()]);
  });

  it('of another secret is not found, and is found again with that secret', async () => {
    const [[one], prefix] = await processes(server, 1);
    const message = await park(one, waiting());
    const secret = `${SECRET}, another`;
    const other = (await connectedStore(server.port, { timeoutMs, prefix, secret })).held;
    // In one step: without its end the key would stay for good where the second step gets no answer.
    expect(await server.client.pTTL(`${prefix}hs`)).toBeGreaterThan(0);
    expect([await other.list(windowKey()), await other.windows(message.workspaceId)]).toEqual([[], []]);
    expect([await other.countUnreadable?.(), await one?.countUnreadable?.()]).toEqual([1, 0]);
    const again = (await connectedStore(server.port, { timeoutMs, prefix })).held;
    expect(await again.list(windowKey())).toEqual([message]);
  });
});

describe('until when messages wait under a secret', () => {
  const HOUR = 3_600_000;

  function setUp() {
    const redis = { isDown: false };
    const recorded: unknown[] = [];
    const run = async (_script: unknown, _keys: unknown, [, until]: readonly unknown[]): Promise<unknown> => {
      if (redis.isDown) throw new RedisUnavailable();
      return recorded.push(until);
    };
    const commands = { run } as unknown as HeldCommands;
    const keys = new RedisKeys('ffg:', SECRET);
    const messages = new UnreadableMessages({ commands, keys, now: () => 0 });
    return { messages, recorded, redis };
  }

  it('is recorded once for many messages, and again an hour later', async () => {
    const { messages, recorded } = setUp();
    await Promise.all([HOUR, HOUR + 1, 2 * HOUR - 1].map((until) => messages.recordSecret(until)));
    await messages.recordSecret(2 * HOUR);
    expect(recorded).toEqual([HOUR, 2 * HOUR]);
  });

  it('is recorded with the next message where Redis did not answer', async () => {
    const { messages, recorded, redis } = setUp();
    redis.isDown = true;
    await expect(messages.recordSecret(HOUR)).rejects.toBeInstanceOf(RedisUnavailable);
    redis.isDown = false;
    await messages.recordSecret(HOUR + 1);
    expect(recorded).toEqual([HOUR + 1]);
  });
});

/** Flips one bit of a base64 text. */
function flip(text: string, index: number): string {
  const bytes = Buffer.from(text, 'base64');
  bytes.writeUInt8(bytes.readUInt8(index) ^ 2, index);
  return bytes.toString('base64');
}
