import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../ports.js';

export interface RawBodyLimits {
  readonly clock: Clock;
  readonly maxBytes: number;
  /** How long the client may take for all of the body, in ms. */
  readonly timeoutMs: number;
}

/** Why there are no bytes. `aborted`: the client has gone, and there is nobody to tell. */
export type RawBodyProblem = 'raw_body_required' | 'body_too_large' | 'body_too_slow' | 'aborted';

/**
 * The bytes of a request as they came: from `req.rawBody` or `req.body` where a parser kept them there, as bytes or as
 * the text that they are in UTF-8, else from the request itself. A body that was parsed without keeping them is lost:
 * what is serialised again may differ.
 */
export async function readRawBody(req: IncomingMessage, limits: RawBodyLimits): Promise<Uint8Array | RawBodyProblem> {
  const { rawBody, body } = req as IncomingMessage & { readonly rawBody?: unknown; readonly body?: unknown };
  const kept = [rawBody, body].find(isKept);
  // A text has at least as many bytes as characters.
  if (kept !== undefined && kept.length > limits.maxBytes) return 'body_too_large';
  const bytes = typeof kept === 'string' ? Buffer.from(kept) : kept;
  if (bytes !== undefined) return bytes.byteLength > limits.maxBytes ? 'body_too_large' : bytes;
  if (req.destroyed && !req.readableEnded) return 'aborted';
  if (isConsumed(req) || !isUnparsed(body)) return 'raw_body_required';
  // Nothing is read of what says itself that it is too large.
  if (Number(req.headers['content-length'] ?? 0) > limits.maxBytes) return 'body_too_large';
  return readStream(req, limits);
}

function isKept(value: unknown): value is Uint8Array | string {
  return value instanceof Uint8Array || typeof value === 'string';
}

function isConsumed(req: IncomingMessage): boolean {
  return req.readableDidRead || req.readableEnded || req.readableEncoding !== null;
}

/** Express 4 leaves an empty object where its parser had nothing to do. */
function isUnparsed(body: unknown): boolean {
  return body === undefined || (typeof body === 'object' && body !== null && Object.keys(body).length === 0);
}

function readStream(
  req: IncomingMessage,
  { clock, maxBytes, timeoutMs }: RawBodyLimits,
): ReturnType<typeof readRawBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (result: Uint8Array | RawBodyProblem): void => {
      clock.clearTimeout(timer);
      req.off('data', take).off('end', end).off('error', abort).off('close', abort);
      req.pause();
      resolve(result);
    };
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > maxBytes) settle('body_too_large');
      else chunks.push(chunk);
    };
    const end = (): void => settle(Buffer.concat(chunks));
    const abort = (): void => settle('aborted');
    const timer = clock.setTimeout(() => settle('body_too_slow'), timeoutMs);
    req.on('data', take).once('end', end).once('error', abort).once('close', abort);
  });
}
