import { fetchGuard } from 'freeform-guard/fetch';
import { Hono } from 'hono';
import type { Service } from './service.js';

export function createApp({ guard, receiver, sendToBird }: Service): Hono {
  const decide = fetchGuard(guard);
  const app = new Hono();
  app.post('/webhooks/bird', (c) => receiver.fetch(c.req.raw));
  app.post('/workspaces/:workspaceId/channels/:channelId/messages', async (c) => {
    const { response, request, header = '', sends } = await decide(c.req.raw);
    if (response !== undefined) return response;
    const toSend = sends ?? [{ channelId: c.req.param('channelId'), message: await request.json() }];
    for (const send of toSend) await sendToBird(send);
    return c.json({ sent: toSend.length }, 202, { 'Freeform-Window': header });
  });
  return app;
}
