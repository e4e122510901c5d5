import type { ServerResponse } from 'node:http';
import bodyParser from 'body-parser';
import connect from 'connect';
import { freeformGuard, type GuardedRequest, type NextFunction } from 'freeform-guard';
import type { Service } from './service.js';

export function createApp({ guard, receiver, sendToBird }: Service): connect.Server {
  const app = connect();
  app.use('/webhooks/bird', receiver);
  app.use(bodyParser.json());
  app.use(freeformGuard(guard));
  app.use(async (req: GuardedRequest & { body?: unknown }, res: ServerResponse, next: NextFunction) => {
    const channelId = /\/channels\/([^/]+)\/messages$/.exec(req.url ?? '')?.[1];
    if (req.method !== 'POST' || channelId === undefined) return next();
    try {
      const sends = req.freeformGuard?.sends ?? [{ channelId, message: req.body }];
      for (const send of sends) await sendToBird(send);
      res.writeHead(202, { 'Content-Type': 'application/json' }).end(JSON.stringify({ sent: sends.length }));
    } catch (error) {
      next(error);
    }
  });
  return app;
}
