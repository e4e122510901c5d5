import type { GuardInternals } from '../../guard/internals.js';
import { type DecideOptions, decideRequest, type HostDecision } from './decide-request.js';
import { type HookedRequest, type RequestHooks, sendsOf } from './sends-of.js';

export type HookedOptions<R> = RequestHooks<R> & DecideOptions<R>;

/** Reads a request, by the caller's hooks where there are any, and decides about it. `undefined`: it is no send. */
export async function decideHooked<R>(
  request: HookedRequest<R>,
  options: HookedOptions<R>,
  internals: GuardInternals,
): Promise<HostDecision | undefined> {
  return decideRequest(request, await sendsOf(request, options, internals), internals, options);
}
