import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerRequest } from '../api/api.js';
import { matchRoute, type RequestKind } from '../api/routes.js';
import type { SandboxState } from '../state.js';
import { checkFault, type Fault, type FaultHook, type FaultRequest } from './fault.js';
import { playAnswer, playInstead, replacesAnswer, type Wire } from './playback.js';
import type { RequestLog } from './request-log.js';

/** The running server. */
export interface HttpFace {
  readonly url: string;
  close(): Promise<void>;
}

export interface HttpFaceOptions {
  readonly port: number;
  readonly state: SandboxState;
  readonly log: RequestLog;
  /** The current fault hook, when a request arrives. */
  readonly faultHook: () => FaultHook | undefined;
}

/** Listens on 127.0.0.1. Rejects with Node's error when the port is taken. */
export async function openHttpFace(options: HttpFaceOptions): Promise<HttpFace> {
  const server = createServer((req, res) => {
    serve(options, req, res).catch((error: unknown) => res.destroy(error instanceof Error ? error : undefined));
  });
  // Clients keep sockets longer than Node's 5 s. Closing one just as it is used again would be an unwanted fault.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const closed = new Promise<void>((resolve) => server.once('close', resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
      return closed;
    },
  };
}

async function serve(options: HttpFaceOptions, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { state, log, faultHook } = options;
  const url = new URL(req.url ?? '/', 'http://127.0.0.1');
  const method = req.method ?? '';
  const body = await readBody(req);
  const request: FaultRequest = { method, path: url.pathname, kind: kindOf(method, url.pathname) };

  const asked = askHook(faultHook(), request);
  // Nothing is awaited without need: once the hook was called, a test may rely on the response being computed.
  const fault = asked instanceof Promise ? await asked : asked;
  const wire: Wire = { res, clock: state.clock, noteStatus: log.add({ ...request, at: state.clock.now() }) };

  if (fault !== undefined && replacesAnswer(fault)) return playInstead(wire, fault);
  const { authorization } = req.headers;
  await playAnswer(wire, answerRequest(state, { method, url, authorization, body }), fault);
}

function askHook(hook: FaultHook | undefined, request: FaultRequest): ReturnType<FaultHook> {
  try {
    const fault = hook?.(request);
    return fault instanceof Promise ? fault.then(checkFault).catch(hookFailed) : checkFault(fault);
  } catch (error) {
    return hookFailed(error);
  }
}

/** A hook that throws is a mistake in a test, so the response shows it. */
function hookFailed(error: unknown): Fault {
  const message = error instanceof Error ? error.message : String(error);
  return { status: 500, body: { code: 'FaultHookFailed', message } };
}

function kindOf(method: string, path: string): RequestKind {
  try {
    return matchRoute(method, path).route?.kind ?? 'unknown';
  } catch {
    // The path cannot be decoded; the response will say so.
    return 'unknown';
  }
}

const MAX_BODY_BYTES = 1024 * 1024;

/** The whole body; `undefined` if it is too large. It is read to its end even then, so that the response arrives. */
async function readBody(req: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return size > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks);
}
