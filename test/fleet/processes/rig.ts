import { type RedisServer, startRedis } from '../../support/redis-process.js';
import { type Bird, startBird } from '../model/bird.js';
import { GuardHandle } from './guard-handle.js';
import type { FromGuard, GuardSetup } from './messages.js';
import { type ProxyHandle, startProxyProcess } from './proxy-handle.js';

/** Everything that takes part: a Bird, a Redis, and processes with a guard each. */
export interface Rig {
  readonly bird: Bird;
  readonly redis: RedisServer;
  /** Between each process and Redis, where there are any. */
  readonly proxies: readonly ProxyHandle[];
  readonly guards: readonly GuardHandle[];
  close(): Promise<void>;
}

/** Where the compiled programs are. */
export interface Programs {
  readonly guard: string;
  readonly proxy: string;
}

export interface RigOptions {
  readonly processes: number;
  readonly programs: Programs;
  /** Proxies take part of what the machine can do, so they are there only for a fault that needs them. */
  readonly isProxied: boolean;
  readonly onMessage: (message: FromGuard) => void;
}

export async function startRig({ processes, programs, isProxied, onMessage }: RigOptions): Promise<Rig> {
  const [bird, redis] = await Promise.all([startBird(), startRedis('--maxmemory-policy', 'noeviction')]);
  const count = Array.from({ length: processes }, (_, index) => index);
  const proxies = isProxied ? await Promise.all(count.map(() => startProxyProcess(programs.proxy, redis.port))) : [];
  const { workspace, channelId, url: birdUrl } = bird;
  const setup = { workspaceId: workspace.id, channelId, accessKey: workspace.accessKey, birdUrl, processes };
  const start = (index: number): Promise<GuardHandle> => {
    const redisPort = proxies[index]?.port ?? redis.port;
    return startGuard(programs.guard, { ...setup, redisPort }, onMessage);
  };
  const guards = await Promise.all(count.map(start));
  const close = async (): Promise<void> => {
    await Promise.all(guards.map((guard) => guard.leave()));
    await Promise.all([bird.close(), redis.stop(), ...proxies.map((proxy) => proxy.close())]);
  };
  return { bird, redis, proxies, guards, close };
}

/** Settles when it is ready. */
function startGuard(program: string, setup: GuardSetup, onMessage: (message: FromGuard) => void): Promise<GuardHandle> {
  return new Promise((resolve) => {
    const guard = new GuardHandle(program, setup, (message) => {
      if (message.kind === 'ready') resolve(guard);
      else onMessage(message);
    });
  });
}
