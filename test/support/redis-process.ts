import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type RedisClientType } from 'redis';

/** Debian's name for it; `REDIS_SERVER` names another, such as `valkey-server`. */
export const redisProgram: string = process.env.REDIS_SERVER ?? 'redis-server';

type Client = RedisClientType;

/** A Redis of the test's own, on a free port of 127.0.0.1, that keeps nothing on disk. */
export interface RedisServer {
  readonly port: number;
  /** A connected client for the test itself. A new one after each start. */
  readonly client: Client;
  /** Starts it again on the same port, empty. */
  start(): Promise<void>;
  /** As `kill -9`: no good-bye. */
  kill(): Promise<void>;
  /** It stands still, and its connections with it. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

export async function startRedis(...args: readonly string[]): Promise<RedisServer> {
  const directory = await mkdtemp(join(tmpdir(), 'freeform-guard-redis-'));
  const port = await freePort();
  let running: ChildProcess | undefined;
  let client: Client | undefined;

  const kill = async (): Promise<void> => {
    if (client?.isOpen) client.destroy();
    const child = running;
    running = undefined;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  };
  const start = async (): Promise<void> => {
    const fixed = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    running = spawn(redisProgram, [...fixed, '--dir', directory, ...args], { stdio: 'ignore' });
    client = await connect(port);
  };
  await start();
  return {
    port,
    get client(): Client {
      if (client === undefined) throw new Error('The server was never started');
      return client;
    },
    start,
    kill,
    pause: () => void running?.kill('SIGSTOP'),
    resume: () => void running?.kill('SIGCONT'),
    stop: async () => {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Waits until the server answers. */
async function connect(port: number): Promise<Client> {
  const reconnectStrategy = (retries: number): number | Error => (retries > 500 ? new Error('No Redis') : 20);
  const client = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy } });
  client.on('error', () => {});
  await client.connect();
  return client;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No port');
  return address.port;
}
