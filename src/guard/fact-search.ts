import { type ConversationSend, type ParsedSend, withConversation } from '../bird/send/parsed-send.js';
import type { SendRequest } from '../bird/send/send-request.js';
import { withinDeadline } from '../clock.js';
import { ignoreRejection } from '../core/promise-like.js';
import { limitsOf } from '../lookup/patience.js';
import { budgetSpent } from '../lookup/reads/waiting-reads.js';
import type { Clock, WindowKey } from '../ports.js';
import type { Case, OpenCase } from './case.js';
import { type Deadline, patienceOf } from './deadline.js';
import { decideWithBird } from './decide.js';
import type { HookTroubles } from './notices/hook-troubles.js';
import type { Notices } from './notices/notices.js';
import { type OptOutAnswer, optedOut, optOutOf, withOptOut } from './opt-out.js';
import { isSourced, type SourcedDecision, undecided } from './outcome.js';
import type { Policy } from './workspaces/policy.js';
import type { Workspace } from './workspaces/workspace.js';
import type { WorkspaceRegistry } from './workspaces/workspace-registry.js';

/** A case while the facts are asked for. What was found before the time was over counts for the outcome. */
export interface Search {
  found: Case;
  readonly deadline: Deadline;
  /** Counts in place of the policy's. */
  readonly mode: Policy['mode'] | undefined;
  /** The send about which the application is asked for an opt-out; `undefined`: it is not asked. */
  readonly send: SendRequest | undefined;
  /** What the application has been asked already. */
  readonly optOut: Promise<OptOutAnswer> | undefined;
}

/** How a case is made, as far as the guard knows without asking. */
export interface Cases {
  recall(workspaceId: string | undefined): Workspace | 'unknown' | undefined;
  caseOf(parsed: ParsedSend, workspace: Workspace | 'unknown', mode: Policy['mode'] | undefined): Case;
  /** The case that the facts have to decide, or the decision where they do not. */
  open(found: Case): OpenCase | SourcedDecision;
}

export interface FactSearchParts {
  readonly clock: Clock;
  readonly hooks: HookTroubles;
  readonly notices: Notices;
  readonly workspaces: Pick<WorkspaceRegistry, 'load'>;
  readonly cases: Cases;
  /** Called when Bird has answered about a window. */
  readonly onAnswered: (key: WindowKey) => void;
}

/** Asks whoever knows: Bird, and the application about its workspaces and its opt-outs. */
export class FactSearch {
  readonly #parts: FactSearchParts;

  constructor(parts: FactSearchParts) {
    this.#parts = parts;
  }

  /** Never rejects: what is not known by the deadline is unknown. */
  decide(search: Search): Promise<SourcedDecision> {
    const { clock, notices } = this.#parts;
    const { found, deadline } = search;
    if (isReadRefused(found, deadline)) {
      return Promise.resolve(undecided(notices.failure(budgetSpent, found.parsed)));
    }
    const leftMs = Math.max(0, deadline.at - clock.now());
    return withinDeadline(clock, leftMs, this.#ask(search)).catch((error: unknown) =>
      undecided(notices.failure(error, search.found.parsed)),
    );
  }

  /** @throws {LookupError} */
  async #ask(search: Search): Promise<SourcedDecision> {
    const { cases, clock } = this.#parts;
    const completed = this.#complete(search);
    if (completed !== undefined) await completed;
    const open = cases.open(search.found);
    if (isSourced(open)) return open;
    const { deadline } = search;
    const decided = await this.#askBoth(open, search);
    // After a stall of the event loop an answer may come when nobody should wait any more: too late to deny on it.
    const isTooLate = decided.decision.verdict === 'deny' && clock.now() > deadline.at;
    return isTooLate ? undecided('deadline_exceeded') : decided;
  }

  /** Finds what belongs to the case before the facts: the workspace's options, and the place of a conversation. */
  #complete(search: Search): Promise<void> | undefined {
    const { parsed } = search.found;
    const workspace = this.#parts.cases.recall(parsed.workspaceId);
    if (workspace === undefined) return this.#load(search);
    return parsed.kind === 'conversation' ? this.#locate(search, parsed, workspace) : undefined;
  }

  async #load(search: Search): Promise<void> {
    const { cases, workspaces } = this.#parts;
    const { parsed } = search.found;
    const workspace = await workspaces.load(parsed.workspaceId ?? '');
    // A reload meanwhile is for the next decision; but what had to be loaded or read first is known only now.
    search.found = cases.caseOf(parsed, workspace, search.mode);
    if (parsed.kind === 'conversation') await this.#locate(search, parsed, workspace);
  }

  async #locate(search: Search, parsed: ConversationSend, workspace: Workspace | 'unknown'): Promise<void> {
    const { cases, clock } = this.#parts;
    const { deadline, mode } = search;
    if (workspace === 'unknown' || (mode === undefined && workspace.isOff)) return;
    const patience = patienceOf(deadline, workspace.policyFor(undefined));
    const place = await workspace.conversations.find(parsed, limitsOf(patience, clock.now()));
    search.found = cases.caseOf(withConversation(parsed, place), workspace, mode);
  }

  /** The application and Bird at once: who has opted out needs no facts, and a slow database takes no time from them. */
  async #askBoth(open: OpenCase, { send, optOut, deadline }: Search): Promise<SourcedDecision> {
    const { clock, hooks, notices, onAnswered } = this.#parts;
    const asked = optOut ?? (send && optOutOf(open, send, { clock, hooks, deadlineMs: deadline.at - clock.now() }));
    if (asked === true) return optedOut;
    const deciding = decideWithBird(open, patienceOf(deadline, open.policy));
    // It may fail while the application is still being asked.
    ignoreRejection(deciding);
    const answer = await asked;
    if (answer === true) return optedOut;
    const decided = withOptOut(await deciding, answer);
    notices.channel(open.parsed, open.workspace);
    if (open.parsed.kind === 'freeform' && typeof open.parsed.target === 'object') onAnswered(open.parsed.target.key);
    return decided;
  }
}

/**
 * Whether a send needs a read that the budget would refuse, and no read is running whose answer may do. To begin such a
 * read costs 4 times as much as to ask first, and a campaign may bring thousands at once.
 */
function isReadRefused({ parsed, workspace, policy }: Case, { from, isPatient }: Deadline): boolean {
  if (isPatient || policy.isOptedOut !== undefined || workspace === 'unknown') return false;
  if (parsed.kind !== 'freeform' || typeof parsed.target === 'string') return false;
  if (!workspace.refusesRead(parsed.channelId, from + policy.deadlineMs)) return false;
  const { channels, windows } = workspace;
  // All sends share the read of a channel, and a store across a network may know the window.
  if (channels.recallFresh(parsed.channelId) === undefined) return false;
  return !windows.isBeingRead(parsed.target) && !(windows.recallFor(parsed.target) instanceof Promise);
}
