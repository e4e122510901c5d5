import { filledIn } from '../bird/send/parsed-send.js';
import type { SendRequest } from '../bird/send/send-request.js';
import { withinDeadline } from '../clock.js';
import type { HookFailure } from '../core/hook.js';
import { isPromiseLike } from '../core/promise-like.js';
import { LookupError } from '../errors.js';
import type { Clock } from '../ports.js';
import { type Case, ownerOf } from './case.js';
import type { HookTroubles } from './notices/hook-troubles.js';
import { type SourcedDecision, undecided } from './outcome.js';

/** Whether the contact of a send has opted out, or why the application could not say. */
export type OptOutAnswer = boolean | 'lookup_failed' | 'deadline_exceeded';

export interface OptOutTools {
  readonly clock: Clock;
  readonly hooks: HookTroubles;
  /** Default: the policy's. */
  readonly deadlineMs?: number | undefined;
}

/**
 * What the application says of a send, by a promise only where it gives one; `undefined` where it is not asked. Never
 * throws or rejects.
 */
export function optOutOf(
  found: Case,
  send: SendRequest,
  { clock, hooks, deadlineMs = found.policy.deadlineMs }: OptOutTools,
): OptOutAnswer | Promise<OptOutAnswer> | undefined {
  const { isOptedOut } = found.policy;
  if (isOptedOut === undefined || !heedsOptOut(found)) return undefined;
  const hook = { name: 'isOptedOut', workspaceId: ownerOf(found).workspaceId, part: ownerOf(found).channelId };
  const read = (answer: unknown): OptOutAnswer => {
    if (typeof answer === 'boolean') {
      hooks.worked(hook);
      return answer;
    }
    hooks.failed(hook, noAnswer);
    return 'lookup_failed';
  };
  // The hook's error is not logged: nobody knows what it holds.
  const fail = (error: unknown): OptOutAnswer => {
    hooks.failed(hook, { ...failed, error });
    return error instanceof LookupError && error.code === 'deadline_exceeded' ? error.code : 'lookup_failed';
  };
  try {
    const answer: unknown = isOptedOut(filledIn(send, found.parsed));
    if (!isPromiseLike(answer)) return read(answer);
    return withinDeadline(clock, deadlineMs, Promise.resolve(answer)).then(read, fail);
  } catch (error) {
    return fail(error);
  }
}

const failed: HookFailure = {
  cause: 'hook_failed',
  text: 'Hook failed or took too long, so the send is unknown',
};

const noAnswer: HookFailure = {
  cause: 'hook_answer',
  text: 'Hook gave neither true nor false, so the send is unknown',
};

/** Whether an opt-out matters to a send: always to free text, to a template where the policy says so. */
function heedsOptOut({ parsed, policy, workspace }: Case): boolean {
  if (workspace === 'unknown' || policy.mode === 'off') return false;
  return parsed.kind === 'freeform' || (parsed.kind === 'template' && policy.optedOutBlocksTemplates);
}

/** An opt-out denies whatever else is known, but an inactive channel does so first; a failure allows nothing. */
export function withOptOut(decided: SourcedDecision, answer: OptOutAnswer | undefined): SourcedDecision {
  if (answer === undefined || answer === false) return decided;
  const { verdict, reason } = decided.decision;
  if (answer === true) {
    const isEarlier = reason === 'channel_inactive' || reason === 'outgoing_unavailable';
    return isEarlier ? decided : { ...optedOut, channel: decided.channel };
  }
  return verdict === 'allow' ? { ...undecided(answer), channel: decided.channel } : decided;
}

/** By the word of the application, whoever else knows of it. */
export const optedOut: SourcedDecision = {
  decision: { verdict: 'deny', reason: 'opted_out', closedAt: null },
  source: 'none',
  channel: undefined,
};
