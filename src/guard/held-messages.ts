import { readQuestion } from '../bird/send/parsed-send.js';
import type { HoldingHost } from '../held/dispatch-host.js';
import { holdingOf } from '../held/hold-until-reply.js';
import type { ReplyEvent } from '../held/options.js';
import type { Holding } from '../held/queue.js';
import type { WindowKey } from '../ports.js';
import { decideFromMemory } from './decide.js';
import type { RerouteSupport } from './planned-send.js';
import type { Workspace } from './workspace.js';

const POST_MS = 20_000;

interface Attached {
  readonly workspace: Workspace;
  readonly host: HoldingHost;
  readonly holdings: Set<Holding>;
}

/** Connects a guard's workspaces with the policies of theirs that hold messages. */
export class Holdings {
  readonly #support: RerouteSupport;
  readonly #deadlineMs: number;
  /** What is attached, by workspace id. */
  readonly #attached = new Map<string, Attached>();

  constructor(support: RerouteSupport, deadlineMs: number) {
    this.#support = support;
    this.#deadlineMs = deadlineMs;
  }

  /** Looks after what the policies of a workspace hold. What its former policies held waits on until it expires. */
  attach(workspace: Workspace): void {
    const former = this.#attached.get(workspace.id);
    const holdings = new Set([...(former?.holdings ?? []), ...holdingsIn(workspace)]);
    const isSame = former?.workspace === workspace;
    const host = isSame ? former.host : this.#hostOf(workspace);
    for (const holding of holdings) {
      if (!isSame || !former.holdings.has(holding)) holding.attach(host);
      if (!isSame && former?.holdings.has(holding)) holding.detach(former.host);
    }
    this.#attached.set(workspace.id, { workspace, host, holdings });
  }

  /** Lets go of a workspace that is kept no longer, unless something waits there. */
  async drop(workspace: Workspace): Promise<void> {
    const attached = this.#attached.get(workspace.id);
    if (attached === undefined) return;
    const { holdings, host } = attached;
    const idle = await Promise.all([...holdings].map((holding) => holding.isIdle(workspace.id))).catch(() => [false]);
    if (idle.includes(false)) return;
    // It may have come back while the stores were asked.
    if (this.#attached.get(workspace.id) !== attached) return;
    this.#attached.delete(workspace.id);
    for (const holding of holdings) holding.detach(host);
  }

  /** A window may have opened. Former policies hear of it too: what they hold is still to be sent. */
  stir(key: WindowKey, { id }: Workspace, reply?: ReplyEvent): void {
    for (const holding of this.#attached.get(id)?.holdings ?? []) holding.stir(key, reply);
  }

  close(): void {
    for (const { host, holdings } of this.#attached.values()) for (const holding of holdings) holding.detach(host);
    this.#attached.clear();
  }

  #hostOf(workspace: Workspace): HoldingHost {
    const { clock, logger, hooks, decide } = this.#support;
    return {
      workspaceId: workspace.id,
      clock,
      logger,
      hooks,
      now: workspace.now,
      decide: (send) => decide(send, clock.now() + this.#deadlineMs),
      isKnownOpen: (send) => {
        const question = readQuestion(send as Parameters<typeof readQuestion>[0]);
        if (question.kind !== 'freeform') return false;
        const policy = workspace.policyFor(question.channelId);
        return decideFromMemory(question, { workspace, policy, now: workspace.now })?.decision.verdict === 'allow';
      },
      post: (message) => workspace.post(message, POST_MS),
    };
  }
}

function holdingsIn({ policies }: Workspace): readonly Holding[] {
  const all = policies.flatMap(({ onClosed }) => onClosed.map(holdingOf));
  return all.filter((holding) => holding !== undefined);
}
