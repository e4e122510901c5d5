import { type ParsedSend, withConversation } from '../bird/send/parsed-send.js';
import type { SendRequest } from '../bird/send/send-request.js';
import { withinDeadline } from '../clock.js';
import { ignoreRejection } from '../core/promise-like.js';
import { limitsOf } from '../lookup/patience.js';
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
    const leftMs = Math.max(0, search.deadline.at - clock.now());
    return withinDeadline(clock, leftMs, this.#ask(search)).catch((error: unknown) =>
      undecided(notices.failure(error, search.found.parsed)),
    );
  }

  /** @throws {LookupError} */
  async #ask(search: Search): Promise<SourcedDecision> {
    const { cases, clock } = this.#parts;
    await this.#complete(search);
    const open = cases.open(search.found);
    if (isSourced(open)) return open;
    const { deadline } = search;
    const decided = await this.#askBoth(open, search);
    // After a stall of the event loop an answer may come when nobody should wait any more: too late to deny on it.
    const isTooLate = decided.decision.verdict === 'deny' && clock.now() > deadline.at;
    return isTooLate ? undecided('deadline_exceeded') : decided;
  }

  /** Finds what belongs to the case before the facts: the workspace's options, and the place of a conversation. */
  async #complete(search: Search): Promise<void> {
    const { cases, workspaces, clock } = this.#parts;
    const { deadline, mode } = search;
    const { parsed } = search.found;
    const known = cases.recall(parsed.workspaceId);
    const workspace = known ?? (await workspaces.load(parsed.workspaceId ?? ''));
    // A reload meanwhile is for the next decision; but what had to be loaded or read first is known only now.
    if (known === undefined) search.found = cases.caseOf(parsed, workspace, mode);
    if (parsed.kind === 'conversation' && workspace !== 'unknown' && (mode !== undefined || !workspace.isOff)) {
      const patience = patienceOf(deadline, workspace.policyFor(undefined));
      const place = await workspace.conversations.find(parsed, limitsOf(patience, clock.now()));
      search.found = cases.caseOf(withConversation(parsed, place), workspace, mode);
    }
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
