import type { RedisServer } from '../../support/redis-process.js';

export interface RedisUse {
  readonly usedBytes: number;
  readonly keys: number;
  /** Kinds of keys, without their hashes, that would stay forever. */
  readonly endless: readonly string[];
  /** The longest life of all keys. */
  readonly maxLifeMs: number;
}

export async function redisUse({ client }: RedisServer): Promise<RedisUse> {
  const info = await client.info('memory');
  const endless = new Set<string>();
  let [keys, maxLifeMs] = [0, 0];
  for await (const names of client.scanIterator({ MATCH: '*', COUNT: 1000 })) {
    const lives = await Promise.all(names.map((name) => client.pTTL(name)));
    for (const [index, life] of lives.entries()) {
      // It has ended since it was listed.
      if (life === -2) continue;
      keys += 1;
      if (life === -1) endless.add(kindOf(names[index] ?? ''));
      else maxLifeMs = Math.max(maxLifeMs, life);
    }
  }
  return { usedBytes: Number(/used_memory:(\d+)/.exec(info)?.[1]), keys, endless: [...endless], maxLifeMs };
}

function kindOf(name: string): string {
  return name.replace(/[^:]{16,}/g, '*');
}
