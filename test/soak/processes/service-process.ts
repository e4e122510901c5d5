// One service with a guard, over real HTTP, that tells how much memory it has and what it leaves behind. Its Bird and its
// clients are in the process that started it, so that their memory does not count.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createClient } from 'redis';
import { LiveTimers, leftBehind, takeInventory } from './left-behind.js';
import { sampleMemory } from './memory.js';
import type { Closed, FromService, ServiceSetup, ServiceTotals, ToService } from './messages.js';
import { startService } from './service.js';

/** How long the last requests before a sample may take. */
const MAX_QUIET_MS = 5_000;
/** How long requests are still taken after `close` has settled. */
const LAST_REQUESTS_MS = 300;
/** How long what has been told to end may take. */
const MAX_ENDING_MS = 6_000;

const setup = JSON.parse(process.env.SOAK_SETUP ?? '') as ServiceSetup;
const stalls = monitorEventLoopDelay({ resolution: 10 });
const mistakes: string[] = [];
const mistake = (text: string): void => void (mistakes.length < 20 && mistakes.push(text));

function post(message: FromService): void {
  process.send?.(message);
}

async function until(condition: () => boolean, maxMs: number): Promise<void> {
  const giveUpAt = performance.now() + maxMs;
  while (!condition() && performance.now() < giveUpAt) await sleep(50);
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => sleepTimer(resolve, ms));
// The real one: this process's own waiting is not what is looked for.
const sleepTimer = setTimeout;

process.on('unhandledRejection', (reason) => mistake(`unhandled rejection: ${String(reason)}`));
process.on('uncaughtException', (error) => mistake(`uncaught exception: ${String(error.stack)}`));
process.on('warning', ({ name, message }) => mistake(`warning: ${name}: ${message}`));

async function close(timeoutMs: number): Promise<{ closed: Closed; totals: ServiceTotals }> {
  const inFlight = service.inFlight();
  const startedAt = performance.now();
  await service.closeGuard(timeoutMs);
  const tookMs = performance.now() - startedAt;
  await sleep(LAST_REQUESTS_MS);
  const totals = { ...(await service.totals()), mistakes, stallMs: stalls.max / 1e6 };
  await service.stop();
  void closeFetch();
  const left = (): string[] => leftBehind(before, takeInventory(timers, emitters));
  await until(() => left().length === 0, MAX_ENDING_MS);
  return { closed: { inFlight, tookMs, leftBehind: left() }, totals };
}

/** Ends the connections that fetch keeps for later. One on which a request is still under way stays, and is found. */
function closeFetch(): Promise<void> {
  const dispatchers = globalThis as { [name: symbol]: { close(): Promise<void> } | undefined };
  return dispatchers[Symbol.for('undici.globalDispatcher.1')]?.close() ?? Promise.resolve();
}

process.on('message', async (message: ToService) => {
  if (message.kind === 'sample') {
    await until(() => service.inFlight() === 0, MAX_QUIET_MS);
    return post({ kind: 'sample', sample: await sampleMemory(), isQuiet: service.inFlight() === 0 });
  }
  post({ kind: 'closed', ...(await close(message.timeoutMs)) });
  process.disconnect();
});

const timers = new LiveTimers();
timers.watch();
// fetch is loaded at its first use.
await fetch(setup.birdUrl).then((answer) => answer.text());
const client = setup.redis && createClient({ socket: { host: '127.0.0.1', port: setup.redis.port } });
client?.on('error', () => {});
const emitters = { process, ...(client && { redis: client }) };
const before = takeInventory(timers, emitters);
const service = await startService(setup, client, mistake);
stalls.enable();
post({ kind: 'ready' });
