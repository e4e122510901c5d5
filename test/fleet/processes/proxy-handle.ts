import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { ProxyMode } from '../../support/tcp-proxy.js';

/** A proxy in a process of its own. */
export interface ProxyHandle {
  readonly port: number;
  set(mode: ProxyMode): void;
  close(): Promise<void>;
}

export async function startProxyProcess(program: string, redisPort: number): Promise<ProxyHandle> {
  const child = fork(program, { env: { ...process.env, REDIS_PORT: String(redisPort) } });
  const [port] = (await once(child, 'message')) as [number];
  return {
    port,
    set: (mode) => void child.send(mode),
    close: async () => {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}
