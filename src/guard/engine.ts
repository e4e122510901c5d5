import { toId } from '../bird/send/ids.js';
import { locate, type Question, readQuestion, told } from '../bird/send/parsed-send.js';
import type { SendRequest } from '../bird/send/send-request.js';
import { withinDeadline } from '../clock.js';
import { platformOf } from '../core/platforms.js';
import type { SendToReroute } from '../core/reroute/policy.js';
import type { Decision } from '../core/types.js';
import type { ReplyEvent } from '../held/options.js';
import type { WindowKey } from '../ports.js';
import type { OpenCase } from './circumstances.js';
import { decideFromMemory, decideWithBird } from './decide.js';
import { Directory } from './directory.js';
import { HeldMessages } from './held-messages.js';
import type { GuardInternals } from './internals.js';
import { Reports } from './notices/notices.js';
import { Statistics } from './notices/statistics.js';
import { type ForgetTarget, Observations } from './observations.js';
import { type GuardOptions, type GuardParts, resolveGuardOptions } from './options.js';
import type { Outcome } from './outcome.js';
import { type SourcedDecision, undecided } from './outcome.js';
import { PlannedSend, type RerouteSupport } from './planned-send.js';
import { type Policy, resolvePolicy } from './policy.js';
import { isChannelKnown, templatePasses } from './template.js';
import { signingKeysOf, Workspace } from './workspace.js';
import { Workspaces } from './workspaces.js';

interface Judged {
  readonly judgement: SourcedDecision;
  /** As it was decided: of a conversation's send, with what the conversation told. */
  readonly question: Question;
}

/** From a send to its outcome: its workspace, its policy, the question, the facts, the decision, what is done. */
export class DecidingGuard {
  readonly workspaces: Workspaces;
  readonly observations: Observations;
  readonly statistics: Statistics = new Statistics();
  readonly #parts: GuardParts;
  readonly #defaultPolicy: Policy;
  readonly #reports: Reports;
  readonly #heldMessages: HeldMessages;
  readonly #support: RerouteSupport;
  readonly #now = (): number => this.#parts.clock.now();
  #isClosed = false;

  constructor(options: GuardOptions) {
    this.#parts = resolveGuardOptions(options);
    const { clock, logger, notices, hooks, store, links } = this.#parts;
    this.#defaultPolicy = resolvePolicy(this.#parts.defaults);
    this.#reports = new Reports(logger, notices);
    const directory = new Directory({ clock, reports: this.#reports, load: (id) => this.#load(id) });
    this.#support = {
      clock,
      logger,
      hooks,
      directory,
      decide: (send, deadlineAt) => this.#decideAlone(send, deadlineAt),
    };
    this.#heldMessages = new HeldMessages(this.#support, this.#defaultPolicy.deadlineMs);
    const support = { parts: this.#parts, statistics: this.statistics, heldMessages: this.#heldMessages };
    this.workspaces = new Workspaces(options.workspaces, support);
    const now = (id: string): number => this.workspaces.now(id);
    this.observations = new Observations({
      store,
      links,
      notices,
      now,
      onWindowMayOpen: (key, reply) => this.#wake(key, reply),
    });
  }

  get internals(): GuardInternals {
    const { clock, logger, notices, hooks, mounts } = this.#parts;
    const { deadlineMs } = this.#defaultPolicy;
    return {
      ...{ clock, logger, notices, hooks, mounts },
      deadlineMs,
      plan: (send) => this.plan(send),
      observations: this.observations,
      channel: (ref) => this.#support.directory.channel(ref),
      signingKeys: async (workspaceId) => signingKeysOf(await this.#load(workspaceId)),
      knownSigningKeys: (workspaceId) => {
        const workspace = this.#recall({ workspaceId });
        return workspace && signingKeysOf(workspace);
      },
    };
  }

  forget(target: ForgetTarget): void | Promise<void> {
    // First of all: it checks the target.
    const forgotten = this.observations.forget(target);
    const { workspaceId, channelId, contactId, address } = target;
    const workspace = this.#recall({ workspaceId: toId(workspaceId) });
    if (workspace instanceof Workspace && contactId === undefined && address === undefined) {
      workspace.channels.forget(toId(channelId));
    }
    return forgotten;
  }

  close(): void {
    this.#isClosed = true;
    this.#heldMessages.close();
  }

  peek(send: SendRequest): Outcome | undefined {
    const planned = this.#planFromMemory(send, readQuestion(send));
    // A way out may take I/O, so it is for `check`.
    return planned === undefined || planned.plan === 'reroute' ? undefined : planned.outcome();
  }

  async check(send: SendRequest): Promise<Outcome> {
    const { outcome, settle } = await (await this.plan(send)).carryOut();
    await settle(true);
    return outcome;
  }

  plan(send: SendRequest): PlannedSend | Promise<PlannedSend> {
    const question = readQuestion(send);
    return this.#planFromMemory(send, question) ?? this.#planWithBird(send, question);
  }

  #planFromMemory(send: SendRequest, question: Question): PlannedSend | undefined {
    const workspace = this.#recall(question);
    const judged = workspace && this.#remember(question, workspace);
    return judged && this.#planned(send, judged, workspace);
  }

  async #planWithBird(send: SendRequest, question: Question): Promise<PlannedSend> {
    const { clock } = this.#parts;
    const known = this.#recall(question);
    const policy = this.#policyFor(question, known);
    const deadlineAt = clock.now() + policy.deadlineMs;
    const judged = await withinDeadline(clock, policy.deadlineMs, this.#ask(question, deadlineAt)).catch(
      (error: unknown) => ({ question, judgement: undecided(this.#reports.failure(error, question)) }),
    );
    // A reload meanwhile is for the next decision; but what had to be loaded or read first is known only now.
    const isSame = known !== undefined && !this.#isClosed;
    const workspace = isSame ? known : this.#recall(judged.question);
    const isOfSamePolicy = isSame && judged.question.channelId === question.channelId;
    return this.#planned(send, judged, workspace, { deadlineAt, policy: isOfSamePolicy ? policy : undefined });
  }

  #remember(question: Question, workspace: Workspace | 'unknown', policy?: Policy): Judged | undefined {
    if (question.kind !== 'conversation' || workspace === 'unknown') return this.#judge(question, workspace, policy);
    const facts = workspace.conversations.recall(question.conversationId);
    return facts && this.#judge(locate(question, facts), workspace, policy);
  }

  #judge(question: Question, workspace: Workspace | 'unknown', policy?: Policy): Judged | undefined {
    const open = this.#open(question, workspace, policy);
    const judgement = 'question' in open ? decideFromMemory(open.question, open) : open;
    return judgement && { question, judgement };
  }

  async #ask(asked: Question, deadlineAt: number, policy?: Policy): Promise<Judged> {
    const workspace = this.#recall(asked) ?? (await this.workspaces.load(asked.workspaceId ?? ''));
    const question = await this.#locate(asked, workspace, deadlineAt);
    const open = this.#open(question, workspace, policy);
    if (!('question' in open)) return { question, judgement: open };
    const judgement = await decideWithBird(open.question, open);
    this.#reports.channel(open.question, open.workspace);
    // After a stall of the event loop an answer may come when nobody should wait any more: too late to deny on it.
    const isTooLate = judgement.decision.verdict === 'deny' && this.#parts.clock.now() > deadlineAt;
    return { question, judgement: isTooLate ? undecided('deadline_exceeded') : judgement };
  }

  async #locate(question: Question, workspace: Workspace | 'unknown', deadlineAt: number): Promise<Question> {
    if (question.kind !== 'conversation' || workspace === 'unknown' || workspace.isOff) return question;
    return locate(question, await workspace.conversations.find(question, { giveUpAt: deadlineAt }));
  }

  /** What the facts say, whatever the policy: for ways out, which must not be led around in circles by policies. */
  async #decideAlone(send: SendToReroute, deadlineAt: number): Promise<Decision> {
    const { clock } = this.#parts;
    // What the guard gave out of its hands comes back as anything.
    const question = readQuestion(send as SendRequest);
    const workspace = this.#recall(question);
    const policy: Policy = { ...this.#policyFor(question, workspace), mode: 'enforce' };
    // A template must not wait for the Bird that could not be asked about the text either.
    const remembered = workspace && this.#remember(question, workspace, policy);
    if (remembered !== undefined) return remembered.judgement.decision;
    if (question.kind === 'template' && !isChannelKnown(question, workspace)) return templatePasses.decision;
    const leftMs = Math.max(0, deadlineAt - clock.now());
    const judged = await withinDeadline(clock, leftMs, this.#ask(question, deadlineAt, policy)).catch(
      (error: unknown) => ({ judgement: undecided(this.#reports.failure(error, question)) }),
    );
    return judged.judgement.decision;
  }

  /** The case that the facts have to decide, or the judgement where they are not needed or cannot be asked for. */
  #open(
    question: Question,
    workspace: Workspace | 'unknown',
    policy: Policy = this.#policyFor(question, workspace),
  ): OpenCase | SourcedDecision {
    if (this.#isClosed) return undecided('lookup_failed');
    if (policy.mode === 'off') return undecided('window_unknown');
    if (question.kind === 'undecidable') return undecided(this.#reports.undecidable(question));
    if (workspace === 'unknown') {
      if (question.kind === 'template') return templatePasses;
      const isFailing = this.workspaces.isFailing(question.workspaceId);
      return undecided(this.#reports.unknownWorkspace(question.workspaceId, isFailing));
    }
    if (question.kind === 'conversation') return undecided('address_unresolved');
    return { question, workspace, policy, now: workspace.now };
  }

  /** The workspace of a send as it is known without asking; `undefined` where the caller's function must be asked. */
  #recall({ workspaceId }: { readonly workspaceId: string | undefined }): Workspace | 'unknown' | undefined {
    return workspaceId === undefined || this.#isClosed ? 'unknown' : this.workspaces.recall(workspaceId);
  }

  async #load(workspaceId: string): Promise<Workspace | 'unknown'> {
    return this.#recall({ workspaceId }) ?? (await this.workspaces.load(workspaceId));
  }

  #policyFor({ channelId }: Question, workspace: Workspace | 'unknown' = 'unknown'): Policy {
    // Nobody is stopped by a guard that is gone.
    if (this.#isClosed) return { ...this.#defaultPolicy, mode: 'enforce', onUnknown: 'allow' };
    return workspace === 'unknown' ? this.#defaultPolicy : workspace.policyFor(channelId);
  }

  #planned(
    send: SendRequest,
    { judgement, question }: Judged,
    workspace: Workspace | 'unknown' = 'unknown',
    known?: { readonly policy: Policy | undefined; readonly deadlineAt: number },
  ): PlannedSend {
    const policy = known?.policy ?? this.#policyFor(question, workspace);
    if (policy.mode !== 'off') {
      this.statistics.countDecision(judgement);
      this.#reports.decided(send, question, judgement.decision);
    }
    const facts = workspace === 'unknown' ? undefined : workspace.channels.recall(question.channelId ?? '');
    const platform = facts && (platformOf(facts.platformId) ?? facts.platformId);
    const now = workspace === 'unknown' ? this.#now : workspace.now;
    return new PlannedSend({
      send: told(send, question),
      judgement,
      policy,
      platform,
      owner: workspace === 'unknown' ? {} : workspace.ownerOfPolicy(question.channelId),
      guard: this.#support,
      now,
      deadlineAt: known?.deadlineAt,
    });
  }

  /** A window may have opened: what waits for that may go. */
  #wake(key: WindowKey, reply: ReplyEvent | undefined): void {
    const workspace = this.#recall(key);
    if (workspace instanceof Workspace) this.#heldMessages.wake(key, workspace, reply);
    else if (workspace === undefined) {
      void this.workspaces
        .load(key.workspaceId)
        .then((loaded) => loaded !== 'unknown' && this.#heldMessages.wake(key, loaded, reply));
    }
  }
}
