import type { IncomingMessage, ServerResponse } from 'node:http';
import { aFunction, checkOptions, type OptionCheck } from '../../core/option-checks.js';
import { ownFields } from '../../core/own.js';
import type { Outcome } from '../../guard/outcome.js';
import { maxRecipientsCheck, statusCodeCheck } from '../request/guard-request.js';
import type { ResolvedSends } from '../request/sends-of.js';

/** `Req` and `Res` are the request and response as the framework types them: `Request` and `Response` of Express, say. */
export interface MiddlewareOptions<
  Req extends IncomingMessage = IncomingMessage,
  Res extends ServerResponse = ServerResponse,
> {
  /** Requests that pass untouched: true skips. Not awaited: a promise skips nothing. */
  readonly skip?: ((req: Req) => boolean) | undefined;
  /** Reads the sends out of a request of any other shape than Bird's own. */
  readonly resolve?: ((req: Req) => ResolvedSends | Promise<ResolvedSends>) | undefined;
  /**
   * Answers a blocked request in place of the guard, by a response or by calling `next`. Where it throws before it has
   * done either, or does neither within the defaults' `deadlineMs`, the guard answers.
   */
  readonly handler?:
    | ((req: Req, res: Res, next: (error?: unknown) => void, outcomes: readonly Outcome[]) => unknown)
    | undefined;
  /** Status of the answer to a denied request. Default 409; 400 to 599. */
  readonly statusCode?: number | undefined;
  /**
   * How many recipients a message may have. More are not looked at one by one: the send is `too_many_recipients`. Default
   * 1000; 1 to 100 000.
   */
  readonly maxRecipients?: number | undefined;
}

const checks = {
  skip: aFunction,
  resolve: aFunction,
  handler: aFunction,
  statusCode: statusCodeCheck,
  maxRecipients: maxRecipientsCheck,
} satisfies Record<keyof MiddlewareOptions, OptionCheck>;

/** @throws {TypeError | RangeError} naming the option */
export function resolveMiddlewareOptions(options: MiddlewareOptions): MiddlewareOptions {
  checkOptions(options, checks, 'middlewareOptions');
  return ownFields(options);
}
