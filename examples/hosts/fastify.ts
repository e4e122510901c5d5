import Fastify, { type FastifyInstance } from 'fastify';
import { fastifyGuard } from 'freeform-guard/fastify';
import type { Service } from './service.js';

interface Send {
  Params: { channelId: string };
  Body: Record<string, unknown>;
}

export function createApp({ guard, receiver, sendToBird }: Service): FastifyInstance {
  const app = Fastify();
  app.register(fastifyGuard, { guard });
  app.register(async (api) => {
    api.post<Send>('/workspaces/:workspaceId/channels/:channelId/messages', async (request, reply) => {
      const { channelId } = request.params;
      const sends = request.freeformGuard?.sends ?? [{ channelId, message: request.body }];
      for (const send of sends) await sendToBird(send);
      return reply.code(202).send({ sent: sends.length });
    });
  });
  app.register(async (webhooks) => {
    // The signature covers the raw bytes, which the receiver reads itself.
    webhooks.removeAllContentTypeParsers();
    webhooks.addContentTypeParser('*', (_request, _payload, done) => done(null));
    webhooks.post('/webhooks/bird', (request, reply) => {
      reply.hijack();
      receiver(request.raw, reply.raw);
    });
  });
  return app;
}
