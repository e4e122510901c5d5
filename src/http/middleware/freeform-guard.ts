import type { IncomingMessage, ServerResponse } from 'node:http';
import { deadlineExceeded } from '../../clock.js';
import { isObject } from '../../core/option-checks.js';
import { createGuard, type Guard } from '../../guard/guard.js';
import { type GuardInternals, internalsOf } from '../../guard/internals.js';
import type { Outcome } from '../../guard/outcome.js';
import type { GuardOptions } from '../../guard/workspaces/options.js';
import { type HttpAnswer, handlerFailure, handlerHook } from '../request/answer.js';
import { applyRewrite, type RequestFace } from '../request/apply-rewrite.js';
import {
  DecidedSends,
  decideRequest,
  type GuardedSends,
  type HostDecision,
  isDecidedAlready,
} from '../request/decide-request.js';
import type { Rewrite } from '../request/rewrite.js';
import { sendsOf } from '../request/sends-of.js';
import { WINDOW_HEADER } from '../request/window-header.js';
import { HostRequest } from './host-request.js';
import { type MiddlewareOptions, resolveMiddlewareOptions } from './middleware-options.js';

declare global {
  // What `@types/express` merges into its requests; without it, this is nothing that anybody meets.
  namespace Express {
    interface Request {
      /** What the guard has made of the request; `undefined` where it was no send. */
      freeformGuard?: GuardedSends;
    }
  }
}

/** A request that has passed the guard. */
export type GuardedRequest = IncomingMessage & {
  /** What the guard has made of the request; `undefined` where it was no send. */
  freeformGuard?: GuardedSends;
};

/** Passes the request on, or an error to the error handler, as in Express and Connect. */
export type NextFunction = (error?: unknown) => void;

/** A request handler on `node:http` types, for Express 4 and 5, Connect and a plain server. */
export type Middleware = (req: IncomingMessage, res: ServerResponse, next: NextFunction) => void;

/**
 * Middleware that stops free-form sends which the customer service window would lose. Mount it behind the body parser.
 * It answers a blocked request itself, and calls `next` exactly once for any other.
 *
 * @param guardOrOptions a guard, or the options to create one from
 * @throws {TypeError | RangeError} at creation, for invalid options
 */
export function freeformGuard<
  Req extends IncomingMessage = IncomingMessage,
  Res extends ServerResponse = ServerResponse,
>(guardOrOptions: Guard | GuardOptions, middlewareOptions: MiddlewareOptions<Req, Res> = {}): Middleware {
  // What the framework gives the middleware is what the hooks get.
  const options = resolveMiddlewareOptions(middlewareOptions as MiddlewareOptions);
  const guard = isGuard(guardOrOptions) ? guardOrOptions : createGuard(guardOrOptions);
  const internals = internalsOf(guard);

  return function freeformGuardMiddleware(req, res, next) {
    if (isDecidedAlready(req)) return next();
    const request = new HostRequest(req, freeformGuardMiddleware);
    const exchange: Exchange = { req, res, next, original: request.body, options, internals };
    const sends = sendsOf(request, options, internals);
    const decision =
      sends instanceof Promise
        ? sends.then((read) => decideRequest(request, read, internals, options))
        : decideRequest(request, sends, internals, options);
    // Unhandled, an error would end the process, and the request would hang.
    if (decision instanceof Promise) void decision.then((made) => conclude(exchange, made), next);
    else conclude(exchange, decision);
  };
}

function isGuard(value: Guard | GuardOptions): value is Guard {
  return isObject(value) && 'check' in value;
}

/** False once somebody has answered. To try costs nothing; to ask costs 0.6 µs on Express, 0.05 of the whole. */
function setHeader(res: ServerResponse, header: string): boolean {
  try {
    res.setHeader(WINDOW_HEADER, header);
    return true;
  } catch {
    return false;
  }
}

/** One request on its way: from its decision to exactly one of `next` or a response. */
interface Exchange {
  readonly req: GuardedRequest;
  readonly res: ServerResponse;
  readonly next: NextFunction;
  /** The body as it arrived. */
  readonly original: unknown;
  readonly options: MiddlewareOptions;
  readonly internals: GuardInternals;
}

function conclude(exchange: Exchange, decision: HostDecision | undefined): void {
  const { req, res, next, original, internals } = exchange;
  if (decision === undefined) return next();
  const { outcomes, header, response, sends, settle, rewrite } = decision;
  if (res.destroyed || !setHeader(res, header)) {
    // The client has gone or somebody else has answered: there is nothing left to do, and nobody to do it for.
    const reason = outcomes[0]?.decision.reason;
    internals.logger.debug?.({ reason }, 'A request was over before it was decided');
    return settle(false);
  }
  // A guard further on may know the workspace that this one does not.
  const guarded = decision.isDecided ? new DecidedSends(outcomes, original) : { outcomes, original };
  req.freeformGuard = guarded;
  if (decision.isBlocked) return refuse(exchange, outcomes, response);
  if (rewrite === undefined) {
    settle(true);
    return next();
  }
  Object.assign(guarded, { rewritten: rewrite.body, sends });
  if (response === undefined) return passRewritten(exchange, rewrite, settle);
  settle(true);
  answer(res, response);
}

function passRewritten({ req, next }: Exchange, rewrite: Rewrite, settle: HostDecision['settle']): void {
  try {
    if (rewrite.body !== undefined) applyRewrite(req as RequestFace, req, rewrite);
  } catch (error) {
    // Where the body cannot be set, the old one would leave.
    settle(false);
    return next(error);
  }
  settle(true);
  next();
}

function refuse(exchange: Exchange, outcomes: readonly Outcome[], response: HttpAnswer | undefined): void {
  if (response === undefined) return;
  const { handler } = exchange.options;
  if (handler === undefined) return answer(exchange.res, response);
  handOver(exchange, (next) => handler(exchange.req, exchange.res, next, outcomes), response);
}

function isOver(res: ServerResponse): boolean {
  return res.destroyed || res.headersSent;
}

function answer(res: ServerResponse, { status, headers, body }: HttpAnswer): void {
  const text = JSON.stringify(body);
  res.statusCode = status;
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  res.setHeader('Content-Length', Buffer.byteLength(text));
  res.end(text);
}

/** Lets the caller's handler answer or pass the request on; where it fails to, the guard answers. */
function handOver(
  { res, next: passOn, internals: { clock, hooks, deadlineMs } }: Exchange,
  handle: (next: NextFunction) => unknown,
  response: HttpAnswer,
): void {
  let isDone = false;
  let hasFailed = false;
  const finish = (act: () => void): void => {
    clock.clearTimeout(timer);
    if (isDone || isOver(res)) return;
    isDone = true;
    act();
  };
  // Outside of the handler's stack: what the application throws behind `next` is not taken for the handler's.
  const next: NextFunction = (error) => finish(() => queueMicrotask(() => passOn(error)));
  const failed = (error: unknown): void => {
    hooks.failed(handlerHook, handlerFailure(error));
    hasFailed = true;
    finish(() => answer(res, response));
  };
  const timer = clock.setTimeout(() => (isOver(res) ? undefined : failed(deadlineExceeded())), deadlineMs);
  try {
    const handled = Promise.resolve(handle(next));
    handled.then(() => (hasFailed ? undefined : hooks.worked(handlerHook)), failed);
  } catch (error) {
    failed(error);
  }
}
