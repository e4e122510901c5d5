import { sendsOfMessage } from '../bird/send/send-request.js';
import { withinDeadline } from '../clock.js';
import type { Hook } from '../core/hook.js';
import { toInstant } from '../core/instant.js';
import { isObject } from '../core/option-checks.js';
import { ignoreRejection, isPromiseLike } from '../core/promise-like.js';
import type { HeldNote, RerouteContext, ReroutedSend, ReroutePolicy, RerouteResult } from '../core/reroute/policy.js';
import { toId } from '../core/uuid.js';
import type { Clock } from '../ports.js';
import type { HookTroubles } from './notices/hook-troubles.js';
import type { Policy, PolicyOwner } from './workspaces/policy.js';

/** What a chain of policies came to. */
export interface Rerouting {
  readonly action: 'reroute' | 'hold' | 'block';
  readonly sends?: readonly ReroutedSend[] | undefined;
  /** With `sends`: until when all of them are permitted, epoch ms; null: no end known. */
  readonly sendsValidUntil?: number | null | undefined;
  readonly changes: readonly string[];
  readonly held?: HeldNote | undefined;
  /** Why those policies that were asked could not help, in their order. */
  readonly declined: readonly string[];
  /** To be called once it is certain whether the result is used. */
  readonly settle: (isUsed: boolean) => Promise<void>;
}

export interface RerouteCircumstances extends Omit<RerouteContext, 'decline'> {
  readonly clock: Clock;
  readonly hooks: HookTroubles;
  readonly owner: PolicyOwner;
  /** When the decision has to be there, epoch ms by the clock. */
  readonly deadlineAt: number;
}

/**
 * Asks the policies in order until one helps. What throws, takes too long, or gives something that cannot be sent
 * counts as one that cannot help. Never rejects.
 */
export async function reroute(policies: Policy['onClosed'], circumstances: RerouteCircumstances): Promise<Rerouting> {
  const declined: string[] = [];
  for (const [position, policy] of policies.entries()) {
    if (policy === 'block') break;
    const result = await ask({ policy, position }, circumstances, declined);
    if (result === undefined) continue;
    const { action, sends, sendsValidUntil, changes = [], held } = result;
    if (action === 'block') break;
    const settle = settling(result, circumstances);
    return {
      action,
      sends,
      sendsValidUntil,
      changes: changes.map(wordOf),
      held: held && noteOf(held),
      declined,
      settle,
    };
  }
  return { action: 'block', changes: [], declined, settle: async () => {} };
}

/** A result that can be used. */
interface CheckedResult extends RerouteResult {
  readonly sendsValidUntil: number | null;
}

/** One policy's result, where it is one that can be used; else the reason is noted. */
async function ask(
  { policy, position }: { readonly policy: ReroutePolicy; readonly position: number },
  circumstances: RerouteCircumstances,
  declined: string[],
): Promise<CheckedResult | undefined> {
  const { clock, hooks, owner, deadlineAt, ...facts } = circumstances;
  const hook = hookOf('onClosed', owner, position);
  const noted = declined.length;
  const decline = (reason: string): undefined => {
    if (declined.length === noted) declined.push(wordOf(reason));
    return undefined;
  };
  try {
    const asked = policy({ ...facts, decline });
    const given = isPromiseLike(asked) ? await inTime(asked, circumstances) : asked;
    if (given === undefined || given === null) {
      hooks.worked(hook);
      return undefined;
    }
    const result = readOnce(given);
    const checked = await validityOf(result, circumstances);
    if (typeof checked !== 'string') {
      hooks.worked(hook);
      return { ...result, sendsValidUntil: checked };
    }
    const text = 'A reroute policy gave what cannot be sent, so the next one is tried';
    hooks.failed(hook, { cause: 'hook_answer', text, fields: { problem: checked } });
    await settling(result, circumstances)(false);
    return decline(checked);
  } catch (error) {
    // The error is not logged: nobody knows what it holds.
    const text = 'A reroute policy threw or took too long, so the next one is tried';
    hooks.failed(hook, { cause: 'hook_failed', text, error });
    return decline('policy_failed');
  }
}

/** A result that comes too late is given back, so that nothing stays of it. */
function inTime(
  asked: PromiseLike<RerouteResult | undefined>,
  circumstances: RerouteCircumstances,
): Promise<RerouteResult | undefined> {
  const { clock, deadlineAt } = circumstances;
  let isLate = false;
  const answer = Promise.resolve(asked);
  // Nobody looks at it any more: what is no result, or throws when it is read, must not end the process.
  ignoreRejection(answer.then((result) => (isLate && result ? settling(result, circumstances)(false) : undefined)));
  const leftMs = Math.max(0, deadlineAt - clock.now());
  return withinDeadline(clock, leftMs, answer).catch((error: unknown) => {
    isLate = true;
    throw error;
  });
}

/** What is looked at is what is used, however often a result of the user's own would say something else. */
function readOnce(given: RerouteResult): RerouteResult {
  const { action, sends, changes, held } = given;
  return { action, sends, changes, held, settle: (isUsed) => given.settle?.(isUsed) };
}

/**
 * Until when all that a result sends is permitted, or why it cannot be used. Free text leaves only where it is
 * permitted, whoever wrote the policy.
 */
async function validityOf(
  { action, sends, changes = [], held }: RerouteResult,
  { send, decide }: RerouteCircumstances,
): Promise<'malformed_result' | 'not_permitted' | number | null> {
  if (!Array.isArray(changes) || (held !== undefined && !isNote(held))) return 'malformed_result';
  if (action === 'block' || action === 'hold') return null;
  let validUntil = Number.POSITIVE_INFINITY;
  if (action !== 'reroute' || !Array.isArray(sends) || sends.length === 0) return 'malformed_result';
  if (sends.some((one) => !isObject(one))) return 'malformed_result';
  for (const { channelId, message } of sends) {
    if (!isObject(message) || toId(channelId) === undefined) return 'malformed_result';
    const isSame = toId(channelId) === toId(send.channelId);
    const conversationId = isSame ? send.conversationId : undefined;
    // Read as the request itself was: whoever it would reach, however the policy spells it, has to be open.
    for (const one of sendsOfMessage(message, { workspaceId: send.workspaceId, channelId, conversationId })) {
      const contact = one.contact ?? (conversationId === undefined ? undefined : send.contact);
      const decision = await decide({ ...one, contact });
      if (decision.verdict !== 'allow') return 'not_permitted';
      validUntil = Math.min(validUntil, decision.validUntil ?? Number.POSITIVE_INFINITY);
    }
  }
  return Number.isFinite(validUntil) ? validUntil : null;
}

function isNote({ id, reference, expiresAt }: HeldNote): boolean {
  // No text is an instant here: a note shows one.
  const isInstant = typeof expiresAt === 'number' && toInstant(expiresAt) !== undefined;
  return typeof id === 'string' && typeof reference === 'string' && isInstant;
}

/** A note goes to whoever asked, and a policy may have given the whole message for one. */
function noteOf({ id, reference, expiresAt }: HeldNote): HeldNote {
  return { id, reference, expiresAt };
}

/** So long a policy may take to hear whether its result is used; then the decision goes on without it. */
const SETTLE_MS = 1_000;

function settling({ settle }: RerouteResult, { clock, hooks, owner }: RerouteCircumstances): Rerouting['settle'] {
  const hook = hookOf('settle', owner);
  return async (isUsed) => {
    try {
      await withinDeadline(clock, SETTLE_MS, (async () => settle?.(isUsed))());
      hooks.worked(hook);
    } catch (error) {
      const text = 'A reroute policy threw or took too long in settle';
      hooks.failed(hook, { cause: 'hook_failed', text, error });
    }
  };
}

function hookOf(name: string, { workspaceId, channelId = '' }: PolicyOwner, position = 0): Hook {
  return { name, workspaceId, part: `${channelId} ${position}` };
}

const MAX_REASON_LENGTH = 60;

/** A reason goes into answers and logs, so nothing but a single word gets through. */
function wordOf(reason: unknown): string {
  const isWord = typeof reason === 'string' && reason.length <= MAX_REASON_LENGTH && /^[a-z][\w.-]*$/i.test(reason);
  return isWord ? reason : 'declined';
}
