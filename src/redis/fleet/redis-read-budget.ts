import type { Fleet } from '../../ports.js';
import type { RedisConnection } from '../connection.js';
import type { RedisKeys } from '../keys.js';
import { type MemberReply, Membership } from './membership.js';
import { reserveScript } from './read-budget-scripts.js';

/**
 * The share of the limit's burst that is granted. Reads take different times to reach the provider and bunch up there.
 */
const BURST_SHARE = 0.7;
/** A grant that is older than this is given up. */
const MAX_GRANT_AGE_MS = 150;
/** The shortest time between two requests for the same read. */
const MIN_WAIT_MS = 20;

type ReadLimit = Parameters<Fleet['takeRead']>[1];

export interface RedisReadBudgetParts {
  readonly connection: RedisConnection;
  readonly keys: RedisKeys;
  readonly writer: string;
  readonly instances: number;
  readonly timeoutMs: number;
}

/** The limit of reads that processes share, counted in Redis. It waits in real time, which is the time of Redis. */
export class RedisReadBudget {
  readonly #parts: RedisReadBudgetParts;
  readonly #membership: Membership;

  constructor(parts: RedisReadBudgetParts) {
    this.#parts = parts;
    this.#membership = new Membership(parts.connection, parts.keys.members, parts.writer);
  }

  /** See `Fleet.takeRead`. */
  async take(
    ...[workspaceId, limit, maxWaitMs, isPatient]: Parameters<Fleet['takeRead']>
  ): ReturnType<Fleet['takeRead']> {
    const giveUpAt = performance.now() + Math.max(0, maxWaitMs);
    for (;;) {
      const leftMs = Math.max(0, giveUpAt - performance.now());
      const requestedAt = performance.now();
      const reply = await this.#reserve(workspaceId, limit, { leftMs, isPatient });
      if (reply?.role === 'taken') {
        await sleep(reply.waitMs);
        // A process that was suspended would use all its grants at once, in addition to the reads of the others.
        if (performance.now() <= requestedAt + reply.waitMs + MAX_GRANT_AGE_MS) return 'taken';
        if (performance.now() < giveUpAt) continue;
        return 'spent';
      }
      if (reply?.role === 'spent') return 'spent';
      if (reply === undefined && !this.#membership.isMember) return this.#membership.isolation();
      if (performance.now() >= giveUpAt) return 'spent';
      if (reply === undefined) await this.#membership.changed(giveUpAt - performance.now());
      else if (reply.waitMs > 0) await sleep(Math.max(MIN_WAIT_MS, reply.waitMs));
    }
  }

  #reserve(
    workspaceId: string,
    { perSecond, burst }: ReadLimit,
    { leftMs, isPatient }: { readonly leftMs: number; readonly isPatient: boolean | undefined },
  ): Promise<MemberReply | undefined> {
    const { keys, instances, timeoutMs } = this.#parts;
    const intervalUs = 1e6 / perSecond;
    const burstUs = Math.max(1, Math.floor(burst * BURST_SHARE)) * intervalUs;
    return this.#membership.run({
      script: reserveScript,
      keys: [keys.budget(workspaceId), keys.budgetCopy(workspaceId)],
      args: [intervalUs, burstUs, leftMs * 1000, instances, isPatient === true ? 1 : 0],
      timeoutMs,
    });
  }
}

function sleep(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
