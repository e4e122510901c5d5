import { requireObject } from '../../core/argument-checks.js';
import {
  aFunction,
  checkOptions,
  integerBetween,
  isObject,
  type OptionCheck,
  typeName,
} from '../../core/option-checks.js';
import { ownFields } from '../../core/own.js';
import type { Guard } from '../../guard/guard.js';
import { internalsOf } from '../../guard/internals.js';
import { decideRequest, type RequestDecision } from './decide-request.js';
import { type RequestHooks, sendsOf } from './sends-of.js';

/** A request in the form that any host can provide. */
export interface GuardRequestInput {
  /** HTTP method, in any letter case. */
  readonly method: string;
  /** The path, with or without query, or the whole URL. */
  readonly url: string;
  /** The parsed body. */
  readonly body?: unknown;
  /** The route's parameters: `workspaceId`, and `channelId` or `conversationId`. */
  readonly params?: unknown;
  /** Set where the handler has a route of its own: then `params` alone identify a send. */
  readonly route?: unknown;
}

/** With a `URL` for the text of one. */
interface UrlRequestInput extends Omit<GuardRequestInput, 'url'> {
  readonly url: URL;
}

/** How `guardRequest` finds the sends of a request, and answers a denied one. */
export interface GuardRequestOptions extends Omit<RequestHooks<GuardRequestInput>, 'skip'> {
  /** The status of the response to a denied request. Default 409; 400 to 599. */
  readonly statusCode?: number | undefined;
}

export const statusCodeCheck: OptionCheck = {
  ...integerBetween(400, 599, ''),
  rule: 'an HTTP status from 400 to 599',
};
export const maxRecipientsCheck: OptionCheck = integerBetween(1, 100_000, 'recipients');

const checks: Readonly<Record<keyof GuardRequestOptions, OptionCheck>> = {
  resolve: aFunction,
  statusCode: statusCodeCheck,
  maxRecipients: maxRecipientsCheck,
};

/**
 * Decides about a whole request of any host, batches, several recipients and `onMixed` included. A refused request
 * leaves nothing held. `undefined`: the request is no send, or the guard is off for it. Never rejects because of a
 * request's content.
 *
 * @throws {TypeError | RangeError} for invalid options, for a guard that `createGuard` did not make, and for a request
 *   without `method` or `url`
 *
 * @example
 * const decision = await guardRequest(guard, { method, url, body });
 * if (decision?.response !== undefined) return answer(decision.response);
 */
export async function guardRequest(
  guard: Guard,
  request: GuardRequestInput | UrlRequestInput,
  given: GuardRequestOptions = {},
): Promise<RequestDecision | undefined> {
  checkOptions(given, checks, 'guardRequest');
  const options = ownFields(given);
  const internals = internalsOf(guard);
  const hostRequest = readRequest(request);
  const sends = await sendsOf(hostRequest, hostRequest, options, internals);
  const decision = await decideRequest(hostRequest, sends, internals, options);
  if (decision === undefined) return undefined;
  const { isBlocked: _, isDecided: __, rewrite: ___, ...face } = decision;
  return face;
}

/** Without a method or a URL every request would pass, as one that is no send. */
function readRequest(request: GuardRequestInput | UrlRequestInput): GuardRequestInput {
  requireObject(request, 'guardRequest: request', '{ method, url, body }');
  const { method, params, route, body } = request;
  if (typeof method !== 'string') {
    throw new TypeError(`guardRequest: request.method must be a string; received ${typeName(method)}`);
  }
  if (isWithTextualUrl(request)) return request;
  const url = textOf(request.url);
  if (url !== undefined) return { ...request, method, url, params, route, body };
  throw new TypeError(`guardRequest: request.url must be a string or a URL; received ${typeName(request.url)}`);
}

/** On a route of its own, whose parameters say where it goes, a host may leave the URL out. */
function isWithTextualUrl(request: GuardRequestInput | UrlRequestInput): request is GuardRequestInput {
  const { url, params } = request;
  return typeof url === 'string' || (url === undefined && isObject(params));
}

/** Hosts have URLs of classes of their own, with the fields of `URL`. */
function textOf(url: unknown): string | undefined {
  if (!isObject(url)) return undefined;
  const [pathname, search] = [Reflect.get(url, 'pathname'), Reflect.get(url, 'search')];
  return typeof pathname === 'string' ? pathname + (typeof search === 'string' ? search : '') : undefined;
}
