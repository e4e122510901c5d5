import type { IncomingMessage } from 'node:http';
import { type RawBodyLimits, type RawBodyProblem, readRawBody } from './raw-body.js';

/** What a receiver reads of a request, on whatever host. */
export interface Delivery {
  readonly method: string | undefined;
  header(name: string): unknown;
  readBody(limits: RawBodyLimits): Promise<Uint8Array | RawBodyProblem>;
}

export function nodeDelivery(req: IncomingMessage): Delivery {
  return { method: req.method, header: (name) => req.headers[name], readBody: (limits) => readRawBody(req, limits) };
}
