import { Controller, Inject, Module, Post, type RawBodyRequest, Req, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { fastifyGuard } from 'freeform-guard/fastify';
import type { Service } from './service.js';

const SERVICE = Symbol('service');

@Controller()
class MessagesController {
  readonly #service: Service;

  constructor(@Inject(SERVICE) service: Service) {
    this.#service = service;
  }

  @Post('workspaces/:workspaceId/channels/:channelId/messages')
  async send(
    @Req() request: FastifyRequest<{ Params: { channelId: string }; Body: Record<string, unknown> }>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { channelId } = request.params;
    const sends = request.freeformGuard?.sends ?? [{ channelId, message: request.body }];
    for (const send of sends) await this.#service.sendToBird(send);
    reply.code(202).send({ sent: sends.length });
  }

  @Post('webhooks/bird')
  receive(@Req() request: RawBodyRequest<FastifyRequest>, @Res() reply: FastifyReply): void {
    reply.hijack();
    this.#service.receiver(Object.assign(request.raw, { rawBody: request.rawBody }), reply.raw);
  }
}

@Module({ controllers: [MessagesController] })
class MessagesModule {}

export async function createApp(service: Service): Promise<NestFastifyApplication> {
  const module = { module: MessagesModule, providers: [{ provide: SERVICE, useValue: service }] };
  const app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), { rawBody: true });
  // A middleware of Nest gets Node's request, whose body is another one than the controller's.
  await app.register(fastifyGuard, { guard: service.guard });
  return app;
}
