// What several processes cost their Redis and themselves. It starts a Redis of its own; `REDIS_SERVER` names its
// program. `npm run bench:redis`
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createGuard, memoryStore } from 'freeform-guard';
import { redisStore } from 'freeform-guard/redis';
import { createSandbox } from 'freeform-guard/sandbox';
import { createClient } from 'redis';
import { heartbeatScript } from '../.examples/unbundled/redis/fleet/read-budget-scripts.js';

const WINDOWS = 100_000;
const HOUR_MS = 3_600_000;
const INBOUNDS = 10_000;
const secret = 'a secret for the bench alone';
const workspaceId = '11111111-1111-4111-8111-111111111111';
const channelId = '22222222-2222-4222-8222-222222222222';
const addresses = Array.from({ length: WINDOWS }, (_, index) => `+1202${String(5_000_000 + index)}`);
const keyOf = (address) => ({ workspaceId, channelId, address });

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

const port = await freePort();
const fixed = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
const server = spawn(process.env.REDIS_SERVER ?? 'redis-server', ['--port', String(port), ...fixed], {
  stdio: 'ignore',
});
const client = createClient({ socket: { host: '127.0.0.1', port } });
client.on('error', () => {});
await client.connect();

async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const found = probe.address().port;
  await new Promise((resolve) => probe.close(resolve));
  return found;
}

/**
 * How often the stores have sent each command, a round trip each. Heartbeats do not count: they do not depend on sends.
 */
const sentCommands = { MGET: 0, EVALSHA: 0 };

/** A client of node-redis whose connections count what they send. */
function countingClient() {
  const settings = createClient({ socket: { host: '127.0.0.1', port } });
  return {
    options: settings.options,
    on: (event, listener) => settings.on(event, listener),
    duplicate(overrides) {
      const connection = settings.duplicate(overrides);
      const send = connection.sendCommand.bind(connection);
      connection.sendCommand = (args) => {
        if (args[0] in sentCommands && args[1] !== heartbeatScript.sha) sentCommands[args[0]] += 1;
        return send(args);
      };
      return connection;
    },
  };
}

/** A store of a process of its own. */
async function connected(options = {}) {
  const store = redisStore(countingClient(), { secret, timeoutMs: 10_000, ...options });
  for (;;) {
    try {
      await store.merge(keyOf('probe'), { readAt: Date.now() });
      return store;
    } catch {
      await sleep(5);
    }
  }
}

/** For each window, a thousand at a time. */
async function forAll(act) {
  for (let from = 0; from < WINDOWS; from += 1_000) {
    const some = addresses.slice(from, from + 1_000);
    await Promise.all(some.map((address, index) => act(keyOf(address), from + index)));
  }
}

async function infoOf(section, field) {
  return Number(new RegExp(`^${field}:(.*)$`, 'm').exec(await client.info(section))?.[1]);
}

async function bytesInRedis(evidenceOf) {
  await client.flushAll();
  const store = await connected({ max: 0 });
  const before = await infoOf('memory', 'used_memory');
  await forAll((key, index) => store.merge(key, evidenceOf(index)));
  const bytes = (await infoOf('memory', 'used_memory')) - before;
  store.close();
  return bytes / WINDOWS;
}

/** Of the heap of this process. The addresses themselves are there before. */
async function bytesInProcess(create, fill) {
  const store = await create();
  await store.merge(keyOf('probe'), { readAt: 1 });
  collectGarbage();
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  await fill(store);
  await sleep(100);
  collectGarbage();
  collectGarbage();
  const bytes = process.memoryUsage().heapUsed - before;
  await store.get(keyOf(addresses[0]));
  store.close?.();
  return bytes / WINDOWS;
}

/** What each inbound costs Redis while so many processes listen. */
async function costOfInbounds(processes) {
  await client.flushAll();
  const stores = await Promise.all(Array.from({ length: processes }, () => connected()));
  const counters = async () => ({
    cpuUs: 1e6 * ((await infoOf('cpu', 'used_cpu_user')) + (await infoOf('cpu', 'used_cpu_sys'))),
    inBytes: await infoOf('stats', 'total_net_input_bytes'),
    outBytes: await infoOf('stats', 'total_net_output_bytes'),
  });
  const before = await counters();
  for (let from = 0; from < INBOUNDS; from += 20) {
    const some = addresses.slice(from, from + 20);
    await Promise.all(some.map((address) => stores[0].merge(keyOf(address), { lastInboundAt: Date.now() })));
  }
  await sleep(50);
  const after = await counters();
  for (const store of stores) store.close();
  return Object.fromEntries(Object.entries(after).map(([name, value]) => [name, (value - before[name]) / INBOUNDS]));
}

/** The round trips that each step takes, in two processes that share everything. */
async function tripsPerStep() {
  await client.flushAll();
  const sandbox = await createSandbox();
  const workspace = sandbox.addWorkspace();
  const channel = workspace.addChannel({ platformId: 'whatsapp' });
  const ref = { workspaceId: workspace.id, channelId: channel.id };
  const stores = [await connected(), await connected()];
  const workspaces = { [workspace.id]: { accessKey: workspace.accessKey, baseUrl: sandbox.url } };
  const [one, two] = stores.map((store) => createGuard({ workspaces, store }));
  const customers = addresses.slice(0, 5).map((address) => ({
    address,
    id: workspace.addContact({ identifiers: [{ key: 'phonenumber', value: address }] }).id,
  }));
  const [closed, known, open, ...warmUp] = customers;
  const send = (guard, { address }) =>
    guard.check({ ...ref, contact: { identifierKey: 'phonenumber', identifierValue: address } });
  for (const { id } of [open, warmUp[0]]) workspace.receiveInbound({ channelId: channel.id, contactId: id });
  // Each process learns the channel, and Redis the scripts.
  for (const guard of [one, two]) for (const customer of warmUp) await send(guard, customer);

  const steps = {
    'an inbound': () => one.observeInbound({ ...ref, address: known.address, at: Date.now() }),
    'a send that memory answers': () => send(one, known),
    'the first send of another process to that window': () => send(two, known),
    'a send to a window that Bird has to open': () => send(one, open),
    'a send to a closed window': () => send(one, closed),
  };
  const rows = [];
  for (const [step, act] of Object.entries(steps)) {
    await sleep(100);
    Object.assign(sentCommands, { MGET: 0, EVALSHA: 0 });
    await act();
    await sleep(100);
    rows.push([step, sentCommands.MGET, sentCommands.EVALSHA]);
  }
  for (const guard of [one, two]) guard.close();
  for (const store of stores) store.close();
  await sandbox.close();
  return rows;
}

function table(head, rows) {
  const all = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const line = (cells) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  console.log([line(all[0]), rule, ...all.slice(1).map(line), ''].join('\n'));
}

try {
  const now = Date.now();
  const inbound = (index) => ({ lastInboundAt: now - index });
  const sent = (index, count) =>
    Array.from({ length: count }, (_, nth) => ({ id: `m${index}-${nth}-${'x'.repeat(24)}`, at: now + nth }));
  console.log(`Redis ${/redis_version:(.*)/.exec(await client.info('server'))?.[1]}, Node ${process.version}\n`);
  table(
    ['a window in Redis', 'bytes'],
    [
      ['the end of the window, from Bird', await bytesInRedis((index) => ({ expiresAt: now + HOUR_MS + index }))],
      ["the customer's last message", await bytesInRedis(inbound)],
      ['both', await bytesInRedis((index) => ({ ...inbound(index), expiresAt: now + HOUR_MS + index }))],
      [
        'and a refusal',
        await bytesInRedis((index) => ({
          ...inbound(index),
          expiresAt: now + HOUR_MS + index,
          refusedAt: now - HOUR_MS,
        })),
      ],
      [
        'the last message, and five that count',
        await bytesInRedis((index) => ({ ...inbound(index), sent: sent(index, 5) })),
      ],
    ].map(([what, bytes]) => [what, Math.round(bytes)]),
  );
  const inFront = () => connected({ max: WINDOWS });
  const fill = (store) => forAll((key, index) => store.merge(key, inbound(index)));
  const read = (store) => forAll((key) => store.get(key));
  await client.flushAll();
  table(
    ['a window in a process', 'bytes'],
    [
      ['memoryStore', await bytesInProcess(() => memoryStore({ max: WINDOWS }), fill)],
      ['redisStore, in front of Redis', await bytesInProcess(inFront, fill)],
      ['the same, of a window nobody knows', await client.flushAll().then(() => bytesInProcess(inFront, read))],
    ].map(([what, bytes]) => [what, Math.round(bytes)]),
  );
  table(['round trips to Redis', 'MGET', 'EVALSHA'], await tripsPerStep());
  const rows = [];
  for (const processes of [1, 2, 4, 8]) {
    const { cpuUs, inBytes, outBytes } = await costOfInbounds(processes);
    rows.push([processes, Math.round(inBytes), Math.round(outBytes), Math.round(cpuUs)]);
  }
  table(['an inbound, with so many processes', 'bytes in', 'bytes out', 'CPU of Redis, µs'], rows);
} finally {
  client.destroy();
  server.kill();
}
