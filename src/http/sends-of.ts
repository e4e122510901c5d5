import type { IncomingMessage } from 'node:http';
import { readSends, type SendRequest } from '../bird/send-request.js';
import { isObject } from '../core/option-checks.js';
import { withinDeadline } from '../guard/deadline.js';
import type { GuardInternals } from '../guard/internals.js';
import type { MiddlewareOptions, Resolved } from './middleware-options.js';

/** The sends in a request: none where it is not for the guard; a promise only where a hook gave one. */
export type Sends = readonly SendRequest[];

/** Stands for a request that a hook failed to read: a send that cannot be classified. */
const unreadable: Sends = [{ workspaceId: '', message: null }];

/** Reads a request, by the caller's hooks where there are any. A hook that fails or takes too long reads nothing. */
export function sendsOf(
  req: IncomingMessage,
  { skip, resolve }: MiddlewareOptions,
  internals: GuardInternals,
): Sends | Promise<Sends> {
  const failed = (hook: string): Sends => {
    // The hook's error is not logged: nobody knows what it holds.
    internals.logger.error({ hook }, 'A hook failed or took too long, so the send is unknown');
    return unreadable;
  };
  let hook = 'skip';
  try {
    if (skip?.(req) === true) return [];
    if (resolve === undefined) return readSends(req) ?? [];
    hook = 'resolve';
    const resolved = resolve(req);
    if (!isPromiseLike(resolved)) return toSends(resolved, req);
    const { clock, deadlineMs } = internals;
    return withinDeadline(clock, deadlineMs, Promise.resolve(resolved))
      .then((settled) => toSends(settled, req))
      .catch(() => failed(hook));
  } catch {
    return failed(hook);
  }
}

/** What a hook does not know may still be one of Bird's own requests: a hook adds shapes, and takes none away. */
function toSends(resolved: Resolved, req: IncomingMessage): Sends {
  if (resolved === undefined || resolved === null) return readSends(req) ?? [];
  const sends = isList(resolved) ? resolved : [resolved];
  if (!sends.every(isObject)) throw new TypeError('resolve gave what is no send');
  return sends;
}

function isList(resolved: SendRequest | Sends): resolved is Sends {
  return Array.isArray(resolved);
}

function isPromiseLike(value: unknown): value is PromiseLike<Resolved> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
