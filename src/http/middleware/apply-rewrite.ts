import type { IncomingMessage } from 'node:http';
import { own } from '../../core/own.js';
import { isSameId, type Rewrite, withChannel } from '../request/rewrite.js';

export type RewritableRequest = IncomingMessage & {
  body?: unknown;
  params?: unknown;
  originalUrl?: string;
  rawBody?: unknown;
};

/**
 * Puts the rewritten send where the handler looks for it: the body in each of its forms, and another channel in the
 * route's parameters, in the URL, and in what frameworks keep of it, so that no handler finds the text or the channel
 * that is closed.
 */
export function applyRewrite(req: RewritableRequest, { body, channel }: Rewrite): void {
  req.body = body;
  describeBody(req, jsonOf(body));
  if (channel === undefined) return;
  const { params, originalUrl } = req;
  if (isSameId(own(params, 'channelId'), channel.from)) Object.assign(Object(params), { channelId: channel.to });
  req.url = withChannel(req.url, channel) ?? req.url;
  if (originalUrl !== undefined) req.originalUrl = withChannel(originalUrl, channel) ?? originalUrl;
}

/** Headers that speak of the old body: a handler that forwards them would hang, or be refused. */
const BODY_HEADERS: ReadonlySet<string> = new Set([
  ...['content-length', 'transfer-encoding', 'content-encoding', 'content-type'],
  ...['content-md5', 'digest', 'content-digest', 'repr-digest', 'trailer', 'expect'],
]);

/** The body of an application's own shape may be one that JSON cannot carry: then nothing is said of it. */
function jsonOf(body: unknown): string | undefined {
  try {
    return JSON.stringify(body);
  } catch {
    return undefined;
  }
}

function describeBody(req: RewritableRequest, json: string | undefined): void {
  const described: Readonly<Record<string, string>> =
    json === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(json)) };
  for (const name of BODY_HEADERS) delete req.headers[name];
  Object.assign(req.headers, described);
  const kept: string[] = [];
  for (let index = 0; index < req.rawHeaders.length; index += 2) {
    const [name = '', value = ''] = req.rawHeaders.slice(index, index + 2);
    if (!BODY_HEADERS.has(name.toLowerCase())) kept.push(name, value);
  }
  req.rawHeaders.splice(0, req.rawHeaders.length, ...kept, ...Object.entries(described).flat());
  if (req.rawBody === undefined) return;
  if (json === undefined) delete req.rawBody;
  else req.rawBody = typeof req.rawBody === 'string' ? json : Buffer.from(json);
}
