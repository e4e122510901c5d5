import { toId } from '../bird/ids.js';
import type { SendRequest } from '../bird/send-request.js';
import { maySend } from '../core/channel-availability.js';
import { platformOf } from '../core/platforms.js';
import type { Decision, UnknownReason } from '../core/types.js';
import { LookupError } from '../errors.js';
import type { Clock, Logger } from '../ports.js';
import { withinDeadline } from './deadline.js';
import { type Circumstances, decideFromMemory, decideWithBird, type Judgement, templatePasses } from './decide.js';
import { Notices } from './notices.js';
import {
  type GuardOptions,
  type GuardParts,
  type Policy,
  resolveGuardOptions,
  resolvePolicy,
  type WorkspaceSource,
} from './options.js';
import { type Outcome, outcomeOf } from './outcome.js';
import { type FreeformQuestion, readQuestion, type TemplateQuestion } from './question.js';
import { type GuardStats, Statistics } from './statistics.js';
import type { Workspace } from './workspace.js';
import { Workspaces } from './workspaces.js';

export interface Guard {
  /** Decides about one message to one recipient, policy included. Never rejects; settles within `deadlineMs`. */
  check(send: SendRequest): Promise<Outcome>;
  /** `check` for many at once; the outcomes come in the order of the sends. */
  checkAll(sends: readonly SendRequest[]): Promise<Outcome[]>;
  /** Decides from memory alone, synchronously and without I/O; `undefined` where Bird must be asked. */
  peek(send: SendRequest): Outcome | undefined;
  /** What the guard has done since it was created. */
  stats(): GuardStats;
  /**
   * Takes new workspaces from the next decision on. What is remembered stays, but for workspaces that are gone.
   *
   * @throws {TypeError | RangeError} for invalid options; the old ones then stay in force
   */
  reload(workspaces: WorkspaceSource): void;
  /** No more reads: later sends pass, flagged `lookup_failed`. What runs is settled by its own deadline. */
  close(): void;
}

/**
 * Creates a guard. All options are checked here, so that a request never meets an invalid one.
 *
 * @throws {TypeError} for a misspelt option, a missing one or a wrong type; {RangeError} for a value out of range
 *
 * @example
 * const guard = createGuard({ workspaces: { [workspaceId]: { accessKey } } });
 * const { action } = await guard.check({ workspaceId, channelId, contact: { identifierKey, identifierValue } });
 */
export function createGuard(options: GuardOptions): Guard {
  const guard = new DecidingGuard(options);
  const face: Guard = {
    check: (send) => guard.check(send),
    checkAll: (sends) => Promise.all(sends.map((send) => guard.check(send))),
    peek: (send) => guard.peek(send),
    stats: () => guard.statistics.read(),
    reload: (workspaces) => guard.workspaces.reload(workspaces),
    close: () => guard.close(),
  };
  internals.set(face, guard.internals);
  return face;
}

/** What an adapter needs of a guard beside its decisions: the same clock, logger and patience. */
export interface GuardInternals {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The defaults' `deadlineMs`. */
  readonly deadlineMs: number;
}

const internals = new WeakMap<Guard, GuardInternals>();

/** @throws {TypeError} for what `createGuard` did not make */
export function internalsOf(guard: Guard): GuardInternals {
  const found = internals.get(guard);
  if (found === undefined) throw new TypeError('guard must come from createGuard');
  return found;
}

/** A send that the facts have to decide. */
interface OpenCase extends Circumstances {
  readonly send: SendRequest;
  readonly question: FreeformQuestion | TemplateQuestion;
}

class DecidingGuard {
  readonly workspaces: Workspaces;
  readonly statistics = new Statistics();
  readonly #parts: GuardParts;
  readonly #defaultPolicy: Policy;
  readonly #notices: Notices;
  #isClosed = false;

  constructor(options: GuardOptions) {
    this.#parts = resolveGuardOptions(options);
    this.#defaultPolicy = resolvePolicy(this.#parts.defaults);
    this.#notices = new Notices(this.#parts.logger);
    this.workspaces = new Workspaces(options.workspaces, this.#parts, this.statistics);
  }

  get internals(): GuardInternals {
    const { clock, logger } = this.#parts;
    return { clock, logger, deadlineMs: this.#defaultPolicy.deadlineMs };
  }

  close(): void {
    this.#isClosed = true;
  }

  peek(send: SendRequest): Outcome | undefined {
    if (this.#isClosed) return this.#pass(send);
    const workspace = this.#recallWorkspace(send);
    if (workspace === undefined) return undefined;
    const open = this.#open(send, workspace);
    if ('action' in open) return open;
    const judgement = decideFromMemory(open.question, open);
    return judgement && this.#outcome(judgement, send, workspace);
  }

  async check(send: SendRequest): Promise<Outcome> {
    const remembered = this.peek(send);
    if (remembered !== undefined) return remembered;
    const { clock } = this.#parts;
    const { deadlineMs } = this.#policyOf(this.#recallWorkspace(send) ?? 'unknown', send);
    try {
      return await withinDeadline(clock, deadlineMs, this.#ask(send, clock.now() + deadlineMs));
    } catch (error) {
      return this.#outcome(this.#undecided(error, send), send, this.#recallWorkspace(send) ?? 'unknown');
    }
  }

  async #ask(send: SendRequest, deadlineAt: number): Promise<Outcome> {
    const workspace = this.#recallWorkspace(send) ?? (await this.workspaces.load(toId(send.workspaceId) ?? ''));
    const open = this.#open(send, workspace);
    if ('action' in open) return open;
    const judgement = await decideWithBird(open.question, open);
    this.#noticeStatus(open);
    // After a stall of the event loop an answer may come when nobody should wait any more: too late to deny on it.
    const isTooLate = judgement.decision.verdict === 'deny' && this.#parts.clock.now() > deadlineAt;
    return this.#outcome(isTooLate ? unknown('deadline_exceeded') : judgement, send, workspace);
  }

  /** The case that the facts have to decide, or the outcome where they are not needed or cannot be asked for. */
  #open(send: SendRequest, workspace: Workspace | 'unknown'): OpenCase | Outcome {
    const { clock } = this.#parts;
    const policy = this.#policyOf(workspace, send);
    if (policy.mode === 'off') return switchedOff(policy, clock.now());
    const question = readQuestion(send);
    if (typeof question === 'string') return this.#undecidable(question, send, workspace);
    if (workspace !== 'unknown') return { send, question, workspace, policy, now: () => clock.now() };
    if (question.kind === 'template') return this.#outcome(templatePasses, send, workspace);
    return this.#undecidable('workspace_unknown', send, workspace);
  }

  #recallWorkspace({ workspaceId }: SendRequest): Workspace | 'unknown' | undefined {
    const id = toId(workspaceId);
    return id === undefined ? 'unknown' : this.workspaces.recall(id);
  }

  #policyOf(workspace: Workspace | 'unknown', { channelId }: SendRequest): Policy {
    return workspace === 'unknown' ? this.#defaultPolicy : workspace.policyFor(toId(channelId));
  }

  #outcome(judgement: Judgement, send: SendRequest, workspace: Workspace | 'unknown'): Outcome {
    const { clock, logger } = this.#parts;
    this.statistics.countDecision(judgement.decision, judgement.source);
    const channelId = toId(send.channelId);
    const facts = workspace === 'unknown' || channelId === undefined ? undefined : workspace.channels.recall(channelId);
    const platform = facts && (platformOf(facts.platformId) ?? facts.platformId);
    const policy = this.#policyOf(workspace, send);
    return outcomeOf(judgement, { policy, send, platform, checkedAt: clock.now(), logger });
  }

  #undecidable(reason: UnknownReason, send: SendRequest, workspace: Workspace | 'unknown'): Outcome {
    const { workspaceId } = send;
    if (reason === 'workspace_unknown') {
      const text = 'A send names a workspace that the guard has no options for';
      this.#notices.warnOnce(`${reason} ${workspaceId}`, { workspaceId, reason }, text);
    }
    if (reason === 'unclassified_message') {
      const text = 'A message cannot be read; is the body parsed (express.json) before the guard?';
      this.#notices.warnOnce(reason, { reason }, text);
    }
    return this.#outcome(unknown(reason), send, workspace);
  }

  #undecided(error: unknown, { workspaceId, channelId }: SendRequest): Judgement {
    if (!(error instanceof LookupError)) {
      this.#parts.logger.error(
        { workspaceId, error: kindOfError(error) },
        'The guard itself failed; the send is unknown',
      );
      return unknown('lookup_failed');
    }
    const fields = { workspaceId, channelId: toId(channelId), reason: error.code, problem: error.message };
    this.#parts.logger.debug?.(fields, 'A fact could not be had');
    if (lastingReasons.has(error.code)) {
      this.#notices.warnOnce(`${error.code} ${workspaceId}`, fields, 'A fact cannot be had until somebody acts');
    }
    return unknown(error.code);
  }

  #noticeStatus({ question: { channelId, workspaceId }, workspace }: OpenCase): void {
    const status = channelId === undefined ? undefined : workspace.channels.recall(channelId)?.status;
    if (status === undefined || maySend(status) !== undefined) return;
    const text = 'A channel has a status that the guard does not know; its sends are let through';
    this.#notices.warnOnce(`status ${status}`, { workspaceId, channelId, status: status.slice(0, 40) }, text);
  }

  /** After `close`: whatever the policy says, nobody is stopped by a guard that is gone. */
  #pass(send: SendRequest): Outcome {
    const policy: Policy = { ...this.#defaultPolicy, mode: 'enforce', onUnknown: 'allow' };
    const { clock, logger } = this.#parts;
    const context = { policy, send, platform: undefined, checkedAt: clock.now(), logger };
    return outcomeOf(unknown('lookup_failed'), context);
  }
}

/** Faults that go away by themselves are counted; these need somebody. */
const lastingReasons: ReadonlySet<UnknownReason> = new Set(['access_denied', 'channel_not_found', 'malformed_answer']);

function switchedOff({ exposeExpiry }: Policy, checkedAt: number): Outcome {
  const decision: Decision = { verdict: 'unknown', reason: 'window_unknown' };
  return { action: 'send', decision, mode: 'off', source: 'none', checkedAt, exposeExpiry };
}

function unknown(reason: UnknownReason): Judgement {
  return { decision: { verdict: 'unknown', reason }, source: 'none' };
}

/** The class of an error and its code; its message may hold anything. */
function kindOfError(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
