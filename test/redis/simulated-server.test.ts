import { afterAll, beforeAll, expect, it } from 'vitest';
import { heartbeatScript, MEMBER_LIFE_MS, reserveScript } from '../../src/redis/fleet/read-budget-scripts.js';
import { finishScript, joinScript } from '../../src/redis/fleet/read-lease-scripts.js';
import type { RedisScript } from '../../src/redis/script.js';
import { instantNames } from '../../src/redis/windows/record-format.js';
import { forgetManyScript, forgetWindowScript, mergeScript } from '../../src/redis/windows/scripts.js';
import { Random } from '../simulation/model/random.js';
import { answer } from '../simulation/server/commands.js';
import { Server } from '../simulation/server/server.js';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis-server.js';
import { newPrefix } from './support.js';

const HOUR_MS = 3_600_000;
const MONTH_MS = 30 * 24 * HOUR_MS;
/** The model rounds the time to microseconds once more, at each of the steps. */
const ROUNDING_US = 100;

let redis: RedisServer;

/** What one sends to a server. */
function commandOf({ text }: RedisScript, keys: readonly string[], args: readonly (string | number)[]): string[] {
  return ['EVAL', text, String(keys.length), ...keys, ...args.map(String)];
}

/** Records are compared by what they say, in whatever order. */
function readable(reply: unknown): unknown {
  if (Array.isArray(reply)) return reply.map(readable);
  return typeof reply === 'string' && reply.startsWith('{') ? JSON.parse(reply) : reply;
}

// What the simulation of several processes takes for Redis.
describeWithRedis('the simulated server', () => {
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());

  async function bothAnswer(server: Server, args: string[], now: number): Promise<void> {
    const reply = await redis.client.sendCommand(args);
    expect(readable(answer(server, { args, sender: undefined }, now))).toEqual(readable(reply));
  }

  it('merges, forgets and gives windows as Redis does', async () => {
    const [random, server, prefix] = [new Random(1, 0), new Server(), newPrefix()];
    const now = Date.now();
    const tombstones = ['w', 'c', 'a'].map((name) => `${prefix}f:${name}`);
    const instants = Object.values(instantNames).filter(
      (name) => name !== instantNames.optedInAt && name !== instantNames.optedOutAt,
    );
    for (let step = 0; step < 400; step += 1) {
      const window = `${prefix}w:${random.between(1, 3)}`;
      const keys = [window, ...tombstones, `${prefix}n:x`];
      const what = random.between(1, 20);
      if (what === 1) await bothAnswer(server, commandOf(forgetWindowScript, keys, [`own-${step}`, MONTH_MS]), now);
      else if (what === 2) {
        const changed = [random.pick(tombstones), `${prefix}n:x`];
        await bothAnswer(server, commandOf(forgetManyScript, changed, [`many-${step}`, MONTH_MS]), now);
      } else {
        // One in ten is so old that nothing of it matters.
        const at = (): number => now - random.between(0, random.chance(0.1) ? 3 * MONTH_MS : 48 * HOUR_MS);
        const evidence = Object.fromEntries([random.pick(instants), random.pick(instants)].map((name) => [name, at()]));
        const args = [JSON.stringify(evidence), now, MONTH_MS, now + MONTH_MS];
        await bothAnswer(server, commandOf(mergeScript, keys, args), now);
      }
      await bothAnswer(server, ['MGET', window, ...tombstones], now);
    }
  });

  it('assigns reads and shares their answers as Redis does', async () => {
    const [random, server, prefix] = [new Random(2, 0), new Server(), newPrefix()];
    const now = Date.now();
    for (let step = 0; step < 300; step += 1) {
      const id = random.between(1, 2);
      const [lease, notification] = [`${prefix}t:${id}`, `${prefix}n:${id}`];
      const reader = `reader-${random.between(1, 3)}`;
      if (random.chance(0.5)) {
        const after = random.chance(0.5) ? '' : random.between(0, 60);
        await bothAnswer(server, commandOf(joinScript, [lease], [reader, after, 60_000]), now);
      } else {
        const told = server.tables.leases.get(lease, now)?.number ?? 0;
        const args = [reader, told, random.chance(0.3) ? '' : `answer-${step}`];
        await bothAnswer(server, commandOf(finishScript, [lease, notification], args), now);
      }
    }
  });

  it('counts members and grants reads as Redis does', async () => {
    const [random, server, prefix] = [new Random(3, 0), new Server(), newPrefix()];
    const keys = [`${prefix}m`, `${prefix}b:w`, `${prefix}bc:w`];
    let redisUs = 0;
    const roles = new Set<string>();
    for (let step = 0; step < 400; step += 1) {
      // Some know the time only from long ago.
      const knownUs = redisUs - (random.chance(0.2) ? random.between(0, MEMBER_LIFE_MS * 1_000) : 0);
      const presence = [`process-${random.between(1, 3)}`, redisUs === 0 ? '' : knownUs + MEMBER_LIFE_MS * 1_000];
      const [interval, burst, patient] = [2_000, 14_000, random.chance(0.2) ? 1 : 0];
      const reading = [...presence, interval, burst, random.between(0, 400_000), 4, patient];
      const args = random.chance(0.2)
        ? commandOf(heartbeatScript, keys.slice(0, 1), presence)
        : commandOf(reserveScript, keys, reading);
      const reply = (await redis.client.sendCommand(args)) as unknown as [string, number, number];
      redisUs = reply[2];
      const [role, wait] = answer(server, { args, sender: undefined }, redisUs / 1_000) as [string, number];
      roles.add(role);
      expect([step, role]).toEqual([step, reply[0]]);
      expect(Math.abs(wait - reply[1])).toBeLessThanOrEqual(ROUNDING_US);
    }
    expect([...roles].toSorted()).toEqual(['later', 'member', 'spent', 'taken']);
  });
});
