import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import connect from 'connect';
import express, { type Request, type Response, Router } from 'express';
import express4, { type Request as Request4, type Response as Response4 } from 'express4';
import { freeformGuard, type GuardedRequest, type Middleware, type MiddlewareOptions } from 'freeform-guard';
import { expect, it } from 'vitest';

import { createSmallWorld } from '../../support/service.js';

// What is proved here is that it compiles, without a cast.

it('freeformGuard is a handler for Express 4 and 5, Connect and bare node:http', async () => {
  const { guard } = await createSmallWorld();
  const middleware: Middleware = freeformGuard(guard);

  const app = express();
  app.use(middleware);
  app.use('/api', middleware);
  app.post('/workspaces/:workspaceId/channels/:channelId/messages', middleware, (_req, res) => void res.send('sent'));
  app.use(Router().use(freeformGuard(guard, { statusCode: 422 })));

  const app4 = express4();
  app4.use(middleware);
  app4.use('/api', middleware);
  app4.post('/workspaces/:workspaceId/channels/:channelId/messages', middleware, (_req, res) => void res.send('sent'));
  app4.use(express4.Router().use(middleware));

  const app3 = connect();
  app3.use(middleware);
  app3.use('/api', middleware);

  const server = createServer((req, res) => middleware(req, res, () => res.end('sent')));
  expect([app, app4, app3, server].map((each) => typeof each)).toEqual(['function', 'function', 'function', 'object']);
});

it('hooks and handlers downstream are typed on node:http alone', async () => {
  const { guard } = await createSmallWorld();
  const options: MiddlewareOptions = {
    skip: (req: IncomingMessage) => req.headers['x-internal'] === 'yes',
    resolve: async () => undefined,
    handler: (_req: IncomingMessage, res: ServerResponse, next, outcomes) =>
      outcomes.some(({ decision }) => decision.verdict === 'deny') ? res.end() : next(),
    statusCode: undefined,
  };
  const read = (req: GuardedRequest): string | undefined => req.freeformGuard?.outcomes[0]?.decision.reason;
  // @ts-expect-error a misspelt option
  expect(() => freeformGuard(guard, { handlers: () => undefined })).toThrow(TypeError);
  // @ts-expect-error a status is a number
  expect(() => freeformGuard(guard, { statusCode: '409' })).toThrow(TypeError);
  expect([typeof freeformGuard(guard, options), typeof read]).toEqual(['function', 'function']);
});

it("hooks take a framework's own requests and responses, and its handlers read req.freeformGuard (field C7)", async () => {
  const { guard } = await createSmallWorld();
  const middleware: Middleware = freeformGuard(guard, {
    skip: (req: Request) => req.get('x-internal') === 'yes',
    resolve: (req: Request) => ({ workspaceId: String(req.params.workspaceId), message: req.body }),
    handler: (req: Request, res: Response, next, outcomes) =>
      req.accepts('json') ? res.status(400).json({ reason: outcomes[0]?.decision.reason }) : next(),
  });
  const options: MiddlewareOptions<Request4, Response4> = { handler: (req, res) => res.status(400).send(req.ip) };

  const rewriting = freeformGuard(guard, {
    resolve: (req: Request) => (req.ip === undefined ? null : req.body),
    rewrite: (req: Request, { sends }) => void Object.assign(req.body, { sends, ip: req.ip }),
  });
  const app = express().use(middleware, freeformGuard(guard, { resolve: async (req: Request) => req.body }), rewriting);
  app.post('/', (req, res) => void res.json(req.freeformGuard?.outcomes.map(({ action }) => action)));
  const app4 = express4().use(freeformGuard(guard, options));
  app4.post('/', (req, res) => void res.json(req.freeformGuard?.sends?.length));
  expect([typeof app, typeof app4]).toEqual(['function', 'function']);

  // @ts-expect-error a hook's request is one of node:http's
  freeformGuard(guard, { skip: (req: string) => req === '' });
});
