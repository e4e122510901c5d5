import { type HttpRequestLike, readSends, type SendRequest, unreadableSend } from '../../bird/send/send-request.js';
import { withinDeadline } from '../../clock.js';
import { isObject } from '../../core/option-checks.js';
import { ignoreRejection, isPromiseLike } from '../../core/promise-like.js';
import type { GuardInternals } from '../../guard/internals.js';

/** The sends in a request, one per recipient: none where it is not for the guard. */
export type Sends = readonly SendRequest[];

/**
 * What a `resolve` hook returns: one send, several, `null` for a request that is no send, or `undefined` for one that it
 * does not know.
 */
export type ResolvedSends = SendRequest | Sends | null | undefined;

/** A request as the guard reads it, and as the host's hooks get it. */
export interface HookedRequest<R = unknown> extends HttpRequestLike {
  readonly host: R;
  /** The host reads the channel of a reroute from the decision, and not from the request again. */
  readonly isToldChannel?: boolean | undefined;
}

/** How a request is read beside by its path. `R` is the request as the host's hooks get it. */
export interface RequestHooks<R> {
  /** Whether a request passes untouched: true skips it. Not awaited: a promise skips nothing. */
  readonly skip?: ((req: R) => boolean) | undefined;
  /**
   * Extracts sends from a custom request shape. `undefined` leaves the request to the built-in paths, and `null` says
   * that it is no send, so that it passes untouched. After an error or a timeout the send is `unclassified_message`.
   */
  readonly resolve?: ((req: R) => ResolvedSends | Promise<ResolvedSends>) | undefined;
  /**
   * How many recipients a message may have. With more, the send is `too_many_recipients`. Default 1000; 1 to 100 000.
   */
  readonly maxRecipients?: number | undefined;
}

/** Stands for a request that a hook failed to read: a send that cannot be classified. */
const unreadable: Sends = [unreadableSend()];

const NO_SEND =
  'resolve gave what is no send; let it give { workspaceId, channelId, contact, message }, a list of them, null or undefined';

/**
 * Reads a request, by the caller's hooks where there are any; a promise only where a hook gave one. A hook that fails
 * or takes too long reads nothing.
 */
export function sendsOf<R>(
  request: HookedRequest<R>,
  hooks: RequestHooks<R>,
  internals: GuardInternals,
): Sends | Promise<Sends> {
  if (hooks.skip !== undefined || hooks.resolve !== undefined) return sendsByHooks(request, hooks, internals);
  try {
    return sendsByPath(request, hooks, internals);
  } catch (error) {
    return failed(undefined, error, internals);
  }
}

function sendsByHooks<R>(
  request: HookedRequest<R>,
  { skip, resolve, ...options }: RequestHooks<R>,
  internals: GuardInternals,
): Sends | Promise<Sends> {
  const { clock, deadlineMs } = internals;
  let hook = skip && 'skip';
  const fail = (error: unknown): Sends => failed(hook, error, internals);
  try {
    if (skip !== undefined && isSkipped(skip(request.host), internals)) return [];
    hook = resolve && 'resolve';
    // What a hook does not know may still be one of Bird's own requests: a hook adds shapes, and takes none away.
    const toSends = (resolved: ResolvedSends): Sends => {
      if (resolved !== undefined) return resolvedSends(resolved ?? [], internals);
      if (hook !== undefined) internals.hooks.worked({ name: hook });
      hook = undefined;
      return sendsByPath(request, options, internals);
    };
    const resolved = resolve?.(request.host);
    if (!isPromiseLike(resolved)) return toSends(resolved);
    return withinDeadline(clock, deadlineMs, Promise.resolve<ResolvedSends>(resolved)).then(toSends).catch(fail);
  } catch (error) {
    return fail(error);
  }
}

/** The error of a hook is not logged: nobody knows what it holds. Without a hook it is a defect of ours. */
function failed(hook: string | undefined, error: unknown, { hooks, logger, reportError }: GuardInternals): Sends {
  const text = 'Hook failed or took too long, so the send is unknown';
  if (hook !== undefined) hooks.failed({ name: hook }, { cause: 'hook_failed', text, error });
  else {
    reportError({ source: 'guard', error });
    logger.error({}, 'The guard itself failed to read a request, so the send is unknown');
  }
  return unreadable;
}

function sendsByPath(
  request: HttpRequestLike,
  { maxRecipients }: Pick<RequestHooks<unknown>, 'maxRecipients'>,
  { mounts }: GuardInternals,
): Sends {
  const sends = readSends(request, maxRecipients);
  if (sends === undefined) mounts.sawOther(request);
  else mounts.hasSeenSend = true;
  return sends ?? [];
}

function resolvedSends(resolved: SendRequest | Sends, { mounts, hooks }: GuardInternals): Sends {
  mounts.hasSeenSend = true;
  const given = isList(resolved) ? resolved : [resolved];
  if (given.every(isObject)) {
    // Read once, here: a getter may throw, or say something else the next time.
    const sends = given.map((send) => ({ ...send }));
    hooks.worked({ name: 'resolve' });
    ofOwnShape.add(sends);
    return sends;
  }
  hooks.failed({ name: 'resolve' }, { cause: 'hook_answer', text: NO_SEND });
  return unreadable;
}

/** Lists that `resolve` gave. */
const ofOwnShape = new WeakSet<Sends>();

/** Whether the sends were read from a shape that only the application knows. */
export function isOfOwnShape(sends: Sends): boolean {
  return ofOwnShape.has(sends);
}

function isList(resolved: SendRequest | Sends): resolved is Sends {
  return Array.isArray(resolved);
}

/** A promise is truthy whatever it says, so it skips nothing: the send is decided. */
function isSkipped(answer: unknown, { logOnce, hooks }: GuardInternals): boolean {
  if (!isPromiseLike(answer)) {
    hooks.worked({ name: 'skip' });
    return answer === true;
  }
  ignoreRejection(answer);
  const text = 'skip gave a promise, which is not waited for, so nothing is skipped; let it answer with true or false';
  logOnce.warn('hook', 'skip', { hook: 'skip' }, text);
  return false;
}
