// The reading path: the files and functions that one allowed request from memory passes through, by V8's coverage.
import { once } from 'node:events';
import http from 'node:http';
import { Session } from 'node:inspector/promises';
import express from 'express';
import { createGuard, freeformGuard } from '../.examples/unbundled/index.js';
import { createSandbox } from '../.examples/unbundled/sandbox/sandbox.js';

/** From the request inwards. */
const LAYERS = ['http', 'bird', 'guard', 'telemetry', 'lookup', 'stores', 'core'];
const built = new URL('../.examples/unbundled/', import.meta.url).href;
const PHONE = '+12025550123';

const sandbox = await createSandbox();
const workspace = sandbox.addWorkspace();
const channel = workspace.addChannel({ platformId: 'whatsapp' });
const contact = workspace.addContact({ identifiers: [{ key: 'phonenumber', value: PHONE }] });
workspace.receiveInbound({ channelId: channel.id, contactId: contact.id, text: 'Hello' });
const guard = createGuard({
  workspaces: { [workspace.id]: { accessKey: workspace.accessKey, baseUrl: sandbox.url } },
  clock: sandbox.clock,
});

const session = new Session();
session.connect();
const calls = new Map();
let isWatching = false;

const app = express();
app.use(express.json());
app.use(async (_req, _res, next) => {
  // What was counted until here is thrown away.
  if (isWatching) await session.post('Profiler.takePreciseCoverage');
  next();
});
app.use(freeformGuard(guard));
app.use(async (req, res) => {
  if (isWatching) await collect();
  res.status(202).json({ verdict: req.freeformGuard?.outcomes[0]?.decision.verdict });
});
const server = http.createServer(app).listen(0, '127.0.0.1');
await once(server, 'listening');

async function send() {
  const url = `http://127.0.0.1:${server.address().port}/workspaces/${workspace.id}/channels/${channel.id}/messages`;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      receiver: { contacts: [{ identifierKey: 'phonenumber', identifierValue: PHONE }] },
      body: { type: 'text', text: { text: 'Hello' } },
    }),
  });
  return [(await response.json()).verdict, response.headers.get('freeform-window')].join(' ');
}

async function collect() {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  for (const { url, functions } of result) {
    if (!url.startsWith(built) || url.includes('/sandbox/')) continue;
    const called = functions
      .filter(({ ranges }) => ranges[0].count > 0)
      .filter(({ functionName }) => functionName !== '');
    const anonymous = functions.filter(({ ranges, functionName }) => ranges[0].count > 0 && functionName === '');
    const names = [...called.map(({ functionName }) => functionName), ...anonymous.map(() => '(anonymous)')];
    if (names.length > 0) calls.set(url.slice(built.length).replace(/\.js$/, '.ts'), names);
  }
}

await send();
await send();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
isWatching = true;
const answer = await send();
server.close();
guard.close();
await sandbox.close();

const rank = (path) => LAYERS.indexOf(path.split('/')[0]);
const files = [...calls].toSorted(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b));
for (const [path, names] of files) console.log(`src/${path}\n    ${names.join(', ')}`);
const count = files.reduce((sum, [, names]) => sum + names.length, 0);
console.log(`\n${answer}\n${files.length} files, ${count} functions`);
process.exitCode = /^allow .*source=memory/.test(answer) ? 0 : 1;
