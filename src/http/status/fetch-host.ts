import type { StatusAnswer, StatusRequest } from './answers.js';
import { type EventStream, streamHeaders } from './event-stream.js';

export function fetchRequest(request: Request): StatusRequest {
  return { method: request.method, accept: request.headers.get('accept') ?? undefined, host: request };
}

export function fetchResponse(answer: StatusAnswer, { method, signal }: Request): Response {
  if ('open' in answer) return new Response(bodyOf(answer, signal), { headers: streamHeaders });
  return new Response(method === 'HEAD' ? null : answer.body, answer);
}

const BUFFERED_BYTES = 16_384;

function bodyOf(
  { open }: Extract<StatusAnswer, { open: unknown }>,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let stream: EventStream | undefined;
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        const waitingBytes = (): number => BUFFERED_BYTES - (controller.desiredSize ?? 0);
        stream = open({
          write: (text) => {
            controller.enqueue(encoder.encode(text));
            return waitingBytes() < BUFFERED_BYTES;
          },
          waitingBytes,
          end: () => controller.close(),
          destroy: () => controller.error(new Error('The client does not read')),
        });
        // A host may drop the response to a client that has gone, and cancel nothing.
        if (signal?.aborted) stream.end();
        else signal?.addEventListener('abort', () => stream?.end(), { once: true });
      },
      pull: () => stream?.drained(),
      cancel: () => stream?.closed(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: BUFFERED_BYTES }),
  );
}
