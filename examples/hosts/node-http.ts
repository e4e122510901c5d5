import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { freeformGuard, type GuardedRequest } from 'freeform-guard';
import type { Service } from './service.js';

type ParsedRequest = GuardedRequest & { body?: unknown };

export function createApp({ guard, receiver, sendToBird }: Service): RequestListener {
  const middleware = freeformGuard(guard);
  const answer = (res: ServerResponse, status: number, body: object): void => {
    res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  };

  async function send(req: ParsedRequest, res: ServerResponse): Promise<void> {
    const channelId = /\/channels\/([^/]+)\/messages$/.exec(req.url ?? '')?.[1];
    if (req.method !== 'POST' || channelId === undefined) return answer(res, 404, {});
    const sends = req.freeformGuard?.sends ?? [{ channelId, message: req.body }];
    for (const one of sends) await sendToBird(one);
    answer(res, 202, { sent: sends.length });
  }

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.url === '/webhooks/bird') return receiver(req, res);
    const parsed: ParsedRequest = Object.assign(req, { body: JSON.parse((await text(req)) || '{}') });
    middleware(parsed, res, () => void send(parsed, res).catch(() => answer(res, 500, {})));
  }

  return (req, res) => void handle(req, res).catch(() => answer(res, 400, {}));
}
