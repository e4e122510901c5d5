import type { MessageReader } from '../bird/send/message.js';
import { filledIn, type ParsedSend, parseSend, withConversation } from '../bird/send/parsed-send.js';
import type { SendRequest } from '../bird/send/send-request.js';
import type { SendToReroute } from '../core/reroute/policy.js';
import type { Decision } from '../core/types.js';
import type { Clock, WindowKey } from '../ports.js';
import type { Case, FreeformCase, OpenCase } from './case.js';
import { type Deadline, deadlineOf } from './deadline.js';
import { decideFromMemory } from './decide.js';
import { type Cases, FactSearch, type Search } from './fact-search.js';
import type { Notices } from './notices/notices.js';
import { type OptOutAnswer, optOutOf, withOptOut } from './opt-out.js';
import { isSourced, type SourcedDecision, undecided } from './outcome.js';
import { PlannedSend, type PlannedSendParts, type RerouteSupport } from './planned-send.js';
import { isChannelKnown, templatePasses } from './template.js';
import type { Policy } from './workspaces/policy.js';
import type { Workspace } from './workspaces/workspace.js';
import type { WorkspaceRegistry } from './workspaces/workspace-registry.js';

export interface DeciderParts {
  readonly clock: Clock;
  readonly workspaces: WorkspaceRegistry;
  readonly defaultPolicy: Policy;
  readonly notices: Notices;
  readonly support: RerouteSupport;
  /** Called when Bird has answered about a window. */
  readonly onAnswered: (key: WindowKey) => void;
}

/** From a send to its decision, and to what its policy wants done. */
export class Decider {
  readonly #parts: DeciderParts;
  readonly #facts: FactSearch;
  #isClosed = false;

  constructor(parts: DeciderParts) {
    this.#parts = parts;
    const { clock, notices, workspaces, support, onAnswered } = parts;
    const cases: Cases = {
      recall: (workspaceId) => this.recall(workspaceId),
      caseOf: (parsed, workspace, mode) => this.#caseOf(parsed, workspace, mode),
      open: (found) => this.#open(found),
    };
    this.#facts = new FactSearch({ clock, notices, workspaces, hooks: support.hooks, cases, onAnswered });
  }

  /** Nobody is asked any more, and nobody is stopped. */
  close(): void {
    this.#isClosed = true;
  }

  /** At once where memory can tell. Never rejects. */
  readonly plan = (send: SendRequest, messages?: MessageReader): PlannedSend | Promise<PlannedSend> => {
    const parsed = parseSend(send, messages);
    const planned = this.#planFromMemory(send, parsed);
    return planned instanceof PlannedSend ? planned : this.#planWithBird(send, parsed, { optOut: planned });
  };

  /** The same with a deadline of the call's own, in place of the policy's. */
  planWithin(deadlineMs: number | undefined, send: SendRequest): PlannedSend | Promise<PlannedSend> {
    const parsed = parseSend(send);
    const planned = this.#planFromMemory(send, parsed, deadlineMs);
    if (planned instanceof PlannedSend) return planned;
    return this.#planWithBird(send, parsed, { deadlineMs, optOut: planned });
  }

  /** From memory alone; `undefined` where somebody must be asked. */
  planFromMemory(send: SendRequest): PlannedSend | undefined {
    const planned = this.#planFromMemory(send, parseSend(send));
    return planned instanceof PlannedSend ? planned : undefined;
  }

  /** What the facts say, whatever the policy: for reroute policies, so that none leads back to itself. */
  async decideAlone(send: SendToReroute, deadline: Deadline): Promise<Decision> {
    // What the guard gave out of its hands comes back as anything.
    const { decision } = await this.lookUp(send as SendRequest, () => deadline, { asksForOptOut: true });
    return decision;
  }

  /**
   * What the facts say, whatever the policy and the mode. Counts as no decision.
   *
   * @param asksForOptOut whether `isOptedOut` is called
   */
  async lookUp(
    send: SendRequest,
    deadline: (policy: Policy) => Deadline,
    { asksForOptOut }: { readonly asksForOptOut: boolean },
  ): Promise<SourcedDecision> {
    const parsed = parseSend(send);
    const workspace = this.recall(parsed.workspaceId);
    const recalled = workspace && this.#recallCase(parsed, workspace, 'enforce');
    const { clock, support } = this.#parts;
    const remembered = recalled && this.#remember(recalled, clock.now());
    if (recalled && remembered) {
      if (!asksForOptOut) return remembered;
      const deadlineMs = Math.max(0, deadline(recalled.policy).at - clock.now());
      return withOptOut(remembered, await optOutOf(recalled, send, { ...support, deadlineMs }));
    }
    // A template must not wait for the Bird that could not be asked about the text either.
    if (parsed.kind === 'template' && !isChannelKnown(parsed, workspace)) return templatePasses;
    const found = this.#caseOf(parsed, workspace, 'enforce');
    const asked = { send: asksForOptOut ? send : undefined, optOut: undefined };
    return this.#facts.decide({ found, deadline: deadline(found.policy), mode: 'enforce', ...asked });
  }

  /** The window of a send that somebody looks at, without asking Bird; `undefined` where that is not known. */
  recallWindow(send: SendRequest): FreeformCase | undefined {
    const parsed = parseSend(send);
    const workspace = this.recall(parsed.workspaceId);
    if (typeof workspace !== 'object') return undefined;
    const found = this.#recallCase(parsed, workspace);
    if (found?.parsed.kind !== 'freeform') return undefined;
    // The margin keeps a send from being late. Who looks sees the window's own end.
    return { parsed: found.parsed, workspace, policy: { ...found.policy, safetyMarginMs: 0 } };
  }

  /** A workspace as it is known without asking; `undefined` where the caller's function must be asked. */
  recall(workspaceId: string | undefined): Workspace | 'unknown' | undefined {
    return workspaceId === undefined || this.#isClosed ? 'unknown' : this.#parts.workspaces.recall(workspaceId);
  }

  async load(workspaceId: string): Promise<Workspace | 'unknown'> {
    return this.recall(workspaceId) ?? (await this.#parts.workspaces.load(workspaceId));
  }

  /** Where the application takes its time to tell of an opt-out, its answer to come is all there is so far. */
  #planFromMemory(
    send: SendRequest,
    parsed: ParsedSend,
    deadlineMs?: number,
  ): PlannedSend | Promise<OptOutAnswer> | undefined {
    const workspace = this.recall(parsed.workspaceId);
    const found = workspace && this.#recallCase(parsed, workspace);
    // Read once: each reading costs 0.03 of an allowed send.
    const decidedAt = this.#parts.clock.now();
    const decided = found && this.#remember(found, decidedAt);
    if (found === undefined || decided === undefined) return undefined;
    if (found.policy.isOptedOut === undefined) return this.#planned({ send, found, decided, decidedAt });
    const optOut = optOutOf(found, send, { ...this.#parts.support, deadlineMs });
    if (optOut instanceof Promise) return optOut;
    return this.#planned({ send, found, decided: withOptOut(decided, optOut), decidedAt });
  }

  async #planWithBird(
    send: SendRequest,
    parsed: ParsedSend,
    { deadlineMs, optOut }: Pick<Search, 'optOut'> & { readonly deadlineMs?: number | undefined },
  ): Promise<PlannedSend> {
    const found = this.#caseOf(parsed, this.recall(parsed.workspaceId));
    const deadline = deadlineOf(found.policy, this.#parts.clock.now(), deadlineMs);
    const search: Search = { found, deadline, mode: undefined, send, optOut };
    const decided = await this.#parts.support.inFlight.track(this.#facts.decide(search));
    const known = this.#isClosed ? passingUnknown(search.found) : search.found;
    return this.#planned({ send, found: known, decided, decidedAt: this.#parts.clock.now(), deadline });
  }

  #remember(found: Case, at: number): SourcedDecision | undefined {
    const open = this.#open(found);
    return isSourced(open) ? open : decideFromMemory(open, at);
  }

  /** The case that the facts have to decide, or the decision where they are not needed or cannot be asked for. */
  #open(found: Case): OpenCase | SourcedDecision {
    const { workspaces, notices } = this.#parts;
    const { parsed, workspace, policy } = found;
    if (this.#isClosed) return undecided('lookup_failed');
    if (policy.mode === 'off') return undecided('window_unknown');
    if (parsed.kind === 'undecidable') return undecided(notices.undecidable(parsed));
    if (workspace === 'unknown') {
      if (parsed.kind === 'template') return templatePasses;
      return undecided(notices.unknownWorkspace(parsed.workspaceId, workspaces.isFailing(parsed.workspaceId)));
    }
    return parsed.kind === 'conversation' ? undecided('address_unresolved') : (found as OpenCase);
  }

  /** With the place of its conversation, as it is remembered; `undefined` where that has to be read. */
  #recallCase(parsed: ParsedSend, workspace: Workspace | 'unknown', mode?: Policy['mode']): Case | undefined {
    if (parsed.kind !== 'conversation' || workspace === 'unknown') return this.#caseOf(parsed, workspace, mode);
    const place = workspace.conversations.recall(parsed.conversationId);
    return place && this.#caseOf(withConversation(parsed, place), workspace, mode);
  }

  #caseOf(parsed: ParsedSend, workspace: Workspace | 'unknown' = 'unknown', mode?: Policy['mode']): Case {
    const { defaultPolicy } = this.#parts;
    // Nobody is stopped by a guard that is gone.
    if (this.#isClosed) return { parsed, workspace, policy: { ...defaultPolicy, mode: 'enforce', onUnknown: 'allow' } };
    const policy = workspace === 'unknown' ? defaultPolicy : workspace.policyFor(parsed.channelId);
    return { parsed, workspace, policy: mode === undefined ? policy : { ...policy, mode } };
  }

  #planned({ send, found, decided, decidedAt, deadline }: Omit<PlannedSendParts, 'support'>): PlannedSend {
    const { notices, support } = this.#parts;
    if (found.policy.mode !== 'off') notices.decided(send, found.parsed, decided.decision);
    return new PlannedSend({ send: filledIn(send, found.parsed), found, decided, decidedAt, support, deadline });
  }
}

/** What Bird has said by then is done as its workspace wants it, and nobody is stopped for want of an answer. */
function passingUnknown(found: Case): Case {
  return { ...found, policy: { ...found.policy, onUnknown: 'allow' } };
}
