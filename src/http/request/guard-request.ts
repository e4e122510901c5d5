import type { HttpRequestLike } from '../../bird/send-request.js';
import { aFunction, checkOptions, integerBetween, type OptionCheck } from '../../core/option-checks.js';
import { ownFields } from '../../core/own.js';
import type { Guard } from '../../guard/guard.js';
import { internalsOf } from '../../guard/internals.js';
import { decideRequest, type RequestDecision } from './decide-request.js';
import { type RequestHooks, sendsOf } from './sends-of.js';

/** A request as any host has it. */
export interface GuardRequestInput {
  readonly method: string;
  /** The path, with the query or without; or the whole URL. */
  readonly url: string;
  /** The parsed body. */
  readonly body?: unknown;
  /** The route's parameters: `workspaceId`, and `channelId` or `conversationId`. */
  readonly params?: unknown;
  /** Set where the handler stands on a route of its own: then `params` alone say that it is a send. */
  readonly route?: unknown;
}

export interface GuardRequestOptions extends Omit<RequestHooks<GuardRequestInput>, 'skip'> {
  /** Status of the answer to a denied request. Default 409; 400 to 599. */
  readonly statusCode?: number | undefined;
}

export const statusCodeCheck: OptionCheck = integerBetween(400, 599, 'HTTP status');
export const maxRecipientsCheck: OptionCheck = integerBetween(1, 100_000, 'recipients');

const checks: Readonly<Record<keyof GuardRequestOptions, OptionCheck>> = {
  resolve: aFunction,
  statusCode: statusCodeCheck,
  maxRecipients: maxRecipientsCheck,
};

/**
 * Decides about a whole request of any host: batches, several recipients and `onMixed` included, so that a request that is
 * refused leaves nothing held for any of them. `undefined`: the request is no send, or the guard is off for it. Never
 * rejects for what a request holds.
 *
 * @throws {TypeError | RangeError} for invalid options, and for a guard that `createGuard` did not make
 *
 * @example
 * const decision = await guardRequest(guard, { method, url, body });
 * if (decision?.response !== undefined) return answer(decision.response);
 */
export async function guardRequest(
  guard: Guard,
  request: GuardRequestInput,
  given: GuardRequestOptions = {},
): Promise<RequestDecision | undefined> {
  checkOptions(given, checks, 'guardRequest');
  const options = ownFields(given);
  const internals = internalsOf(guard);
  const hostRequest: HttpRequestLike = request;
  const sends = await sendsOf(request, hostRequest, options, internals);
  const decision = await decideRequest(hostRequest, sends, internals, options);
  if (decision === undefined) return undefined;
  const { isBlocked: _, isDecided: __, rewrite: ___, ...face } = decision;
  return face;
}
