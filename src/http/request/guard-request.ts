import { requireObject } from '../../core/argument-checks.js';
import {
  aFunction,
  checkOptions,
  integerBetween,
  isObject,
  type OptionCheck,
  oneOfOrFunction,
  typeName,
} from '../../core/option-checks.js';
import { ownFields } from '../../core/own.js';
import type { Guard } from '../../guard/guard.js';
import { internalsOf } from '../../guard/internals.js';
import { decideHooked } from './decide-hooked.js';
import type { RequestDecision } from './decide-request.js';
import type { RewriteOption } from './rewrite-request.js';
import type { HookedRequest, RequestHooks } from './sends-of.js';

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
  /**
   * What becomes of a reroute where `resolve` has read the request. A function puts it back into the application's own
   * shape: it changes `req.body` or returns a new one, which the decision has as `body`, and may be async. Where it
   * fails, the request is refused. `'handler-sends'`: the application sends `sends`. Default: the request is refused.
   */
  readonly rewrite?:
    | RewriteOption<{ -readonly [Field in keyof GuardRequestInput]: GuardRequestInput[Field] }>
    | undefined;
  /** The status of the response to a denied request. Default 409; 400 to 599. */
  readonly statusCode?: number | undefined;
}

/** What every host lets its caller choose. */
export const requestChecks: Readonly<Record<keyof GuardRequestOptions, OptionCheck>> = {
  resolve: aFunction,
  rewrite: oneOfOrFunction('handler-sends'),
  statusCode: { ...integerBetween(400, 599, ''), rule: 'an HTTP status from 400 to 599' },
  maxRecipients: integerBetween(1, 100_000, 'recipients'),
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
  checkOptions(given, requestChecks, 'guardRequest');
  const options = ownFields(given);
  requireResolve(options, 'guardRequest');
  const internals = internalsOf(guard);
  const decision = await decideHooked(readRequest(request), options, internals);
  if (decision === undefined) return undefined;
  const { isBlocked: _, isDecided: __, rewrite: ___, ...face } = decision;
  return face;
}

/** @throws {TypeError} naming the option: without `resolve`, `rewrite` would never be asked */
export function requireResolve(
  options: { readonly resolve?: unknown; readonly rewrite?: unknown },
  path: string,
): void {
  if (options.rewrite === undefined || options.resolve !== undefined) return;
  throw new TypeError(`${path}.rewrite needs ${path}.resolve: it is asked about requests that resolve has read`);
}

/** Without a method or a URL every request would pass, as one that is no send. */
function readRequest(request: GuardRequestInput | UrlRequestInput): HookedRequest<GuardRequestInput> {
  requireObject(request, 'guardRequest: request', '{ method, url, body }');
  const { method, params, route, body } = request;
  if (typeof method !== 'string') {
    throw new TypeError(`guardRequest: request.method must be a string; received ${typeName(method)}`);
  }
  const told = { method, params, route, body, isToldChannel: true };
  if (isWithTextualUrl(request)) return { ...told, url: request.url, host: request };
  const url = textOf(request.url);
  const read = { ...request, method, url: url ?? '', params, route, body };
  if (url !== undefined) return { ...told, url, host: read };
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
