// Run in a user's project, on Node: `node run-worker.mjs ENTRY [FLAG...]`. The local Bird, and a worker on workerd that asks
// it. With the entry that receives events, Bird shows the customer's message to nobody who reads.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { build } from 'esbuild';
import { createSandbox } from 'freeform-guard/sandbox';
import { Miniflare } from 'miniflare';

const [entry, ...compatibilityFlags] = process.argv.slice(2);
const hasEvents = entry === 'worker-with-events.js';
const signingKey = 'a key of this subscription';
const port = await freePort();
const publicUrl = `http://127.0.0.1:${port}/events`;

const sandbox = await createSandbox({ startAt: new Date(), readLagMs: hasEvents ? 60_000 : 0 });
const workspace = sandbox.addWorkspace();
const channelId = workspace.addChannel({ platformId: 'whatsapp' }).id;
const contactId = workspace.addContact({ identifiers: [{ key: 'phonenumber', value: '+12025550123' }] }).id;
const worker = await startWorker();

const core = await (await worker.dispatchFetch('http://service/core')).text();
const closed = await sendFive();
if (hasEvents) workspace.subscribe({ url: publicUrl, signingKey });
workspace.receiveInbound({ channelId, contactId, text: 'Hello' });
if (hasEvents) await sandbox.deliveries();
const open = await sendFive();
console.log(JSON.stringify({ core, closed, open }));
await worker.dispose();
await sandbox.close();

async function startWorker() {
  const options = { bundle: true, format: 'esm', conditions: ['workerd', 'worker', 'browser'], write: false };
  const { outputFiles } = await build({ ...options, entryPoints: [entry], external: ['cloudflare:*', 'node:*'] });
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port,
    modules: [{ type: 'ESModule', path: 'worker.js', contents: outputFiles[0].text }],
    compatibilityDate: '2026-01-01',
    compatibilityFlags,
    bindings: {
      workspaceId: workspace.id,
      accessKey: workspace.accessKey,
      baseUrl: sandbox.url,
      publicUrl,
      signingKey,
    },
  });
  await miniflare.ready;
  return miniflare;
}

/** At the same time, so that they share a read of Bird. Gives what they were answered, without repetitions. */
async function sendFive() {
  const path = `/workspaces/${workspace.id}/channels/${channelId}/messages`;
  const message = { receiver: { contacts: [{ id: contactId }] }, body: { type: 'text', text: { text: 'Hello' } } };
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(message) };
  const responses = await Promise.all(
    Array.from({ length: 5 }, () => worker.dispatchFetch(`http://service${path}`, request)),
  );
  const answers = responses.map(({ status, headers }) => `${status} ${headers.get('freeform-window').split(',')[0]}`);
  return [...new Set(answers)];
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
