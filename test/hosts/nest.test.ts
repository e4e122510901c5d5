import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import * as nestExpress from '../../examples/hosts/nest-express.js';
import * as nestFastify from '../../examples/hosts/nest-fastify.js';
import { describeHost } from './host.contract.js';
import { onListening } from './running.js';

Logger.overrideLogger(false);

describeHost({
  name: 'NestJS 11 on Express',
  recipe: 'nest-express.ts',
  echoes: false,
  start: async (service) => {
    const app = await NestFactory.create(nestExpress.MessagesModule.of(service), { rawBody: true });
    await app.listen(0, '127.0.0.1');
    return onListening(app.getHttpServer(), () => app.close());
  },
});
describeHost({
  name: 'NestJS 11 on Fastify',
  recipe: 'nest-fastify.ts',
  echoes: false,
  start: async (service) => {
    const app = await nestFastify.createApp(service);
    await app.listen(0, '127.0.0.1');
    return onListening(app.getHttpServer(), () => app.close());
  },
});
