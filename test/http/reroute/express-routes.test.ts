import express, { Router } from 'express';
import type { Middleware } from 'freeform-guard';
import { describe, expect, it, vi } from 'vitest';
import { type RerouteScene, startRerouting } from '../../support/reroute.js';
import { type Framework, onExpress5 } from '../../support/service.js';
import { PHONE, TEXT, textMessage } from '../../support/world.js';
import { CLOSED, toSms } from './support.js';

describe('scenario 37: the channel in the routes of Express', () => {
  const ROUTE = '/workspaces/:workspaceId/channels/:channelId';

  type Place = (guard: express.RequestHandler[], handler: express.RequestHandler[]) => express.RequestHandler;
  const asHandlers = (layers: readonly Middleware[]): express.RequestHandler[] =>
    [...layers] as express.RequestHandler[];

  /** Where the URL that is left to the guard names the channel, and so can be rewritten for good. */
  const places: readonly (readonly [string, Place])[] = [
    ['on the route', (guard, handler) => Router().post(`${ROUTE}/messages`, [...guard, ...handler])],
    [
      'on a route of its own',
      (guard, handler) => Router().post(`${ROUTE}/messages`, guard).post(`${ROUTE}/messages`, handler),
    ],
    ['by use', (guard, handler) => Router().use(guard).post(`${ROUTE}/messages`, handler)],
    ['by use, and the handler too', (guard, handler) => Router().use(guard).use(`${ROUTE}/messages`, handler)],
    [
      'in a Router below a path',
      (guard, handler) => Router().use('/workspaces', Router().use(guard)).post(`${ROUTE}/messages`, handler),
    ],
  ];

  /** Express gives the next handler the parameters, and the part of the URL, that it had before. */
  const hopeless: readonly (readonly [string, Place])[] = [
    ['by use below the channel', (guard, handler) => Router().use(ROUTE, guard).post(`${ROUTE}/messages`, handler)],
    [
      'by use at the whole path',
      (guard, handler) => Router().use(`${ROUTE}/messages`, guard).post(`${ROUTE}/messages`, handler),
    ],
    [
      'by use in a Router below the channel',
      (guard, handler) => Router().use(ROUTE, Router({ mergeParams: true }).use(guard).post('/messages', handler)),
    ],
    [
      'on a route of a Router below the channel',
      (guard, handler) =>
        Router().use(ROUTE, Router({ mergeParams: true }).post('/messages', guard).post('/messages', handler)),
    ],
  ];

  const readers: readonly (readonly [string, (req: express.Request) => unknown])[] = [
    ['its parameter', ({ params }) => params.channelId],
    ['the URL as it was mounted', ({ baseUrl, url }) => channelIn(baseUrl + url)],
    ['the original URL', ({ originalUrl }) => channelIn(originalUrl)],
  ];

  const channelIn = (url: string): string | undefined => /\/channels\/([^/]+)/.exec(url)?.[1];

  async function startAt(place: Place, handler: Middleware): Promise<RerouteScene> {
    const onRoutes: Framework = {
      ...onExpress5,
      app: ([parser, guard, ...rest]) => {
        const app = express();
        app.use(asHandlers([parser as Middleware]), place(asHandlers([guard as Middleware]), asHandlers(rest)));
        return app;
      },
    };
    return startRerouting(toSms, { service: { framework: onRoutes, handler } });
  }

  describe.each(places)('with the guard %s', (_, place) => {
    it.each(readers)('is the other one for a handler that takes it from %s', async (__, read) => {
      const seen: unknown[] = [];
      const { world, service } = await startAt(place, (req, res) => {
        seen.push(read(req as express.Request));
        res.end('sent');
      });
      expect((await service.call(`${service.path}?a=b`, textMessage())).text).toBe('sent');
      expect(seen).toEqual([world.sms.id]);
    });
  });

  it.each(hopeless)('stops the request where the guard is mounted %s', async (_, place) => {
    const handler = vi.fn<Middleware>();
    const { service } = await startAt(place, handler);
    const reply = await service.send();
    expect(reply.body.contacts).toMatchObject([{ declined: ['channel_not_rewritable'] }]);
    expect(handler).not.toHaveBeenCalled();
  });

  it('arrives there, sent by the route’s parameters', async () => {
    const onRoutes: Framework = {
      ...onExpress5,
      app: ([parser, ...layers]) =>
        express().post(`/api${ROUTE}/messages`, asHandlers([parser as Middleware, ...layers])),
    };
    const { world, service } = await startRerouting(toSms, { service: { framework: onRoutes } });
    const reply = await service.call(`/api${service.path}?a=b`, textMessage());
    expect([reply.status, reply.window]).toEqual([202, `${CLOSED}, action=reroute, sends=1`]);
    expect((service.passed[0] as express.Request | undefined)?.query).toEqual({ a: 'b' });
    expect(world.arrivals()).toEqual([{ kind: 'text', text: TEXT, to: PHONE, channelId: world.sms.id }]);
  });
});
