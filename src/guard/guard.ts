import { toId } from '../bird/ids.js';
import type { SendRequest } from '../bird/send-request.js';
import { platformOf } from '../core/platforms.js';
import type { UnknownReason } from '../core/types.js';
import type { ChannelFacts, ChannelRef, Clock, Logger } from '../ports.js';
import { withinDeadline } from './deadline.js';
import { type Circumstances, decideFromMemory, decideWithBird, templatePasses } from './decide.js';
import type { Judgement } from './judgement.js';
import { type ForgetTarget, Observations, type ObservedInbound, type ObservedRefusal } from './observations.js';
import { type GuardOptions, type GuardParts, resolveGuardOptions, type WorkspaceSource } from './options.js';
import { type Outcome, outcomeOf } from './outcome.js';
import { type Policy, resolvePolicy } from './policy.js';
import { type FreeformQuestion, type Question, readQuestion, type TemplateQuestion } from './question.js';
import { Reports } from './reports.js';
import { type GuardStats, Statistics } from './statistics.js';
import { Workspace } from './workspace.js';
import { Workspaces } from './workspaces.js';

export interface Guard {
  /** Decides about one message to one recipient, policy included. Never rejects; settles within `deadlineMs`. */
  check(send: SendRequest): Promise<Outcome>;
  /** `check` for many at once; the outcomes come in the order of the sends. */
  checkAll(sends: readonly SendRequest[]): Promise<Outcome[]>;
  /** Decides from memory alone, synchronously and without I/O; `undefined` where Bird must be asked. */
  peek(send: SendRequest): Outcome | undefined;
  /**
   * A customer wrote. Tell it before you reply, from your own webhook consumer: then Bird's delay cannot matter. Any
   * order and any repetition give the same result.
   *
   * @throws {TypeError} for an invalid id, address or instant
   */
  observeInbound(inbound: ObservedInbound): void | Promise<void>;
  /**
   * The provider refused a message as too late: nothing older than that message opens its window any more, only a newer
   * message of the customer does.
   *
   * @throws {TypeError} for an invalid id, address or instant
   */
  observeRefusal(refusal: ObservedRefusal): void | Promise<void>;
  /**
   * Drops what is remembered, so that Bird is asked again.
   *
   * @throws {TypeError} for an invalid id or address
   */
  forget(target: ForgetTarget): void | Promise<void>;
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
    observeInbound: (inbound) => guard.observations.inbound(inbound),
    observeRefusal: (refusal) => guard.observations.refusal(refusal),
    forget: (target) => guard.forget(target),
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
  /** What the guard is told, with more kinds of it than its public methods take. */
  readonly observations: Observations;
  /**
   * A workspace's channel, from memory for ten minutes; `undefined`: the guard has no options for the workspace. Ids
   * are lower-case UUIDs.
   *
   * @throws {LookupError} `channel_not_found` where the channel is not the workspace's
   */
  channel(ref: ChannelRef): Promise<ChannelFacts | undefined>;
  /** The `signingKeys` of a workspace's options; none for a workspace that has none. */
  signingKeys(workspaceId: string): Promise<readonly string[]>;
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
  readonly question: FreeformQuestion | TemplateQuestion;
}

class DecidingGuard {
  readonly workspaces: Workspaces;
  readonly observations: Observations;
  readonly statistics = new Statistics();
  readonly #parts: GuardParts;
  readonly #defaultPolicy: Policy;
  readonly #reports: Reports;
  #isClosed = false;

  constructor(options: GuardOptions) {
    this.#parts = resolveGuardOptions(options);
    this.#defaultPolicy = resolvePolicy(this.#parts.defaults);
    this.#reports = new Reports(this.#parts.logger);
    this.workspaces = new Workspaces(options.workspaces, this.#parts, this.statistics);
    this.observations = new Observations({ store: this.#parts.store, now: (id) => this.workspaces.now(id) });
  }

  get internals(): GuardInternals {
    const { clock, logger } = this.#parts;
    const { deadlineMs } = this.#defaultPolicy;
    return {
      clock,
      logger,
      deadlineMs,
      observations: this.observations,
      channel: (ref) => this.#channel(ref),
      signingKeys: (workspaceId) => this.#signingKeys(workspaceId),
    };
  }

  async #signingKeys(workspaceId: string): Promise<readonly string[]> {
    const workspace = this.#recall({ workspaceId }) ?? (await this.workspaces.load(workspaceId));
    return workspace === 'unknown' ? [] : workspace.signingKeys;
  }

  async #channel(ref: ChannelRef): Promise<ChannelFacts | undefined> {
    const workspace = this.#recall(ref) ?? (await this.workspaces.load(ref.workspaceId));
    if (workspace === 'unknown') return undefined;
    const { deadlineMs } = workspace.policyFor(ref.channelId);
    return workspace.channels.recallFresh(ref.channelId) ?? workspace.channels.read(ref, deadlineMs, () => true);
  }

  forget(target: ForgetTarget): void | Promise<void> {
    const { workspaceId, channelId, contactId, address } = target;
    const workspace = this.#recall({ workspaceId: toId(workspaceId) });
    if (workspace instanceof Workspace && contactId === undefined && address === undefined) {
      workspace.channels.forget(toId(channelId));
    }
    return this.observations.forget(target);
  }

  close(): void {
    this.#isClosed = true;
  }

  peek(send: SendRequest): Outcome | undefined {
    return this.#peek(send, readQuestion(send));
  }

  async check(send: SendRequest): Promise<Outcome> {
    const question = readQuestion(send);
    const remembered = this.#peek(send, question);
    if (remembered !== undefined) return remembered;
    const { clock } = this.#parts;
    const known = this.#recall(question);
    const policy = this.#policyFor(question, known);
    const { deadlineMs } = policy;
    const asked = withinDeadline(clock, deadlineMs, this.#ask(question, clock.now() + deadlineMs));
    const judgement = await asked.catch((error: unknown) => undecided(this.#reports.failure(error, question)));
    // A reload meanwhile is for the next decision; but what had to be loaded first is known only now.
    if (known !== undefined && !this.#isClosed) return this.#outcome(judgement, send, question, known, policy);
    return this.#outcome(judgement, send, question, this.#recall(question));
  }

  #peek(send: SendRequest, question: Question): Outcome | undefined {
    const workspace = this.#recall(question);
    if (workspace === undefined) return undefined;
    const open = this.#open(question, workspace);
    const judgement = 'question' in open ? decideFromMemory(open.question, open) : open;
    return judgement && this.#outcome(judgement, send, question, workspace);
  }

  async #ask(question: Question, deadlineAt: number): Promise<Judgement> {
    const workspace = this.#recall(question) ?? (await this.workspaces.load(question.workspaceId ?? ''));
    const open = this.#open(question, workspace);
    if (!('question' in open)) return open;
    const judgement = await decideWithBird(open.question, open);
    this.#reports.channel(open.question, open.workspace);
    // After a stall of the event loop an answer may come when nobody should wait any more: too late to deny on it.
    const isTooLate = judgement.decision.verdict === 'deny' && this.#parts.clock.now() > deadlineAt;
    return isTooLate ? undecided('deadline_exceeded') : judgement;
  }

  /** The case that the facts have to decide, or the judgement where they are not needed or cannot be asked for. */
  #open(question: Question, workspace: Workspace | 'unknown'): OpenCase | Judgement {
    if (this.#isClosed) return undecided('lookup_failed');
    const policy = this.#policyFor(question, workspace);
    if (policy.mode === 'off') return undecided('window_unknown');
    if (question.kind === 'undecidable') return undecided(this.#reports.undecidable(question.reason));
    if (workspace !== 'unknown') return { question, workspace, policy, now: workspace.now };
    if (question.kind === 'template') return templatePasses;
    return undecided(this.#reports.unknownWorkspace(question.workspaceId));
  }

  /** The workspace of a send as it is known without asking; `undefined` where the caller's function must be asked. */
  #recall({ workspaceId }: { readonly workspaceId: string | undefined }): Workspace | 'unknown' | undefined {
    return workspaceId === undefined || this.#isClosed ? 'unknown' : this.workspaces.recall(workspaceId);
  }

  #policyFor({ channelId }: Question, workspace: Workspace | 'unknown' = 'unknown'): Policy {
    // Nobody is stopped by a guard that is gone.
    if (this.#isClosed) return { ...this.#defaultPolicy, mode: 'enforce', onUnknown: 'allow' };
    return workspace === 'unknown' ? this.#defaultPolicy : workspace.policyFor(channelId);
  }

  #outcome(
    judgement: Judgement,
    send: SendRequest,
    question: Question,
    workspace: Workspace | 'unknown' = 'unknown',
    policy: Policy = this.#policyFor(question, workspace),
  ): Outcome {
    const { clock, logger } = this.#parts;
    if (policy.mode !== 'off') this.statistics.countDecision(judgement);
    const { channelId } = question;
    const facts = workspace === 'unknown' || channelId === undefined ? undefined : workspace.channels.recall(channelId);
    const platform = facts && (platformOf(facts.platformId) ?? facts.platformId);
    return outcomeOf(judgement, { policy, send, platform, checkedAt: clock.now(), logger });
  }
}

function undecided(reason: UnknownReason): Judgement {
  return { decision: { verdict: 'unknown', reason }, source: 'none' };
}
