// A guard that meets many people once. It tells how much memory that takes.
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { writeHeapSnapshot } from 'node:v8';
import { createGuard, type Guard, holdUntilReply, memoryHeldStore, memoryStore, windowStatus } from 'freeform-guard';
import { redisStore } from 'freeform-guard/redis';
import { createClient } from 'redis';
import { sampleMemory } from './memory.js';
import type { Sample } from './messages.js';
import type { FromStrangers, StrangersSetup } from './strangers-messages.js';

const KNOWN_EVERY_MS = 50;
/** A message that is held ends soon: what waits is not what stays. */
const HELD_MS = 3_000;
/** Longer than that, and than reads and writes take that nobody waits for any more, on a good day. */
const REST_MS = 4_000;
/** Longer than most of what Redis did not answer in time waits to be tried again. */
const REST_OVER_REDIS_MS = 30_000;
const MAX_RESTS = 30;
/** As many channels, conversations and contacts as a workspace remembers that Bird does not know. */
const UNKNOWN = 10_000;
/** As many ids of workspaces and channels as a process keeps, before it forgets all of them. */
const RECURRING = 10_000;
/** What Bird's answer then means. */
const NOT_KNOWN: readonly string[] = ['channel_not_found', 'address_unresolved', 'contact_not_found'];

const setup = JSON.parse(process.env.SOAK_SETUP ?? '') as StrangersSetup;
const SAMPLES = setup.count < 100_000 || setup.redisPort !== undefined ? 10 : 20;
/** The lowest counts: what is under way comes and goes, what stays is in each of them. A short run has no time for it. */
const READINGS = setup.isFilled ? 5 : 1;
const { workspaceId, channelId, holdChannelId, max, count, redisPort, known } = setup;
/** Over Redis fewer, so that it answers in time: what waits while it does not is no memory that stays. */
const AT_ONCE = redisPort === undefined ? 1_000 : 100;
const client = redisPort === undefined ? undefined : createClient({ socket: { host: '127.0.0.1', port: redisPort } });
client?.on('error', () => {});
const store = client && redisStore(client, { secret: 'the secret of this soak', instances: 1, max });
const outcomes: Record<string, number> = {};
let [knownAsked, knownUnknown] = [0, 0];
let recurring = 0;
/** Who is written to where it does not matter. */
const anybody = toContact('+31970000000');

function createStrangersGuard(): Guard {
  const held = holdUntilReply({ store: store?.held ?? memoryHeldStore({ max: 500 }), lifetimeMs: HELD_MS });
  return createGuard({
    workspaces: {
      [workspaceId]: {
        accessKey: setup.accessKey,
        baseUrl: setup.birdUrl,
        lookupsPerSecond: 0.8 * setup.readsPerSecond,
        channels: { [holdChannelId]: { onClosed: held, onUnknown: 'reroute' } },
      },
    },
    store: store ?? memoryStore({ max }),
    logger: { warn: () => {}, error: () => {} },
  });
}

const guard = createStrangersGuard();
const windowOf = ({ url }: Request): never => {
  return { workspaceId, channelId, address: decodeURIComponent(new URL(url).pathname.slice(1)) } as never;
};
const status = windowStatus(guard, { resolve: windowOf });
const message = { body: { type: 'text', text: { text: 'Your parcel is on its way' } } };

async function check(send: Parameters<Guard['check']>[0]): Promise<void> {
  const { decision } = await guard.check({ ...send, message });
  const name = `${decision.verdict} ${decision.reason}`;
  outcomes[name] = (outcomes[name] ?? 0) + 1;
}

const ref = { workspaceId, channelId };

/** How somebody can be met for the first and last time. */
const meetings: readonly ((address: string) => unknown)[] = [
  (address) => guard.observeInbound({ ...ref, contactId: crypto.randomUUID(), address, at: Date.now() }),
  (address) => guard.observeInbound({ ...ref, address, identifierKey: 'phonenumber', at: Date.now() }),
  () => guard.observeInbound({ ...ref, contactId: crypto.randomUUID(), at: Date.now() }),
  (address) => guard.observeInbound({ ...ref, channelId: holdChannelId, address, at: Date.now(), text: 'STOP' }),
  (address) => guard.observeRefusal({ ...ref, address, sentAt: Date.now(), code: 131047 }),
  (address) => check({ ...ref, contact: toContact(address) }),
  () => check({ ...ref, contact: { id: crypto.randomUUID() } }),
  () => check({ workspaceId, conversationId: crypto.randomUUID() }),
  // On a channel that nobody has heard of.
  (address) => check({ workspaceId, channelId: nextRecurring(), contact: toContact(address) }),
  // In a workspace that nobody has heard of.
  (address) => check({ workspaceId: nextRecurring(), channelId, contact: toContact(address) }),
  (address) => check({ ...ref, channelId: holdChannelId, contact: toContact(address) }),
  (address) => watch(address),
];

function nextRecurring(): string {
  recurring += 1;
  return crypto.randomUUID();
}

function toContact(identifierValue: string): { identifierKey: string; identifierValue: string } {
  return { identifierKey: 'phonenumber', identifierValue };
}

async function watch(address: string): Promise<void> {
  const headers = { accept: 'text/event-stream' };
  const { body } = await status.fetch(new Request(`http://soak/${encodeURIComponent(address)}`, { headers }));
  await body?.cancel();
}

/** Those whose windows are known to be open are not to notice any of it. */
async function askKnown(): Promise<void> {
  const decided = await Promise.all(
    known.map((address) => guard.check({ ...ref, contact: toContact(address), message })),
  );
  knownAsked += decided.length;
  knownUnknown += decided.filter(({ decision }) => decision.verdict !== 'allow').length;
}

let next = 0;

async function meetUntil(last: number): Promise<void> {
  while (next < last) {
    const number = next;
    next += 1;
    const address = `+3197${String(10_000_000 + number)}`;
    // Each comes by itself, as over the network: none waits for all others.
    await nextTurn();
    // A Redis that does not answer in time is no fault of the guard.
    await Promise.resolve(meetings[number % meetings.length]?.(address)).catch(() => {});
  }
}

/** What is under way takes memory too, and as long as Redis does not answer there is much of it. */
async function rest(): Promise<void> {
  for (let count = 0; count < MAX_RESTS; count += 1) {
    await sleep(store === undefined || !setup.isFilled ? REST_MS : REST_OVER_REDIS_MS);
    if (store === undefined || store.health().reachable) return;
  }
}

/**
 * Fills the memories of what Bird does not know: they are the slowest to fill, and what fills would look like growth.
 * Only what was read counts, so that many are tried more than once.
 */
async function fillUnknown(): Promise<void> {
  const unknown: readonly ((id: string) => Parameters<Guard['check']>[0])[] = [
    (id) => ({ workspaceId, channelId: id, contact: anybody }),
    (id) => ({ workspaceId, conversationId: id }),
    (id) => ({ ...ref, contact: { id } }),
  ];
  for (const toSend of unknown) {
    for (let read = 0; read < UNKNOWN; ) {
      const sends = Array.from({ length: 50 }, () => ({ ...toSend(crypto.randomUUID()), message }));
      const results = await Promise.all(sends.map((send) => guard.check(send)));
      read += results.filter(({ decision }) => NOT_KNOWN.includes(decision.reason)).length;
      await sleep(100);
    }
  }
}

/** At each reading as many ids are remembered: what is forgotten all at once would look like growth in between. */
async function fillRecurring(): Promise<void> {
  while (recurring % RECURRING !== 0)
    await guard.check({ ...ref, workspaceId: nextRecurring(), contact: anybody, message });
}

async function sampleRested(): Promise<Sample> {
  if (setup.isFilled) await fillRecurring();
  await rest();
  const readings: Sample[] = [];
  for (let count = 0; count < READINGS; count += 1) {
    readings.push(await sampleMemory());
    await sleep(REST_MS / 4);
  }
  return readings.reduce((lowest, one) => (one.heapBytes < lowest.heapBytes ? one : lowest));
}

function post(message: FromStrangers): void {
  process.send?.(message);
}

// It keeps the process alive: what is measured does not.
process.on('message', () => {});
for (const address of known) await guard.observeInbound({ ...ref, address, at: Date.now() });
await askKnown();
post({ kind: 'met', count: 0, ...(await sampleMemory()) });
if (setup.isFilled) await fillUnknown();
const stalls = monitorEventLoopDelay({ resolution: 5 });
stalls.enable();
const startedAt = performance.now();
for (let step = 1; step <= SAMPLES; step += 1) {
  const last = Math.round((count * step) / SAMPLES);
  const asking = setInterval(() => void askKnown(), KNOWN_EVERY_MS);
  await Promise.all(Array.from({ length: AT_ONCE }, () => meetUntil(last)));
  clearInterval(asking);
  const sample = await sampleRested();
  const snapshot = setup.snapshots && writeHeapSnapshot(join(setup.snapshots, `${last}.heapsnapshot`));
  post({ kind: 'met', count: last, snapshot, ...sample });
}
const seconds = (performance.now() - startedAt) / 1000;
await guard.close();
post({ kind: 'done', seconds, outcomes, knownAsked, knownUnknown, stallMs: stalls.max / 1e6 });
store?.close();
process.disconnect();
