import { own } from '../../core/own.js';
import { isSameId, type Rewrite, withChannel } from './rewrite.js';

/** What handlers find of a request's body and of its route: on Express the request itself. */
export interface RequestFace {
  body?: unknown;
  params?: unknown;
  rawBody?: unknown;
}

/** A request of Node's. */
export interface RequestHead {
  url?: string | undefined;
  originalUrl?: string;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly rawHeaders: string[];
}

/**
 * Puts the rewritten send where the handler looks for it: the body in each of its forms, and another channel in the
 * route's parameters, in the URL, and in what frameworks keep of it, so that no handler finds the text or the channel
 * that is closed.
 */
export function applyRewrite(face: RequestFace, head: RequestHead, { body, channel }: Rewrite): void {
  face.body = body;
  const json = jsonOf(body);
  describeBody(head, json);
  if (face.rawBody !== undefined) face.rawBody = rawBodyOf(json, face.rawBody);
  if (channel === undefined) return;
  const { params } = face;
  if (isSameId(own(params, 'channelId'), channel.from)) Object.assign(Object(params), { channelId: channel.to });
  const { originalUrl } = head;
  head.url = withChannel(head.url, channel) ?? head.url;
  if (originalUrl !== undefined) head.originalUrl = withChannel(originalUrl, channel) ?? originalUrl;
}

/** Headers that speak of the old body: a handler that forwards them would hang, or be refused. */
export const BODY_HEADERS: ReadonlySet<string> = new Set([
  ...['content-length', 'transfer-encoding', 'content-encoding', 'content-type'],
  ...['content-md5', 'digest', 'content-digest', 'repr-digest', 'trailer', 'expect'],
]);

/** The body of an application's own shape may be one that JSON cannot carry: then nothing is said of it. */
export function jsonOf(body: unknown): string | undefined {
  try {
    return JSON.stringify(body);
  } catch {
    return undefined;
  }
}

function describeBody(head: RequestHead, json: string | undefined): void {
  const described: Readonly<Record<string, string>> =
    json === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(json)) };
  for (const name of BODY_HEADERS) delete head.headers[name];
  Object.assign(head.headers, described);
  const kept: string[] = [];
  for (let index = 0; index < head.rawHeaders.length; index += 2) {
    const [name = '', value = ''] = head.rawHeaders.slice(index, index + 2);
    if (!BODY_HEADERS.has(name.toLowerCase())) kept.push(name, value);
  }
  head.rawHeaders.splice(0, head.rawHeaders.length, ...kept, ...Object.entries(described).flat());
}

/** In the form that a parser has kept it in. */
function rawBodyOf(json: string | undefined, kept: unknown): string | Uint8Array | undefined {
  return json === undefined || typeof kept === 'string' ? json : Buffer.from(json);
}
