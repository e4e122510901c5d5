import { withinDeadline } from '../../clock.js';
import { answerOf, type WebhookAnswer } from './answers.js';
import type { Delivery } from './delivery.js';
import type { RawBodyLimits, RawBodyProblem } from './raw-body.js';

/** A `Request` as a delivery of Bird's. */
export function fetchDelivery(request: Request): Delivery {
  return {
    method: request.method,
    header: (name) => request.headers.get(name) ?? undefined,
    readBody: (limits) => readFetchBody(request, limits),
  };
}

/** Where the client has gone, nobody reads the answer. */
export function fetchAnswer(code: WebhookAnswer | undefined): Response {
  if (code === undefined) return new Response(null, { status: 499 });
  const { status, headers, body } = answerOf(code);
  return new Response(body, { status, headers });
}

async function readFetchBody(
  request: Request,
  { clock, maxBytes, timeoutMs }: RawBodyLimits,
): Promise<Uint8Array | RawBodyProblem> {
  if (request.bodyUsed) return 'raw_body_required';
  if (request.body === null) return new Uint8Array();
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) return 'body_too_large';
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  const read = readAll(reader, maxBytes).catch((): RawBodyProblem => 'aborted');
  const body = await withinDeadline(clock, timeoutMs, read).catch((): RawBodyProblem => 'body_too_slow');
  if (typeof body === 'string') void reader.cancel().catch(() => {});
  return body;
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array | RawBodyProblem> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.byteLength;
    if (length > maxBytes) return 'body_too_large';
    chunks.push(value);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}
