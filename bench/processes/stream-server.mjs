/** A server of nothing but streams, whose customers have all written an hour ago. */
import { createServer } from 'node:http';
import { createGuard, windowStatus } from 'freeform-guard';
import { answerMessages } from '../child-process.mjs';
import { addressOf, CHANNEL_ID, WORKSPACE_ID } from '../contacts.mjs';
import { heapUsed } from '../heap.mjs';

const HOUR_MS = 3_600_000;
const MAX_STREAMS = 100_000;

let guard;
let server;

const observe = (conversation, at) =>
  guard.observeInbound({ workspaceId: WORKSPACE_ID, channelId: CHANNEL_ID, address: addressOf(conversation), at });

/** Bird, as far as it is asked: it has the channel. */
const bird = async () =>
  new Response(JSON.stringify({ id: CHANNEL_ID, platformId: 'whatsapp', status: 'active' }), {
    headers: { 'content-type': 'application/json' },
  });

async function start(conversations) {
  guard = createGuard({ workspaces: { [WORKSPACE_ID]: { accessKey: 'key' } }, fetch: bird });
  for (let index = 0; index < conversations; index += 1) observe(index, Date.now() - HOUR_MS);
  const resolve = ({ url }) => ({
    workspaceId: WORKSPACE_ID,
    channelId: CHANNEL_ID,
    address: addressOf(Number(url.slice(1))),
  });
  await guard.window(resolve({ url: '/0' }));
  server = createServer(windowStatus(guard, { resolve, maxConnections: MAX_STREAMS }));
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return { port: server.address().port, ...memory() };
}

function memory() {
  return { heap: heapUsed(), rss: process.memoryUsage().rss };
}

async function stop() {
  // The connections that the clients have closed.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const streams = await new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
  guard.close();
  await new Promise((resolve) => server.close(resolve));
  return { streams };
}

answerMessages(({ kind, conversations, conversation }) => {
  if (kind === 'start') return start(conversations);
  if (kind === 'memory') return memory();
  if (kind === 'stop') return stop();
  const observedAt = performance.timeOrigin + performance.now();
  observe(conversation, Date.now());
  return { observedAt };
});
