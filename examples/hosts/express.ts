import express, { type Express } from 'express';
import { freeformGuard } from 'freeform-guard';
import type { Service } from './service.js';

export function createApp({ guard, receiver, sendToBird }: Service, app: Express = express()): Express {
  app.post('/webhooks/bird', receiver);
  app.use(express.json());
  app.post('/workspaces/:workspaceId/channels/:channelId/messages', freeformGuard(guard), async (req, res, next) => {
    try {
      const sends = req.freeformGuard?.sends ?? [{ channelId: req.params.channelId, message: req.body }];
      for (const send of sends) await sendToBird(send);
      res.status(202).json({ sent: sends.length });
    } catch (error) {
      next(error); // Express 5 would do so itself.
    }
  });
  return app;
}
