import { targetOfPaths } from '../../bird/send/send-path.js';
import { isPost } from '../../bird/send/send-request.js';
import { aFunction, checkOptionsOf, type OptionCheck } from '../../core/option-checks.js';
import { ownFields } from '../../core/own.js';
import type { ReroutedSend } from '../../core/reroute/policy.js';
import type { Guard } from '../../guard/guard.js';
import { internalsOf } from '../../guard/internals.js';
import type { Outcome } from '../../guard/outcome.js';
import { decideHooked } from '../request/decide-hooked.js';
import type { HostDecision } from '../request/decide-request.js';
import { requestChecks, requireResolve } from '../request/guard-request.js';
import { withChannel } from '../request/rewrite.js';
import type { RewriteOption } from '../request/rewrite-request.js';
import type { RequestHooks } from '../request/sends-of.js';
import { jsonHeaders, parseJson, responseOf } from './json.js';

/** A `Request` as hooks get it, with its body read. */
export interface FetchGuardRequest {
  /** HTTP method, in upper case. */
  readonly method: string;
  /** The whole URL. */
  readonly url: string;
  /** The parsed body; `undefined` where it is no JSON. `rewrite` sets or returns the new one. */
  body: unknown;
  /** The request as it came, for its headers. Its body stays unread. */
  readonly request: Request;
}

/** How `fetchGuard` finds the sends of a request, and answers a denied one. */
export interface FetchGuardOptions extends RequestHooks<FetchGuardRequest> {
  /**
   * What becomes of a reroute where `resolve` has read the request. A function sets `body` or returns a new one, and may
   * be async. Where it fails, the request is refused. `'handler-sends'`: the handler sends `sends`. Default: the request
   * is refused.
   */
  readonly rewrite?: RewriteOption<FetchGuardRequest> | undefined;
  /** The status of the response to a denied request. Default 409; 400 to 599. */
  readonly statusCode?: number | undefined;
}

/** The decision about a `Request`. */
export interface FetchDecision {
  /** Answer this, and send nothing: the request is blocked, or all of it is held. `undefined`: go on with `request`. */
  readonly response: Response | undefined;
  /** What to go on with: the request that came, or after a reroute one with the new body and channel. */
  readonly request: Request;
  /** The value of the `Freeform-Window` header for your answer; `undefined` where the request is no send. */
  readonly header: string | undefined;
  /** One per recipient, in the order of the request; empty where the request is no send. */
  readonly outcomes: readonly Outcome[];
  /** After a reroute: all sends that replace the request, in this order. Of a split text, `request` has only the first. */
  readonly sends?: readonly ReroutedSend[] | undefined;
}

/** Decides about a request. Never rejects because of a request's content. */
export type FetchGuard = (request: Request) => Promise<FetchDecision>;

const checks = {
  ...requestChecks,
  skip: aFunction,
} satisfies Record<keyof FetchGuardOptions, OptionCheck>;

/**
 * Guards a host that takes a `Request` and gives a `Response`, such as Hono, a route handler of Next.js or a worker.
 *
 * @throws {TypeError | RangeError} at creation, for invalid options
 *
 * @example
 * const decide = fetchGuard(guard);
 * const { response, request, sends } = await decide(incoming);
 * if (response !== undefined) return response;
 */
export function fetchGuard(guard: Guard, given: FetchGuardOptions = {}): FetchGuard {
  checkOptionsOf('fetchGuard', given, checks);
  const options = ownFields(given);
  requireResolve(options, 'fetchGuard');
  const internals = internalsOf(guard);

  return async function decideFetch(request) {
    const { method, url } = request;
    // Bird's sends are POSTs; an application's own may come by any method.
    const isOfBird = isPost(method) && targetOfPaths({ url }) !== undefined;
    const isRead = isOfBird || (options.resolve !== undefined && !isUpload(request));
    const host = { method, url, body: isRead ? parseJson(await textOf(request)) : undefined, request };
    const decision = await decideHooked({ ...host, host }, options, internals);
    return decision === undefined ? noSend(request) : concluded(decision, request);
  };
}

/** A file, which is no JSON and may be of any size: it would be kept in memory while its handler reads it as a stream. */
function isUpload({ headers }: Request): boolean {
  return /^(?:multipart|image|audio|video)\//i.test(headers.get('content-type') ?? '');
}

function noSend(request: Request): FetchDecision {
  return { response: undefined, request, header: undefined, outcomes: [] };
}

function concluded(
  { outcomes, header, response, rewrite, sends, isBlocked, settle }: HostDecision,
  request: Request,
): FetchDecision {
  const isGone = request.signal.aborted;
  settle(!isBlocked && !isGone);
  // Nobody is left to send for, and nobody reads the answer.
  if (isGone) return { response: new Response(null, { status: 499 }), request, header, outcomes };
  const face = { header, outcomes, ...(sends === undefined ? {} : { sends }) };
  if (response !== undefined) return { response: responseOf(response), request, ...face };
  if (rewrite?.body === undefined) return { response: undefined, request, ...face };
  const { body, channel } = rewrite;
  const url = (channel && withChannel(request.url, channel)) ?? request.url;
  const init = { method: request.method, headers: jsonHeaders(request.headers), signal: request.signal };
  return { response: undefined, request: new Request(url, { ...init, body: JSON.stringify(body) }), ...face };
}

/** Of a copy, so that the handler can read the request, too. One that was read before says nothing. */
async function textOf(request: Request): Promise<string | undefined> {
  try {
    return await request.clone().text();
  } catch {
    return undefined;
  }
}
