import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StatusAnswer, StatusRequest } from './answers.js';
import { streamHeaders } from './event-stream.js';

type Response = ServerResponse & {
  /** `compression` keeps what is written until somebody flushes it. */
  readonly flush?: () => void;
  /** Of HTTP/2, whose response does not say itself that its client has gone. */
  readonly stream?: { readonly destroyed: boolean };
};

export function nodeRequest(req: IncomingMessage): StatusRequest {
  return { method: req.method, accept: req.headers.accept, host: req };
}

/** Answers, unless somebody else has done so or the client has gone. */
export function answerNode(res: Response, answer: StatusAnswer): void {
  if (res.headersSent || res.writableEnded || res.destroyed || res.stream?.destroyed) return;
  if ('open' in answer) return streamTo(res, answer);
  res.statusCode = answer.status;
  for (const [name, value] of Object.entries(answer.headers)) res.setHeader(name, value);
  res.setHeader('Content-Length', Buffer.byteLength(answer.body));
  res.end(answer.body);
}

function streamTo(res: Response, { open }: Extract<StatusAnswer, { open: unknown }>): void {
  res.statusCode = 200;
  for (const [name, value] of Object.entries(streamHeaders)) res.setHeader(name, value);
  const stream = open({
    write: (text) => {
      const takesMore = res.write(text);
      res.flush?.();
      return takesMore;
    },
    waitingBytes: () => res.writableLength,
    end: () => void res.end(),
    destroy: () => void res.destroy(),
  });
  res.on('drain', () => stream.drained());
  res.once('close', () => stream.closed());
}
