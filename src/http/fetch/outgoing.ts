import { targetOfPaths } from '../../bird/send/send-path.js';
import { isPost } from '../../bird/send/send-request.js';
import { isObject } from '../../core/option-checks.js';
import { own } from '../../core/own.js';
import type { HostDecision } from '../request/decide-request.js';
import { withChannel } from '../request/rewrite.js';
import { jsonHeaders, parseJson } from './json.js';

export type Fetch = typeof globalThis.fetch;

/** A call of `fetch`. */
export interface Outgoing {
  readonly input: Parameters<Fetch>[0];
  readonly init: RequestInit | undefined;
}

export function isToSendPath({ input, init }: Outgoing): boolean {
  const method = init?.method ?? (isRequest(input) ? input.method : 'GET');
  return isPost(method) && targetOfPaths({ url: urlOf(input) }) !== undefined;
}

export function urlOf(input: Outgoing['input']): string {
  return isRequest(input) ? input.url : String(input);
}

export function signalOf({ input, init }: Outgoing): AbortSignal | undefined {
  return init?.signal ?? (isRequest(input) ? input.signal : undefined);
}

/** By its shape: a `fetch` from a package, such as undici's, comes with a `Request` of its own. */
function isRequest(input: unknown): input is Request {
  if (!isObject(input)) return false;
  const [url, clone] = [Reflect.get(input, 'url'), Reflect.get(input, 'clone')];
  return typeof url === 'string' && typeof clone === 'function';
}

/** A stream: to read it would leave nothing to send. */
export const UNREADABLE: unique symbol = Symbol('unreadable');

/** The parsed body of a call; `undefined` where it is no JSON. What the call sends stays as it was. */
export async function bodyOf({ input, init }: Outgoing): Promise<unknown> {
  const body = init?.body ?? undefined;
  if (body === undefined && isRequest(input)) return input.bodyUsed ? undefined : parseJson(await input.clone().text());
  if (typeof body === 'string') return parseJson(body);
  if (body instanceof Blob) return parseJson(await body.text());
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return parseJson(new TextDecoder().decode(body));
  const isForm = body === undefined || body instanceof URLSearchParams || body instanceof FormData;
  return isForm ? undefined : UNREADABLE;
}

/** Sends what replaces a message, in order, up to the first that fails; gives that one's response, else the last one. */
export async function sendInstead(
  outgoing: Outgoing,
  { rewrite, sends = [] }: HostDecision,
  fetch: Fetch,
): Promise<Response> {
  const url = urlOf(outgoing.input);
  const isBatch = Array.isArray(own(rewrite?.body, 'messageRequests'));
  const calls = isBatch
    ? [{ to: url, body: rewrite?.body }]
    : sends.map(({ channelId, message }) => ({ to: onChannel(url, channelId), body: message }));
  const last = calls.pop();
  for (const { to, body } of calls) {
    const response = await fetch(to, withBody(outgoing, body));
    if (!response.ok) return response;
    // Nobody reads it, and its connection would stay in use.
    await response.body?.cancel();
  }
  return fetch(last?.to ?? url, withBody(outgoing, last?.body));
}

/** A send into a conversation names no channel, and stays there. */
function onChannel(url: string, channelId: string): string {
  const from = targetOfPaths({ url })?.channelId;
  return from === undefined ? url : (withChannel(url, { from, to: channelId }) ?? url);
}

function withBody({ input, init }: Outgoing, body: unknown): RequestInit {
  const given = isRequest(input) ? { method: 'POST', redirect: input.redirect, signal: input.signal } : {};
  const headers = jsonHeaders(init?.headers ?? (isRequest(input) ? input.headers : undefined));
  return { ...given, ...init, headers, body: JSON.stringify(body) };
}
