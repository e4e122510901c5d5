// What streams of `windowStatus` cost, and how fast a customer's message reaches them. The server has a process of its
// own. `npm run bench:streams`
import { get } from 'node:http';
import { startProcess } from './child-process.mjs';

const STREAMS_OF_EACH = 10;
const MAX_PROBES = 50;

const server = startProcess('stream-server.mjs');
const now = () => performance.timeOrigin + performance.now();

console.log(
  '| streams | conversations | heap of each, KB | rss of each, KB | a message reaches its own: median, ms | last, ms | others |',
);
console.log(
  '| ------: | ------------: | ---------------: | --------------: | ------------------------------------: | -------: | -----: |',
);
for (const streams of [500, 5000]) await measure(streams);
await server.stop();

async function measure(count) {
  const conversations = count / STREAMS_OF_EACH;
  const { port, ...before } = await server.ask({ kind: 'start', conversations });
  const clients = await inGroups(count, 100, (index) => open(port, index % conversations));
  const during = await server.ask({ kind: 'memory' });
  const delays = [];
  let others = 0;
  for (let conversation = 0; conversation < Math.min(conversations, MAX_PROBES); conversation += 1) {
    const own = clients.filter((client) => client.conversation === conversation);
    const seen = Promise.all(own.map((client) => client.next()));
    const all = clients.reduce((sum, { told }) => sum + told(), 0);
    const { observedAt } = await server.ask({ kind: 'inbound', conversation });
    const arrivals = await seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
    others += clients.reduce((sum, { told }) => sum + told(), 0) - all - own.length;
    delays.push(...arrivals.map((at) => at - observedAt));
  }
  for (const { close } of clients) close();
  const after = await server.ask({ kind: 'stop' });
  delays.sort((one, other) => one - other);
  const each = (name) => ((during[name] - before[name]) / count / 1024).toFixed(1);
  const cells = [count, conversations, each('heap'), each('rss'), at(delays, 0.5), at(delays, 1), others];
  console.log(`| ${cells.join(' | ')} |`);
  if (after.streams !== 0) throw new Error(`${after.streams} streams are left`);
}

function at(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1);
}

async function inGroups(count, size, act) {
  const results = [];
  for (let from = 0; from < count; from += size) {
    const group = Array.from({ length: Math.min(size, count - from) }, (_, index) => act(from + index));
    results.push(...(await Promise.all(group)));
  }
  return results;
}

/** A client that has been told the first state. */
async function open(port, conversation) {
  const url = `http://127.0.0.1:${port}/${conversation}`;
  let told = 0;
  let waiting = () => {};
  const req = get(url, { headers: { accept: 'text/event-stream' }, agent: false });
  const first = new Promise((resolve, reject) => {
    waiting = resolve;
    req.on('error', reject);
  });
  req.on('response', (res) => {
    res.on('error', () => {});
    res.on('data', (chunk) => {
      for (const _ of String(chunk).matchAll(/^data: /gm)) {
        told += 1;
        waiting(now());
      }
    });
  });
  await first;
  return {
    conversation,
    told: () => told,
    next: () =>
      new Promise((resolve) => {
        waiting = resolve;
      }),
    close: () => req.destroy(),
  };
}
