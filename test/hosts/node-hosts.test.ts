import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Express } from 'express';
import express4 from 'express4';
import * as connect from '../../examples/hosts/connect.js';
import * as express from '../../examples/hosts/express.js';
import * as koa from '../../examples/hosts/koa.js';
import * as nodeHttp from '../../examples/hosts/node-http.js';
import type { Service } from '../../examples/hosts/service.js';
import { describeHost } from './host.contract.js';
import type { RunningHost } from './host.js';
import { onSocket } from './running.js';

function startExpress(service: Service, app?: Express): Promise<RunningHost> {
  return onSocket(express.createApp(service, app).post('/echo', (req, res) => void res.json(req.body)));
}

describeHost({ name: 'Express 5', recipe: 'express.ts', echoes: true, start: (service) => startExpress(service) });
describeHost({
  name: 'Express 4',
  recipe: 'express.ts',
  echoes: true,
  start: (service) => startExpress(service, express4() as unknown as Express),
});
describeHost({
  name: 'Connect',
  recipe: 'connect.ts',
  echoes: true,
  start: (service) => {
    const echo = (req: IncomingMessage & { body?: unknown }, res: ServerResponse): void => {
      res.end(JSON.stringify(req.body));
    };
    return onSocket(connect.createApp(service).use('/echo', echo));
  },
});
describeHost({
  name: 'node:http',
  recipe: 'node-http.ts',
  echoes: false,
  start: (service) => onSocket(nodeHttp.createApp(service)),
});
describeHost({
  name: 'Koa 3',
  recipe: 'koa.ts',
  echoes: true,
  start: (service) => {
    const app = koa.createApp(service).use((ctx) => {
      if (ctx.path === '/echo') ctx.body = ctx.request.body;
    });
    return onSocket(app.callback());
  },
});
