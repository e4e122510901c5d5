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
export function readRawBody(
  req: IncomingMessage,
  limits: RawBodyLimits,
): Uint8Array | RawBodyProblem | Promise<Uint8Array | RawBodyProblem> {
  const { rawBody, body } = req as IncomingMessage & { readonly rawBody?: unknown; readonly body?: unknown };
  const kept = isKept(rawBody) ? rawBody : isKept(body) ? body : undefined;
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

/** The listeners stay: the request is gone with them. */
function readStream(
  req: IncomingMessage,
  { clock, maxBytes, timeoutMs }: RawBodyLimits,
): ReturnType<typeof readRawBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let isSettled = false;
    const settle = (result: Uint8Array | RawBodyProblem): void => {
      if (isSettled) return;
      isSettled = true;
      clock.clearTimeout(timer);
      if (typeof result === 'string') req.pause();
      resolve(result);
    };
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > maxBytes) settle('body_too_large');
      else chunks.push(chunk);
    };
    const abort = (): void => settle('aborted');
    const timer = clock.setTimeout(() => settle('body_too_slow'), timeoutMs);
    req
      .on('data', take)
      .on('end', () => settle(joined(chunks)))
      .on('error', abort)
      .on('close', abort);
  });
}

function joined(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks;
  return first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks);
}
