// One process of the fleet: a guard over a Redis that it shares with the others, driven by the process that started it.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createGuard, type SendRequest } from 'freeform-guard';
import { redisStore } from 'freeform-guard/redis';
import { createClient } from 'redis';
import type { Decided, FromGuard, GuardSetup, Inbound, SendCommand, ToGuard } from './messages.js';

const REPORT_EVERY_MS = 10;
/** At first memory is polled closely: what is late is later than this. */
const CLOSE_WATCH_MS = 200;
const MAX_WATCH_MS = 2_000;

const setup = JSON.parse(process.env.FLEET_SETUP ?? '') as GuardSetup;
const { workspaceId, channelId } = setup;
const client = createClient({ socket: { host: '127.0.0.1', port: setup.redisPort } });
client.on('error', () => {});
const store = redisStore(client, { secret: 'the secret of this fleet', instances: setup.processes });
const guard = createGuard({
  workspaces: { [workspaceId]: { accessKey: setup.accessKey, baseUrl: setup.birdUrl } },
  logger: { warn: () => {}, error: () => {} },
  store,
});
const stalls = monitorEventLoopDelay({ resolution: 5 });
stalls.enable();

const observed: number[] = [];
const decided: Decided[] = [];

function post(message: FromGuard): void {
  process.send?.(message);
}

function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function sendTo(address: string): SendRequest {
  const contact = { identifierKey: 'phonenumber', identifierValue: address };
  const body = { type: 'text', text: { text: 'Hello' } };
  return { workspaceId, channelId, contact, message: { receiver: { contacts: [contact] }, body } };
}

async function observe({ id, ...inbound }: Inbound): Promise<void> {
  await guard.observeInbound({ workspaceId, channelId, identifierKey: 'phonenumber', ...inbound });
  observed.push(id);
}

async function decide({ id, address }: SendCommand): Promise<void> {
  const [arrivedAt, startedAt] = [Date.now(), performance.now()];
  const { decision, source } = await guard.check(sendTo(address));
  const tookMs = performance.now() - startedAt;
  const { verdict, reason } = decision;
  decided.push({ id, verdict, reason, source, arrivedAt, decidedAt: Date.now(), tookMs });
}

function watch(probe: number, address: string): void {
  const startedAt = now();
  const look = (): void => {
    if (guard.peek(sendTo(address))?.decision.verdict === 'allow') return post({ kind: 'seen', probe, at: now() });
    const watchedMs = now() - startedAt;
    if (watchedMs < MAX_WATCH_MS) setTimeout(look, watchedMs < CLOSE_WATCH_MS ? 1 : 20);
  };
  look();
}

function report(): void {
  if (observed.length + decided.length === 0) return;
  post({ kind: 'results', observed: observed.splice(0), decided: decided.splice(0) });
}

function leave(): void {
  report();
  post({ kind: 'left', stallMs: stalls.max / 1e6 });
  guard.close();
  store.close();
  process.disconnect();
}

process.on('message', (message: ToGuard) => {
  if (message.kind === 'watch') watch(message.probe, message.address);
  else if (message.kind === 'leave') leave();
  else if (message.kind === 'probe') {
    post({ kind: 'observed', probe: message.probe, at: now() });
    void observe(message.inbound);
  } else {
    for (const inbound of message.inbounds) void observe(inbound);
    for (const command of message.sends) void decide(command);
  }
});
process.on('disconnect', () => process.exit());
setInterval(report, REPORT_EVERY_MS);
post({ kind: 'ready' });
