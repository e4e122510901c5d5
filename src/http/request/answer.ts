import type { SendRequest } from '../../bird/send/send-request.js';
import type { Hook, HookFailure } from '../../core/hook.js';
import type { Outcome } from '../../guard/outcome.js';
import { requireOutcomes } from '../../guard/still-valid.js';
import { heldOf, type Problem, problemOf, RETRY_AFTER_SECONDS } from './problem.js';
import { headerOf, WINDOW_HEADER } from './window-header.js';

/** A whole HTTP response for any host. Send `body` as JSON. */
export interface HttpAnswer {
  /** HTTP status, the same as in the body. */
  readonly status: number;
  /** Headers by name: `Content-Type`, `Freeform-Window`, `Cache-Control`, and `Retry-After` where a retry may help. */
  readonly headers: Readonly<Record<string, string>>;
  /** The problem that the client reads. It holds no message text, phone number or key. */
  readonly body: Problem;
}

/**
 * The response to one send, or several that belong together, of which at least one is blocked: what the middleware
 * would answer. `undefined` where none is blocked.
 *
 * @throws {TypeError} for what is no list of outcomes
 *
 * @example
 * const blocked = blockedResponse([await guard.check(send)]);
 * if (blocked !== undefined) return res.status(blocked.status).set(blocked.headers).json(blocked.body);
 */
export function blockedResponse(outcomes: readonly Outcome[]): HttpAnswer | undefined {
  requireOutcomes(outcomes, 'blockedResponse');
  if (!outcomes.some(({ action }) => action === 'block')) return undefined;
  return blockedAnswer(outcomes, [], headerOf(outcomes));
}

export function blockedAnswer(
  outcomes: readonly Outcome[],
  sends: readonly SendRequest[],
  header: string,
  deniedStatus?: number,
): HttpAnswer {
  const body = problemOf(outcomes, sends, deniedStatus);
  const retry = body.retryable ? { 'Retry-After': String(RETRY_AFTER_SECONDS) } : undefined;
  return answer(body, { ...retry, 'Content-Type': 'application/problem+json', [WINDOW_HEADER]: header });
}

/** The answer to a request of which everything that can be sent waits for the customer. */
export function heldAnswer(outcomes: readonly Outcome[], sends: readonly SendRequest[], header: string): HttpAnswer {
  return answer(heldOf(outcomes, sends), { 'Content-Type': 'application/json', [WINDOW_HEADER]: header });
}

/** A `handler` of the application's that was to answer in place of this. */
export const handlerHook: Hook = { name: 'handler' };

export function handlerFailure(error: unknown): HookFailure {
  const text = 'Hook threw or took too long, so the guard answers where nobody else has';
  return { cause: 'hook_failed', text, error };
}

function answer(body: Problem, headers: Readonly<Record<string, string>>): HttpAnswer {
  return { status: body.status, headers: { ...headers, 'Cache-Control': 'no-store' }, body };
}
