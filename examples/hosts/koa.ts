import { bodyParser } from '@koa/bodyparser';
import { guardRequest } from 'freeform-guard';
import Koa from 'koa';
import type { Service } from './service.js';

export function createApp({ guard, receiver, sendToBird }: Service): Koa {
  const app = new Koa();
  app.use(async (ctx, next) => {
    if (ctx.path !== '/webhooks/bird') return next();
    ctx.respond = false;
    receiver(ctx.req, ctx.res);
  });
  app.use(bodyParser());
  app.use(async (ctx, next) => {
    const { method, url } = ctx;
    const decision = await guardRequest(guard, { method, url, body: ctx.request.body });
    if (decision === undefined) return next();
    decision.settle(!ctx.res.destroyed);
    if (ctx.res.destroyed) return; // The client has gone.
    ctx.set('Freeform-Window', decision.header);
    const { response, sends } = decision;
    ctx.state.sends = sends;
    if (response === undefined) return next();
    ctx.set(response.headers);
    ctx.status = response.status;
    ctx.body = JSON.stringify(response.body);
  });
  app.use(async (ctx, next) => {
    const channelId = /\/channels\/([^/]+)\/messages$/.exec(ctx.path)?.[1];
    if (ctx.method !== 'POST' || channelId === undefined) return next();
    const sends = ctx.state.sends ?? [{ channelId, message: ctx.request.body }];
    for (const send of sends) await sendToBird(send);
    ctx.status = 202;
    ctx.body = { sent: sends.length };
  });
  return app;
}
