import type { IncomingMessage, ServerResponse } from 'node:http';
import { isObject } from '../core/option-checks.js';
import type { ReroutedSend } from '../core/reroute/policy.js';
import { createGuard, type Guard } from '../guard/guard.js';
import { type GuardInternals, internalsOf } from '../guard/internals.js';
import type { GuardOptions } from '../guard/options.js';
import type { Outcome } from '../guard/outcome.js';
import type { PlannedSend } from '../guard/planned-send.js';
import { asPlanned, carryOut, type RequestOutcome } from './carry-out.js';
import { checkMiddlewareOptions, type MiddlewareOptions } from './middleware-options.js';
import { heldOf, type Problem, problemOf, RETRY_AFTER_SECONDS } from './problem.js';
import { applyRewrite } from './rewrite.js';
import { type Sends, sendsOf } from './sends-of.js';
import { WINDOW_HEADER, windowHeader } from './window-header.js';

/** What handlers downstream read at `req.freeformGuard`. */
export interface GuardedSends {
  /** One outcome per recipient, in the order of the request. */
  readonly outcomes: readonly Outcome[];
  /** The request's body as it came. */
  readonly original: unknown;
  /** Where something is sent instead: the request's body as it is now. */
  readonly rewritten?: unknown;
  /** With it: everything that is to be sent, in order. Of a text that was split, `req.body` is only the first. */
  readonly sends?: readonly ReroutedSend[] | undefined;
}

/** A request that has passed the guard. */
export type GuardedRequest = IncomingMessage & { freeformGuard?: GuardedSends };

export type Next = (error?: unknown) => void;

/** On `node:http` types, so that it fits Express 4 and 5, Connect and a bare server alike. */
export type Middleware = (req: IncomingMessage, res: ServerResponse, next: Next) => void;

/** Marks a request that a guard decides: mounted twice, by whichever copy of the package, it still decides once. */
const decided = Symbol.for('freeform-guard.decided');

type MarkedRequest = GuardedRequest & { [decided]?: true; body?: unknown };

/**
 * Middleware that stops the free-form sends which the customer service window would lose. Mount it behind the body
 * parser. It answers a blocked request by itself and calls `next` exactly once for any other.
 *
 * @param guardOrOptions a guard, or the options to create one from
 * @throws {TypeError | RangeError} at creation, for invalid options
 */
export function freeformGuard(guardOrOptions: Guard | GuardOptions, options: MiddlewareOptions = {}): Middleware {
  checkMiddlewareOptions(options);
  const guard = isGuard(guardOrOptions) ? guardOrOptions : createGuard(guardOrOptions);
  const internals = internalsOf(guard);

  return function freeformGuardMiddleware(req, res, next) {
    if ((req as MarkedRequest)[decided] === true) return next();
    const exchange = new Exchange(req, res, next, options, internals);
    const sends = sendsOf(req, options, internals);
    if (sends instanceof Promise) void sends.then((read) => exchange.decide(read));
    else exchange.decide(sends);
  };
}

function isGuard(value: Guard | GuardOptions): value is Guard {
  return isObject(value) && 'check' in value;
}

/** One request on its way: from its sends to exactly one of `next` or a response. */
class Exchange {
  readonly #req: MarkedRequest;
  readonly #res: ServerResponse;
  readonly #next: Next;
  readonly #options: MiddlewareOptions;
  readonly #internals: GuardInternals;

  constructor(
    req: IncomingMessage,
    res: ServerResponse,
    next: Next,
    options: MiddlewareOptions,
    internals: GuardInternals,
  ) {
    this.#req = req;
    this.#res = res;
    this.#next = next;
    this.#options = options;
    this.#internals = internals;
  }

  /** From memory in this very tick where that is possible, else with Bird's help. */
  decide(sends: Sends): void {
    if (sends.length === 0) return this.#next();
    // Only now: a guard further on may know how to read what is no send to this one.
    this.#req[decided] = true;
    const planned = sends.map((send) => this.#internals.plan(send));
    if (planned.every(isThere) && !planned.some(isNotWhole)) return this.#conclude(asPlanned(planned), sends);
    void Promise.all(planned).then(async (all) => {
      this.#conclude(all.some(isNotWhole) ? await carryOut(all, sends, this.#req) : asPlanned(all), sends);
    });
  }

  #conclude({ outcomes, rewrite, isRefused, settle }: RequestOutcome, sends: Sends): void {
    const [first, ...others] = outcomes.filter(({ mode }) => mode !== 'off');
    if (first === undefined) return this.#next();
    if (this.#isOver()) {
      // The client has gone or somebody else has answered: there is nothing left to do, and nobody to do it for.
      this.#internals.logger.debug?.({ reason: first.decision.reason }, 'A request was over before it was decided');
      return settle(false);
    }
    const original = this.#req.body;
    this.#req.freeformGuard = { outcomes, original };
    this.#res.setHeader(WINDOW_HEADER, windowHeader([first, ...others], rewrite?.sends.length));
    if (isRefused) return this.#refuse(outcomes, sends);
    settle(true);
    if (rewrite === undefined) return this.#next();
    const { sends: instead, body: rewritten } = rewrite;
    this.#req.freeformGuard = { outcomes, original, rewritten, sends: instead };
    if (instead.length === 0) return this.#answer(heldOf(outcomes, sends));
    applyRewrite(this.#req, rewrite);
    this.#next();
  }

  #refuse(outcomes: readonly Outcome[], sends: Sends): void {
    if (this.#options.handler === undefined) return this.#respond(outcomes, sends);
    this.#handOver(this.#options.handler, outcomes, sends);
  }

  #isOver(): boolean {
    return this.#res.headersSent || this.#res.writableEnded || this.#res.destroyed;
  }

  #respond(outcomes: readonly Outcome[], sends: Sends): void {
    const problem = problemOf(outcomes, sends, this.#options.statusCode);
    if (problem.retryable) this.#res.setHeader('Retry-After', RETRY_AFTER_SECONDS);
    this.#res.setHeader('Content-Type', 'application/problem+json');
    this.#answer(problem);
  }

  #answer(answer: Problem): void {
    const body = JSON.stringify(answer);
    this.#res.statusCode = answer.status;
    if (!this.#res.hasHeader('Content-Type')) this.#res.setHeader('Content-Type', 'application/json');
    this.#res.setHeader('Content-Length', Buffer.byteLength(body));
    this.#res.setHeader('Cache-Control', 'no-store');
    this.#res.end(body);
  }

  /** Lets the caller's handler answer or pass the request on; where it fails to, the guard answers. */
  #handOver(handler: NonNullable<MiddlewareOptions['handler']>, outcomes: readonly Outcome[], sends: Sends): void {
    const { clock, logger, deadlineMs } = this.#internals;
    let isDone = false;
    const finish = (act: () => void): void => {
      clock.clearTimeout(timer);
      if (isDone || this.#isOver()) return;
      isDone = true;
      act();
    };
    // Outside of the handler's stack: what the application throws behind `next` is not taken for the handler's.
    const next: Next = (error) => finish(() => queueMicrotask(() => this.#next(error)));
    const failed = (): void => {
      logger.error({ hook: 'handler' }, 'A hook threw or took too long, so the guard answers where nobody else has');
      finish(() => this.#respond(outcomes, sends));
    };
    const timer = clock.setTimeout(() => (this.#isOver() ? undefined : failed()), deadlineMs);
    try {
      Promise.resolve(handler(this.#req, this.#res, next, outcomes)).catch(failed);
    } catch {
      failed();
    }
  }
}

function isThere(planned: PlannedSend | Promise<PlannedSend>): planned is PlannedSend {
  return !(planned instanceof Promise);
}

/** Neither passes nor stops with all of its request: it has a way out, or the others go without it. */
function isNotWhole({ plan, policy }: PlannedSend): boolean {
  return plan === 'reroute' || (plan === 'block' && policy.onMixed === 'split');
}
