import { checkOptionsOf, isFunction, type OptionCheck, oneOf, typeName } from '../../core/option-checks.js';
import { ownFields } from '../../core/own.js';
import type { Guard } from '../../guard/guard.js';
import { type GuardInternals, internalsOf } from '../../guard/internals.js';
import { decideHooked } from '../request/decide-hooked.js';
import type { HostDecision } from '../request/decide-request.js';
import { responseOf } from './json.js';
import {
  bodyOf,
  type Fetch,
  isToSendPath,
  type Outgoing,
  sendInstead,
  signalOf,
  UNREADABLE,
  urlOf,
} from './outgoing.js';
import { SendBlockedError } from './send-blocked-error.js';

/** What `guardedFetch` does with a blocked send. */
export interface GuardedFetchOptions {
  /**
   * `respond` resolves with the response that the middleware would give, mostly a 409. `reject` rejects with a
   * `SendBlockedError`. Default `respond`.
   */
  readonly onBlocked?: 'respond' | 'reject' | undefined;
}

const checks = { onBlocked: oneOf('respond', 'reject') } satisfies Record<keyof GuardedFetchOptions, OptionCheck>;

/** Marks what `guardedFetch` gave: decided twice, a message could wait twice. */
const mark: unique symbol = Symbol.for('freeform-guard.guarded-fetch');

/**
 * A `fetch` that decides about each send to Bird before it goes out, for workers, jobs and SDKs. Only POSTs to Bird's
 * send paths are decided; all else passes untouched. Of a rerouted message all sends go out, in order, up to the first
 * that fails: the response is that one's, else the last one's. A message that is held resolves with a 202 whose `code` is
 * `held`. The result must not become the guard's own `fetch`.
 *
 * @param fetch what sends. Default: the global `fetch` as it is now
 * @throws {TypeError | RangeError} at creation, for invalid options, and for a `fetch` that is guarded already
 *
 * @example
 * const send = guardedFetch(guard);
 * const response = await send(url, { method: 'POST', headers, body: JSON.stringify(message) });
 */
export function guardedFetch(guard: Guard, fetch: Fetch = globalThis.fetch, options: GuardedFetchOptions = {}): Fetch {
  if (!isFunction(fetch)) throw new TypeError(`guardedFetch: fetch must be a function; received ${typeName(fetch)}`);
  if (mark in fetch) throw new TypeError('guardedFetch: fetch is guarded already; give the one that it was made from');
  checkOptionsOf('guardedFetch', options, checks);
  const { onBlocked = 'respond' } = ownFields(options);
  const internals = internalsOf(guard);

  const send: Fetch = async (input, init) => {
    const outgoing = { input, init };
    const decision = await decide(outgoing, internals);
    if (decision === undefined) return fetch(input, init);
    const { response, rewrite, isBlocked, settle } = decision;
    const signal = signalOf(outgoing);
    settle(!isBlocked && signal?.aborted !== true);
    signal?.throwIfAborted();
    if (isBlocked && response !== undefined && onBlocked === 'reject') throw new SendBlockedError(response);
    if (response !== undefined) return responseOf(response);
    return rewrite === undefined ? fetch(input, init) : sendInstead(outgoing, decision, fetch);
  };
  return Object.assign(send, { [mark]: true });
}

async function decide(outgoing: Outgoing, internals: GuardInternals): Promise<HostDecision | undefined> {
  if (!isToSendPath(outgoing)) return undefined;
  const body = await bodyOf(outgoing);
  if (body !== UNREADABLE)
    return decideHooked({ method: 'POST', url: urlOf(outgoing.input), body, host: undefined }, {}, internals);
  const text = 'A send goes out with a stream as its body, which the guard cannot read, so it passes undecided';
  internals.logOnce.warn('fetch', 'stream', {}, text);
  return undefined;
}
