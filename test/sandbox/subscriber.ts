import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** One delivery as a subscriber sees it. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly raw: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: events are looked into field by field
  readonly event: any;
}

export interface Subscriber {
  readonly url: string;
  readonly received: Received[];
  /** With what the next deliveries are answered; `'reset'`: not at all. Default 200. */
  answer: number | 'reset';
}

/** A server that keeps what it gets. */
export async function startSubscriber(path = '/webhooks/bird'): Promise<Subscriber> {
  const received: Received[] = [];
  const server = createServer(async (req, res) => {
    const raw = await buffer(req);
    received.push({ headers: req.headers, raw, event: JSON.parse(raw.toString()) });
    if (subscriber.answer === 'reset') req.socket.destroy();
    else res.writeHead(subscriber.answer).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const subscriber: Subscriber = { url: `http://127.0.0.1:${port}${path}`, received, answer: 200 };
  return subscriber;
}
