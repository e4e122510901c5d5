// Ratios, measured side by side in one run: times differ from machine to machine, ratios far less.
// `npm run bench`
import { randomUUID } from 'node:crypto';
import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createGuard, memoryStore } from 'freeform-guard';
import { createSandbox } from 'freeform-guard/sandbox';

const DAY_MS = 86_400_000;
const CALLS = 200_000;
const ROUNDS = 15;
const WINDOWS = 100_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

const workspaceId = randomUUID();
const channelId = randomUUID();
const addresses = Array.from({ length: WINDOWS }, (_, index) => `+1202${String(5_000_000 + index)}`);

/** Keeps results in use, so that no loop is optimised away. */
let sink = 0;

function timeOf(call) {
  const startedAt = performance.now();
  for (let index = 0; index < CALLS; index += 1) sink += call(index) ? 1 : 0;
  return ((performance.now() - startedAt) * 1e6) / CALLS;
}

/** Median nanoseconds per call of each candidate; they take turns, so that a slow moment of the machine hits all. */
function compare(candidates) {
  const rounds = candidates.map(() => []);
  for (let round = 0; round < ROUNDS + 3; round += 1) {
    for (const [index, call] of candidates.entries()) {
      const nanoseconds = timeOf(call);
      // The first rounds warm up.
      if (round >= 3) rounds[index].push(nanoseconds);
    }
  }
  return rounds.map((times) => times.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)]);
}

function nestedMap() {
  const expiries = new Map(addresses.map((address) => [address, Date.now() + DAY_MS]));
  return new Map([[workspaceId, new Map([[channelId, expiries]])]]);
}

async function measureHit() {
  const sandbox = await createSandbox();
  const workspace = sandbox.addWorkspace();
  const channel = workspace.addChannel({ platformId: 'whatsapp' });
  const contact = workspace.addContact({ identifiers: [{ key: 'phonenumber', value: addresses[0] }] });
  workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
  const guard = createGuard({
    workspaces: { [workspace.id]: { accessKey: workspace.accessKey, baseUrl: sandbox.url } },
  });
  const message = {
    receiver: { contacts: [{ identifierKey: 'phonenumber', identifierValue: addresses[0] }] },
    body: { type: 'text', text: { text: 'Hello' } },
  };
  const send = {
    workspaceId: workspace.id,
    channelId: channel.id,
    contact: message.receiver.contacts[0],
    message,
  };
  const { action, source } = await guard.check(send);
  if (action !== 'send' || source !== 'bird') throw new Error('The window should be open');
  const windows = new Map([[workspace.id, new Map([[channel.id, new Map([[addresses[0], Date.now() + DAY_MS]])]])]]);
  const isOpen = () => windows.get(send.workspaceId)?.get(send.channelId)?.get(addresses[0]) > Date.now();
  const times = compare([isOpen, () => guard.peek(send) !== undefined]);
  guard.close();
  await sandbox.close();
  return times;
}

function measureKeys() {
  const nested = nestedMap();
  const flat = new Map(addresses.map((address) => [`${workspaceId} ${channelId} ${address}`, 1]));
  return compare([
    (index) =>
      nested
        .get(workspaceId)
        ?.get(channelId)
        ?.get(addresses[index % WINDOWS]) !== undefined,
    (index) => flat.get(`${workspaceId} ${channelId} ${addresses[index % WINDOWS]}`) !== undefined,
  ]);
}

/** Bytes per window that `fill` leaves on the heap; the addresses themselves are there before. */
function bytesPerWindow(fill) {
  collectGarbage();
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const kept = fill();
  collectGarbage();
  const bytes = (process.memoryUsage().heapUsed - before) / WINDOWS;
  sink += Object.keys(kept).length;
  return bytes;
}

function filledStore() {
  const store = memoryStore({ max: WINDOWS });
  for (const address of addresses) store.merge({ workspaceId, channelId, address }, { expiresAt: Date.now() + DAY_MS });
  return store;
}

function filledFlatMap() {
  const value = (address) => ({ address, expiresAt: Date.now() + DAY_MS });
  return new Map(addresses.map((address) => [`${workspaceId} ${channelId} ${address}`, value(address)]));
}

function row(name, value, ratio) {
  console.log(`| ${name.padEnd(48)} | ${value.padStart(10)} | ${ratio.padStart(6)} |`);
}

function table(unit, [[baseName, base], ...others]) {
  row(baseName, `${Math.round(base)} ${unit}`, '1');
  for (const [name, value] of others) row(name, `${Math.round(value)} ${unit}`, (value / base).toFixed(1));
}

// Memory first: what the other measurements leave behind would be counted with it.
const [storeBytes, flatBytes] = [bytesPerWindow(filledStore), bytesPerWindow(filledFlatMap)];
const [lookup, peek] = await measureHit();
const [nested, flat] = measureKeys();

console.log(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${CALLS} calls x ${ROUNDS} rounds\n`);
row('what', 'median', 'ratio');
console.log(`| ${'-'.repeat(48)} | ${'-'.repeat(9)}: | ${'-'.repeat(5)}: |`);
table('ns', [
  ['bare look-up in nested maps, and the clock', lookup],
  ['guard.peek on a hit, the whole decision', peek],
]);
table('ns', [
  ['nested maps, 100 000 windows', nested],
  ['one map, template-string key', flat],
]);
table('B', [
  ['memoryStore, per window of 100 000', storeBytes],
  ['one map, template-string key, object value', flatBytes],
]);
if (sink === 0) throw new Error('Nothing was measured');
