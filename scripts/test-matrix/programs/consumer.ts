// What a user does with each entry of the package. Without type annotations, so that it is JavaScript as well.
import { createServer } from 'node:http';
import { fastify } from 'fastify';
import { createGuard, freeformGuard } from 'freeform-guard';
import { decideFreeform } from 'freeform-guard/core';
import { ServiceWindow } from 'freeform-guard/element';
import { fastifyGuard } from 'freeform-guard/fastify';
import { fetchGuard } from 'freeform-guard/fetch';
import { recordMetrics } from 'freeform-guard/otel';
import { redisStore } from 'freeform-guard/redis';
import { createSandbox } from 'freeform-guard/sandbox';
import { createClient } from 'redis';

/** Sends through every face of one guard, while the window is closed and then while it is open. */
export async function consume() {
  const sandbox = await createSandbox({ startAt: '2026-01-05T09:00:00Z' });
  const { id: workspaceId, accessKey, ...workspace } = sandbox.addWorkspace();
  const { id: channelId } = workspace.addChannel({ platformId: 'whatsapp' });
  const { id: contactId } = workspace.addContact({ identifiers: [{ key: 'phonenumber', value: '+12025550123' }] });
  const guard = createGuard({
    workspaces: { [workspaceId]: { accessKey, baseUrl: sandbox.url } },
    clock: sandbox.clock,
  });
  const stopMetrics = recordMetrics(guard);
  const send = { workspaceId, channelId, contact: { id: contactId } };
  const path = `/workspaces/${workspaceId}/channels/${channelId}/messages`;
  const message = { receiver: { contacts: [{ id: contactId }] }, body: { type: 'text', text: { text: 'Hello' } } };
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(message) };

  const middleware = freeformGuard(guard);
  const server = createServer((req, res) => {
    req.resume();
    middleware(Object.assign(req, { body: message }), res, () => res.writeHead(202).end());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const app = fastify();
  await app.register(fastifyGuard, { guard });
  app.post('/workspaces/:workspaceId/channels/:channelId/messages', (_request, reply) => reply.code(202).send());
  const fastifyUrl = await app.listen({ port: 0, host: '127.0.0.1' });
  const decide = fetchGuard(guard);

  const sendEverywhere = async () => ({
    action: (await guard.check(send)).action,
    middleware: (await fetch(`http://127.0.0.1:${port}${path}`, request)).status,
    fastify: (await fetch(`${fastifyUrl}${path}`, request)).status,
    fetch: (await decide(new Request(`http://localhost${path}`, request))).response?.status ?? 202,
  });
  const closed = await sendEverywhere();
  workspace.receiveInbound({ channelId, contactId, text: 'Hello' });
  const open = await sendEverywhere();

  // The store connects by itself. Without a Redis, it is closed before it has.
  const client = createClient({ socket: { host: '127.0.0.1', port: 1, reconnectStrategy: false } });
  client.on('error', () => {});
  redisStore(client, { secret: 'a secret of this deployment' }).close();
  stopMetrics();
  guard.close();
  await Promise.all([app.close(), sandbox.close(), new Promise((resolve) => server.close(() => resolve(undefined)))]);
  const core = decideFreeform({ platformId: 'whatsapp' }, { serviceWindowExpireAt: null }).reason;
  return { closed, open, core, element: typeof ServiceWindow };
}
