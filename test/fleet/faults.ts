import type { ProxyMode } from '../support/tcp-proxy.js';
import type { Rig } from './processes/rig.js';

/** Redis, and the ways there. */
export type Breakable = Pick<Rig, 'redis' | 'proxies'>;

/** What happens to Redis, or to the way there, in the middle of a run. */
export interface Fault {
  readonly name: string;
  readonly durationMs: number;
  readonly isProxied?: boolean;
  begin(rig: Breakable): unknown;
  end(rig: Breakable): unknown;
}

const nothing = (): void => {};

export const faults: readonly Fault[] = [
  {
    name: 'kill -9, empty after 3 s',
    durationMs: 3_000,
    begin: ({ redis }) => redis.kill(),
    end: ({ redis }) => redis.start(),
  },
  { name: 'SIGSTOP', durationMs: 5_000, begin: ({ redis }) => redis.pause(), end: ({ redis }) => redis.resume() },
  {
    name: 'one process cut off',
    durationMs: 5_000,
    isProxied: true,
    begin: ({ proxies }) => proxies[0]?.set('black hole'),
    end: ({ proxies }) => proxies[0]?.set('pass'),
  },
  {
    name: 'all processes cut off',
    durationMs: 5_000,
    isProxied: true,
    begin: ({ proxies }) => setAll(proxies, 'black hole'),
    end: ({ proxies }) => setAll(proxies, 'pass'),
  },
  { name: 'FLUSHALL', durationMs: 0, begin: ({ redis }) => redis.client.flushAll(), end: nothing },
  {
    name: 'Redis full',
    durationMs: 5_000,
    begin: ({ redis }) => redis.client.configSet('maxmemory', '1'),
    end: ({ redis }) => redis.client.configSet('maxmemory', '0'),
  },
  { name: 'all keys corrupted, twice', durationMs: 2_000, begin: corrupt, end: corrupt },
];

function setAll(proxies: Rig['proxies'], mode: ProxyMode): void {
  for (const proxy of proxies) proxy.set(mode);
}

/**
 * Values that no process of the fleet writes. A well-formed forgery is not among them: who may write to Redis is trusted
 * that far.
 */
const garbage: readonly string[] = ['x', '', 'null', '{"v":1,"e":1e400}', '{"v":9,"e":1}', '1e300', 'nan', '['];

async function corrupt({ redis: { client } }: Breakable): Promise<void> {
  const names = await client.keys('ffg:*');
  const corruptOne = async (name: string, index: number): Promise<void> => {
    const value = garbage[index % garbage.length] ?? '';
    // Atomically: a process may write the key between two steps.
    const corruption = client.multi().del(name);
    if (index % 5 === 0) corruption.lPush(name, value);
    else if (index % 7 === 0) corruption.hSet(name, { until: value, number: value, from: value });
    else corruption.set(name, value);
    await corruption.exec();
  };
  await Promise.all(names.map(corruptOne));
}
