import type { ProxyMode } from '../support/tcp-proxy.js';
import type { Rig } from './processes/rig.js';

/** What happens to Redis, or to the way there, in the middle of a run. */
export interface Fault {
  readonly name: string;
  readonly lastsMs: number;
  readonly isProxied?: boolean;
  begin(rig: Rig): unknown;
  end(rig: Rig): unknown;
}

const nothing = (): void => {};

export const faults: readonly Fault[] = [
  {
    name: 'kill -9, empty after 3 s',
    lastsMs: 3_000,
    begin: ({ redis }) => redis.kill(),
    end: ({ redis }) => redis.start(),
  },
  { name: 'SIGSTOP', lastsMs: 5_000, begin: ({ redis }) => redis.pause(), end: ({ redis }) => redis.resume() },
  {
    name: 'one process cut off',
    lastsMs: 5_000,
    isProxied: true,
    begin: ({ proxies }) => proxies[0]?.set('black hole'),
    end: ({ proxies }) => proxies[0]?.set('pass'),
  },
  {
    name: 'all processes cut off',
    lastsMs: 5_000,
    isProxied: true,
    begin: ({ proxies }) => setAll(proxies, 'black hole'),
    end: ({ proxies }) => setAll(proxies, 'pass'),
  },
  { name: 'FLUSHALL', lastsMs: 0, begin: ({ redis }) => redis.client.flushAll(), end: nothing },
  {
    name: 'Redis full',
    lastsMs: 5_000,
    begin: ({ redis }) => redis.client.configSet('maxmemory', '1'),
    end: ({ redis }) => redis.client.configSet('maxmemory', '0'),
  },
  { name: 'all keys spoilt, twice', lastsMs: 2_000, begin: spoil, end: spoil },
];

function setAll(proxies: Rig['proxies'], mode: ProxyMode): void {
  for (const proxy of proxies) proxy.set(mode);
}

/**
 * What nobody of the fleet can have written. A forged opening that looks right is not among it: whoever may write to
 * Redis is trusted as far as that.
 */
const rubbish: readonly string[] = ['x', '', 'null', '{"v":1,"e":1e400}', '{"v":9,"e":1}', '1e300', 'nan', '['];

async function spoil({ redis: { client } }: Rig): Promise<void> {
  const names = await client.keys('ffg:*');
  const spoilOne = async (name: string, index: number): Promise<void> => {
    const value = rubbish[index % rubbish.length] ?? '';
    // At one go: a process may write it between two steps.
    const spoilt = client.multi().del(name);
    if (index % 5 === 0) spoilt.lPush(name, value);
    else if (index % 7 === 0) spoilt.hSet(name, { until: value, number: value, from: value });
    else spoilt.set(name, value);
    await spoilt.exec();
  };
  await Promise.all(names.map(spoilOne));
}
