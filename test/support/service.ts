import {
  type Agent,
  type ClientRequest,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  request,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import connect from 'connect';
import express from 'express';
import express4 from 'express4';
import {
  freeformGuard,
  type GuardedRequest,
  type Middleware,
  type MiddlewareOptions,
  memoryStore,
  type NextFunction,
} from 'freeform-guard';
import { expect, onTestFinished } from 'vitest';
import { recordLetOut } from './canary.js';
import { countedGuard, type Exchange, hasOneAnswer } from './counted-guard.js';
import { createWorld, textMessage, type World, type WorldOptions } from './world.js';

/** What a framework brings: how it parses JSON, and how it runs one middleware after the other. */
export interface Framework {
  json(): Middleware;
  app(layers: readonly Middleware[]): RequestListener;
}

export const onExpress5: Framework = {
  json: () => express.json({ limit: '4mb' }),
  app: (layers) => mount(express(), layers),
};

export const onExpress4: Framework = {
  json: () => express4.json({ limit: '4mb' }),
  app: (layers) => mount(express4(), layers),
};

export const onConnect: Framework = { json: () => parseJson, app: (layers) => mount(connect(), layers) };

export const onNodeHttp: Framework = { json: () => parseJson, app: bareApp };

export interface ServiceOptions {
  /** Default Express 5. */
  readonly framework?: Framework | undefined;
  /** Default: the framework's JSON parser; `none`: the guard sees what nobody parsed. */
  readonly parser?: Middleware | 'none' | undefined;
  /** What stands between the parser and the guard. */
  readonly before?: readonly Middleware[] | undefined;
  /** Default: one, on the world's guard, with `middleware` as its options. */
  readonly guards?: readonly Middleware[] | undefined;
  readonly middleware?: MiddlewareOptions | undefined;
  /** What the service does with what has passed. Default: it hands sends to Bird and answers what Bird answers. */
  readonly handler?: Middleware | undefined;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The text as JSON; `undefined` where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field
  readonly body: any;
  /** The guard's header. */
  readonly window: string | undefined;
}

export interface CallOptions {
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly agent?: Agent | undefined;
}

export interface Call {
  readonly request: ClientRequest;
  readonly reply: Promise<Reply>;
}

/** A messaging service with a guard in front of its sends. */
export interface Service {
  readonly port: number;
  /** The requests that got behind the guard, as handlers see them. */
  readonly passed: readonly (GuardedRequest & { readonly body?: unknown })[];
  readonly exchanges: readonly Exchange[];
  /** The path of sends on the world's channel. */
  readonly path: string;
  /** One request, byte for byte. Text and buffers are sent as they are, anything else as JSON, `undefined` not at all. */
  call(path: string, body: unknown, options?: CallOptions): Promise<Reply>;
  /** `call` for a client that may leave before the reply. */
  open(path: string, body: unknown, options?: CallOptions): Call;
  /** Sends a message on the world's channel; default a free-form text. */
  send(message?: unknown, options?: CallOptions): Promise<Reply>;
}

/** A world with a small store: to lay out the default one takes longer than most tests. */
export function createSmallWorld(options: WorldOptions = {}): Promise<World> {
  return createWorld({ ...options, guard: { store: memoryStore({ max: 100 }), ...options.guard } });
}

/**
 * Starts a guarded messaging service on a real socket. When the test has finished, every request must have had exactly
 * one of `next` and a response, and no more than one response in all.
 */
export async function startService(world: World, options: ServiceOptions = {}): Promise<Service> {
  const { framework = onExpress5, middleware, handler = handToBird(world), before = [] } = options;
  const { parser = framework.json(), guards = [freeformGuard(world.guard, middleware)] } = options;
  const passed: (GuardedRequest & { body?: unknown })[] = [];
  const exchanges: Exchange[] = [];
  const note: Middleware = (req, _res, next) => {
    passed.push(req);
    next();
  };
  const counted = guards.map((guard) => countedGuard(guard, (exchange) => void exchanges.push(exchange)));
  const layers = [...(parser === 'none' ? [] : [parser]), ...before, ...counted, note, handler];
  const port = await listen(framework.app(layers));
  onTestFinished(() => expectOneAnswerEach(exchanges));
  const open: Service['open'] = (path, body, call) => openCall(port, path, body, call);
  const call: Service['call'] = (path, body, options) => open(path, body, options).reply;
  const path = sendPath(world);
  return { port, passed, exchanges, path, open, call, send: (message = textMessage(), o) => call(path, message, o) };
}

export function sendPath({ workspace, channel }: World, last = 'messages'): string {
  return `/workspaces/${workspace.id}/channels/${channel.id}/${last}`;
}

/** A promise that the test settles, once. */
export interface Signal<T = void> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

export function signal<T = void>(): Signal<T> {
  let resolve: Signal<T>['resolve'] = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Lets everything that is ready run until the condition holds. No time passes: the test's timeout is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

export function expectOneAnswerEach(exchanges: readonly Exchange[]): void {
  for (const exchange of exchanges) expect(hasOneAnswer(exchange), JSON.stringify(exchange)).toBe(true);
}

interface App extends RequestListener {
  use(layer: Middleware): unknown;
}

function mount(app: App, layers: readonly Middleware[]): RequestListener {
  for (const layer of layers) app.use(layer);
  return app;
}

/** Bare node: no framework catches or forwards anything. */
function bareApp(layers: readonly Middleware[]): RequestListener {
  return (req, res) => {
    const fail = (): void => {
      if (res.headersSent) return;
      res.statusCode = 500;
      res.end('failed');
    };
    const run = (index: number): void => {
      const next: NextFunction = (error) => (error === undefined ? run(index + 1) : fail());
      try {
        layers[index]?.(req, res, next);
      } catch {
        fail();
      }
    };
    run(0);
  };
}

/** What a service without a framework writes by hand. */
const parseJson: Middleware = (req, _res, next) => {
  if (!/json/i.test(req.headers['content-type'] ?? '')) return next();
  const parsed = text(req).then((content) => JSON.parse(content) as unknown);
  parsed.then((body) => {
    Object.assign(req, { body });
    next();
  }, next);
};

/** Hands a send over to Bird, with the workspace's key, and answers what Bird answers. */
function handToBird({ sandbox, workspace }: World): Middleware {
  const hand = async (req: GuardedRequest & { originalUrl?: string; body?: unknown }): Promise<Response> => {
    const [path = ''] = (req.originalUrl ?? req.url ?? '').split('?');
    const birdPath = path.toLowerCase().replace(/^.*(?=\/workspaces\/)/, '');
    return fetch(`${sandbox.url}${birdPath}`, {
      method: req.method ?? 'POST',
      headers: { authorization: `AccessKey ${workspace.accessKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(req.body ?? null),
    });
  };
  return (req, res, next) => {
    hand(req).then(async (answer) => {
      res.writeHead(answer.status, { 'content-type': 'application/json', 'x-answered-by': 'bird' });
      res.end(await answer.text());
    }, next);
  };
}

async function listen(app: RequestListener): Promise<number> {
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function openCall(port: number, path: string, body: unknown, options: CallOptions = {}): Call {
  const { method = 'POST', headers, agent } = options;
  const isRaw = typeof body === 'string' || Buffer.isBuffer(body) || body === undefined;
  const content = isRaw ? (body ?? '') : JSON.stringify(body);
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  // Node frames the body of a GET only where its length is given.
  const framed = { ...type, 'content-length': String(Buffer.byteLength(content)), ...headers };
  const opened = request({ host: '127.0.0.1', port, path, method, agent, headers: framed });
  const reply = new Promise<IncomingMessage>((resolve, reject) => {
    opened.once('response', resolve);
    opened.once('error', reject);
  }).then(readReply);
  opened.end(content);
  return { request: opened, reply };
}

async function readReply(response: IncomingMessage): Promise<Reply> {
  const { statusCode: status = 0, headers, rawHeaders, statusMessage } = response;
  const content = await text(response);
  const window = headers['freeform-window'] as string | undefined;
  recordLetOut('response head', [statusMessage, rawHeaders]);
  // Bird's own answer holds the message that it took over: what Bird says is not ours.
  if (headers['x-answered-by'] === undefined) recordLetOut('response body', content);
  return { status, headers, text: content, body: parse(content), window };
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
