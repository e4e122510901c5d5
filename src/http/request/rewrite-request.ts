import { withinDeadline } from '../../clock.js';
import type { HookFailure } from '../../core/hook.js';
import { isObject } from '../../core/option-checks.js';
import type { ReroutedSend } from '../../core/reroute/policy.js';
import type { GuardInternals } from '../../guard/internals.js';
import { jsonOf } from './apply-rewrite.js';
import { type DecidedRequest, type Rewrite, rewriteOf, sendsOfEach } from './rewrite.js';
import { type HookedRequest, isOfOwnShape, type Sends } from './sends-of.js';

/** How a reroute gets into a request that `resolve` has read, where `R` is the request as hooks get it. */
export type RewriteOption<R> =
  | 'handler-sends'
  | ((req: R, rerouted: { readonly sends: readonly ReroutedSend[] }) => unknown);

/** Writes what is sent instead into the request; gives the reason where that cannot be done. */
export type WriteRequest = (
  decided: Omit<DecidedRequest, 'req'> & { readonly isDryRun: boolean },
) => Rewrite | string | Promise<Rewrite | string>;

export interface RequestToWrite<R> {
  readonly request: HookedRequest<R>;
  readonly sends: Sends;
  readonly rewrite: RewriteOption<R> | undefined;
  readonly internals: GuardInternals;
}

/** The guard writes Bird's shapes itself, and the application those that only it knows. */
export function requestWriter<R>(toWrite: RequestToWrite<R>): WriteRequest {
  const { request, sends, rewrite } = toWrite;
  return ({ isDryRun, ...decided }) => {
    if (rewrite === undefined || !isOfOwnShape(sends)) return rewriteOf({ ...decided, req: request });
    const instead = sendsOfEach(decided);
    if (instead === undefined) return 'request_not_rewritable';
    const unchanged = { sends: instead, body: undefined };
    // What is held needs no place in the request.
    if (rewrite === 'handler-sends' || isDryRun || instead.length === 0) return unchanged;
    return writeByHook(() => rewrite(request.host, { sends: instead }), instead, toWrite);
  };
}

async function writeByHook<R>(
  write: () => unknown,
  sends: readonly ReroutedSend[],
  { request, internals }: RequestToWrite<R>,
): Promise<Rewrite | string> {
  const { clock, deadlineMs, hooks } = internals;
  const hook = { name: 'rewrite' };
  const { host } = request as { readonly host: { readonly body?: unknown } };
  const before = { body: host.body, json: jsonOf(host.body) };
  try {
    const given = await withinDeadline(clock, deadlineMs, (async () => write())());
    const body = isNewBody(given, host.body, before) ? given : host.body;
    if (body !== undefined || before.body === undefined) {
      hooks.worked(hook);
      return { sends, body };
    }
    hooks.failed(hook, noBody);
  } catch (error) {
    // The error is not logged: nobody knows what it holds.
    hooks.failed(hook, {
      cause: 'hook_failed',
      text: 'Hook threw or took too long, so the rerouted request is refused',
      error,
    });
  }
  return 'rewrite_failed';
}

const noBody: HookFailure = {
  cause: 'hook_answer',
  text: 'Hook left no body, so the rerouted request is refused',
};

/**
 * A hook may return the new body instead of setting it. What it returns after a change means nothing: an arrow function
 * returns whatever it assigns.
 */
function isNewBody(
  given: unknown,
  body: unknown,
  before: { readonly body: unknown; readonly json: string | undefined },
): boolean {
  return isObject(given) && body === before.body && before.json !== undefined && jsonOf(body) === before.json;
}
