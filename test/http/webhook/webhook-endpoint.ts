import { createServer, type RequestListener, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { type BirdEvent, type Middleware, type WebhookReceiverOptions, webhookReceiver } from 'freeform-guard';
import { onTestFinished } from 'vitest';
import { signWebhook } from '../../../src/bird/webhook-signature.js';
import { keepSecret, recordLetOut } from '../../support/canary.js';
import { type Framework, onConnect, onExpress4, onExpress5, onNodeHttp } from '../../support/service.js';
import { PHONE, TEXT, type World } from '../../support/world.js';

export const KEY = 'KeV+/HGoIQrxuE5YPCRR6AuQOJveldYNNhbVi1i22qk=';
export const MINUTE = 60_000;
export const HOUR: number = 60 * MINUTE;

export const frameworks: readonly (readonly [name: string, framework: Framework])[] = [
  ['express 5', onExpress5],
  ['express 4', onExpress4],
  ['connect', onConnect],
  ['node:http', onNodeHttp],
];

export interface EndpointOptions {
  readonly framework?: Framework | undefined;
  /** What stands in front of the receiver. */
  readonly before?: readonly Middleware[] | undefined;
  readonly receiver?: Partial<WebhookReceiverOptions> | undefined;
}

export interface PostOptions {
  /** Default: the endpoint's key. */
  readonly signingKey?: string | undefined;
  /** The URL that is signed. Default: the endpoint's. */
  readonly url?: string | undefined;
  /** Unix seconds. Default: the world's now. */
  readonly timestamp?: string | undefined;
  /** Laid over the headers; `undefined` takes one away. */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  readonly method?: string | undefined;
}

export interface PostReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field
  readonly body: any;
}

export interface Endpoint {
  readonly port: number;
  /** The URL that the server is reached at, which is also the receiver's `publicUrl` unless a test says otherwise. */
  readonly url: string;
  /** What `onEvent` was called with. */
  readonly events: BirdEvent[];
  /** Signs an event as Bird does and posts it; a string or buffer is taken as the body to the byte. */
  post(event: unknown, options?: PostOptions): Promise<PostReply>;
}

const PATH = '/webhooks/bird';

/** A receiver on a real socket, in front of the world's guard. */
export async function startEndpoint(world: World, options: EndpointOptions = {}): Promise<Endpoint> {
  const { framework = onExpress5, before = [], receiver } = options;
  let app: RequestListener = () => {};
  const port = await listen((req, res) => app(req, res));
  const url = `http://127.0.0.1:${port}${PATH}`;
  const events: BirdEvent[] = [];
  const onEvent = (event: BirdEvent): void => void events.push(event);
  const { workspace, guard, sandbox } = world;
  const own = { publicUrl: url, workspaceId: workspace.id, signingKeys: [KEY], onEvent };
  const receiverOptions = { ...own, ...receiver };
  for (const key of receiverOptions.signingKeys ?? []) if (key.length >= 8) keepSecret(key);
  app = framework.app([...before, webhookReceiver(guard, receiverOptions)]);

  const post: Endpoint['post'] = (event, postOptions = {}) => {
    const body = typeof event === 'string' || Buffer.isBuffer(event) ? Buffer.from(event) : toBytes(event);
    const now = String(Math.floor(sandbox.clock.now() / 1000));
    const { signingKey = KEY, timestamp = now, url: signedUrl = receiverOptions.publicUrl } = postOptions;
    const signature = signWebhook({ timestamp, url: signedUrl, body }, signingKey);
    const signed = { 'messagebird-signature': signature, 'messagebird-request-timestamp': timestamp };
    const described = { 'content-type': 'application/json', 'content-length': String(body.length) };
    const headers = { ...described, ...signed, ...postOptions.headers };
    return send(port, { method: postOptions.method ?? 'POST', headers, body });
  };
  return { port, url, events, post };
}

export interface MessageEvent {
  readonly service: string;
  readonly event: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

type Fields = MessageEvent['payload'];

/** Bird's event of an inbound text from the world's contact, now; fields of the payload may be replaced. */
export function inboundEvent({ channel, contact, sandbox }: World, payload: Fields = {}): MessageEvent {
  const now = sandbox.clock.now();
  const at = new Date(now).toISOString();
  return {
    service: 'channels',
    event: 'whatsapp.inbound',
    payload: {
      id: crypto.randomUUID(),
      channelId: channel.id,
      sender: { contact: { id: contact.id, identifierKey: 'phonenumber', identifierValue: PHONE } },
      receiver: { connector: { id: channel.connectorId, identifierValue: '' } },
      body: { type: 'text', text: { text: TEXT } },
      meta: { extraInformation: { timestamp: String(Math.floor(now / 1000)) } },
      status: 'delivered',
      direction: 'incoming',
      lastStatusAt: at,
      createdAt: at,
      updatedAt: at,
      ...payload,
    },
  };
}

/** Bird's event of a message to the world's contact; default: it failed as too late for the window. */
export function outboundEvent({ channel, contact, sandbox }: World, payload: Fields = {}): MessageEvent {
  const at = new Date(sandbox.clock.now()).toISOString();
  return {
    service: 'channels',
    event: 'whatsapp.outbound',
    payload: {
      id: crypto.randomUUID(),
      channelId: channel.id,
      sender: { connector: { id: channel.connectorId, identifierValue: '' } },
      receiver: { contacts: [{ id: contact.id, identifierKey: 'phonenumber', identifierValue: PHONE }] },
      body: { type: 'text', text: { text: TEXT } },
      status: 'delivery_failed',
      failure: { code: 15_000, description: 'failed', source: { name: 'whatsapp', code: '131047' } },
      direction: 'outgoing',
      lastStatusAt: at,
      createdAt: at,
      updatedAt: at,
      ...payload,
    },
  };
}

/** Everything that a connection to the port brings back until it ends. */
export function openSocket(socket: Socket): Promise<string> {
  socket.setEncoding('latin1');
  return new Promise((resolve) => {
    let received = '';
    socket.on('data', (chunk: string) => {
      received += chunk;
    });
    socket.once('error', () => {});
    socket.once('close', () => resolve(received));
  });
}

function toBytes(event: unknown): Buffer {
  return Buffer.from(JSON.stringify(event));
}

interface Outgoing {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

function send(port: number, { method, headers, body }: Outgoing): Promise<PostReply> {
  const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
  const path = PATH;
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, agent: false, headers: given }, async (response) => {
      const content = await text(response);
      recordLetOut('webhook answer', [response.rawHeaders, content]);
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parse(content) });
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
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
