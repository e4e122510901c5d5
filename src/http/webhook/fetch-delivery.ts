import { readLimited } from '../../bird/api/limited-body.js';
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
  const read = readLimited(reader, maxBytes).then(
    (bytes) => bytes ?? ('body_too_large' as const),
    (): RawBodyProblem => 'aborted',
  );
  const body = await withinDeadline(clock, timeoutMs, read).catch((): RawBodyProblem => 'body_too_slow');
  if (body === 'body_too_slow') void reader.cancel().catch(() => {});
  return body;
}
