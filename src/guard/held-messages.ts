import { parseSend } from '../bird/send/parsed-send.js';
import type { DispatchHost } from '../held/dispatch-host.js';
import { queueOf } from '../held/hold-until-reply.js';
import type { ReplyEvent } from '../held/options.js';
import type { HeldMessageQueue } from '../held/queue.js';
import type { WindowKey } from '../ports.js';
import { deadlineOf } from './deadline.js';
import { decideFromMemory } from './decide.js';
import type { RerouteSupport } from './planned-send.js';
import type { Policy } from './workspaces/policy.js';
import type { Workspace } from './workspaces/workspace.js';

const POST_MS = 20_000;

interface Attached {
  readonly workspace: Workspace;
  readonly host: DispatchHost;
  readonly queues: Set<HeldMessageQueue>;
}

/** Connects a guard's workspaces with the queues of their `holdUntilReply` policies. */
export class HeldMessages {
  readonly #support: RerouteSupport;
  readonly #policy: Policy;
  /** By workspace id. */
  readonly #attached = new Map<string, Attached>();

  constructor(support: RerouteSupport, policy: Policy) {
    this.#support = support;
    this.#policy = policy;
  }

  /**
   * Attaches the queues of a workspace's policies. Queues of former policies stay attached until they are empty or
   * expired.
   */
  attach(workspace: Workspace): void {
    const former = this.#attached.get(workspace.id);
    const queues = new Set([...(former?.queues ?? []), ...queuesIn(workspace)]);
    const isSame = former?.workspace === workspace;
    const host = isSame ? former.host : this.#hostOf(workspace);
    for (const queue of queues) {
      if (!isSame || !former.queues.has(queue)) queue.attach(host);
      if (!isSame && former?.queues.has(queue)) void queue.detach(former.host);
    }
    this.#attached.set(workspace.id, { workspace, host, queues });
  }

  /** Detaches a workspace that was evicted, unless messages wait there. */
  async drop(workspace: Workspace): Promise<void> {
    const attached = this.#attached.get(workspace.id);
    if (attached === undefined) return;
    const { queues, host } = attached;
    const idle = await Promise.all([...queues].map((queue) => queue.isIdle(workspace.id))).catch(() => [false]);
    if (idle.includes(false)) return;
    // The workspace may have come back during the stores' answers.
    if (this.#attached.get(workspace.id) !== attached) return;
    this.#attached.delete(workspace.id);
    for (const queue of queues) void queue.detach(host);
  }

  /**
   * Call when a window may have opened. Queues of former policies are woken too: their messages are still to be sent.
   */
  wake(key: WindowKey, reply?: ReplyEvent): void {
    for (const queue of this.#attached.get(key.workspaceId)?.queues ?? []) queue.wake(key, reply);
  }

  /** Settles when no message is being sent any more, and what is lost is told; no later than `isLate`. */
  async close(isLate: Promise<void>): Promise<void> {
    const attached = [...this.#attached.values()];
    this.#attached.clear();
    await Promise.all(attached.flatMap(({ host, queues }) => [...queues].map((queue) => queue.detach(host, isLate))));
  }

  #hostOf(workspace: Workspace): DispatchHost {
    const { clock, logger, hooks, reportError, decide } = this.#support;
    return {
      workspaceId: workspace.id,
      clock,
      logger,
      hooks,
      reportError,
      now: workspace.now,
      decide: (send) => decide(send, deadlineOf(this.#policy, clock.now())),
      isKnownOpen: (send) => {
        const parsed = parseSend(send as Parameters<typeof parseSend>[0]);
        if (parsed.kind !== 'freeform') return false;
        const policy = workspace.policyFor(parsed.channelId);
        return decideFromMemory({ parsed, workspace, policy }, clock.now())?.decision.verdict === 'allow';
      },
      post: (message) => workspace.post(message, POST_MS),
    };
  }
}

function queuesIn({ policies }: Workspace): readonly HeldMessageQueue[] {
  const all = policies.flatMap(({ onClosed }) => onClosed.map(queueOf));
  return all.filter((queue) => queue !== undefined);
}
