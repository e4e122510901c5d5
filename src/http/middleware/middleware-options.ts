import type { IncomingMessage, ServerResponse } from 'node:http';
import { aFunction, checkOptions, type OptionCheck } from '../../core/option-checks.js';
import { ownFields } from '../../core/own.js';
import type { Outcome } from '../../guard/outcome.js';
import { requestChecks, requireResolve } from '../request/guard-request.js';
import type { RewriteOption } from '../request/rewrite-request.js';
import type { ResolvedSends } from '../request/sends-of.js';

/**
 * How the middleware finds sends, and how it answers. `Req` and `Res` are the framework's types, such as Express's
 * `Request` and `Response`.
 */
export interface MiddlewareOptions<
  Req extends IncomingMessage = IncomingMessage,
  Res extends ServerResponse = ServerResponse,
> {
  /** Whether a request passes untouched: true skips it. Not awaited: a promise skips nothing. */
  readonly skip?: ((req: Req) => boolean) | undefined;
  /**
   * Extracts sends from a custom request shape. `undefined` leaves the request to the built-in paths, and `null` says
   * that it is no send, so that it passes untouched.
   */
  readonly resolve?: ((req: Req) => ResolvedSends | Promise<ResolvedSends>) | undefined;
  /**
   * What becomes of a reroute where `resolve` has read the request. A function puts it back into the application's own
   * shape: it changes `req.body` or returns a new one, and may be async. Where it fails, the request is refused.
   * `'handler-sends'`: the handler sends `req.freeformGuard.sends`. Default: the request is refused.
   */
  readonly rewrite?: RewriteOption<Req> | undefined;
  /**
   * Answers a blocked request instead of the guard, by responding or by calling `next`. Where it throws first, or does
   * neither within the defaults' `deadlineMs`, the guard answers.
   */
  readonly handler?:
    | ((req: Req, res: Res, next: (error?: unknown) => void, outcomes: readonly Outcome[]) => unknown)
    | undefined;
  /** The status of the response to a denied request. Default 409; 400 to 599. */
  readonly statusCode?: number | undefined;
  /**
   * How many recipients a message may have. With more, the send is `too_many_recipients`, and recipients are not looked
   * at one by one. Default 1000; 1 to 100 000.
   */
  readonly maxRecipients?: number | undefined;
}

const checks = {
  ...requestChecks,
  skip: aFunction,
  handler: aFunction,
} satisfies Record<keyof MiddlewareOptions, OptionCheck>;

/** @throws {TypeError | RangeError} naming the option */
export function resolveMiddlewareOptions(options: MiddlewareOptions): MiddlewareOptions {
  checkOptions(options, checks, 'middlewareOptions');
  const resolved = ownFields(options);
  requireResolve(resolved, 'middlewareOptions');
  return resolved;
}
