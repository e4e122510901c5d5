import type { IncomingMessage } from 'node:http';
import { type RawBodyLimits, readRawBody } from './raw-body.js';

/** What a receiver reads of a request, on whatever host. */
export interface Delivery {
  readonly method: string | undefined;
  header(name: string): unknown;
  /** At once where a parser has kept the bytes. */
  readBody(limits: RawBodyLimits): ReturnType<typeof readRawBody>;
}

export function nodeDelivery(req: IncomingMessage): Delivery {
  return { method: req.method, header: (name) => req.headers[name], readBody: (limits) => readRawBody(req, limits) };
}
