import { steadyClock } from '../../clock.js';
import type { Clock, Fleet } from '../../ports.js';
import type { RedisKeys } from '../keys.js';
import { type FleetConnection, type MemberReply, Membership } from './membership.js';
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
  readonly connection: FleetConnection;
  readonly keys: RedisKeys;
  readonly writer: string;
  readonly instances: number;
  readonly timeoutMs: number;
  readonly clock: Required<Clock>;
}

/** The limit of reads that processes share, counted in Redis. */
export class RedisReadBudget {
  readonly #parts: RedisReadBudgetParts;
  readonly #membership: Membership;
  /** Its time goes on while the machine sleeps, when the monotonic clock may stand still. */
  readonly #steadyClock: Clock;

  constructor(parts: RedisReadBudgetParts) {
    this.#parts = parts;
    this.#membership = new Membership({ ...parts, key: parts.keys.members, process: parts.writer });
    this.#steadyClock = steadyClock(parts.clock);
  }

  /** See `Fleet.takeRead`. */
  async take(
    ...[workspaceId, limit, maxWaitMs, isPatient]: Parameters<Fleet['takeRead']>
  ): ReturnType<Fleet['takeRead']> {
    const { clock } = this.#parts;
    const giveUpAt = clock.monotonic() + Math.max(0, maxWaitMs);
    for (;;) {
      const leftMs = Math.max(0, giveUpAt - clock.monotonic());
      const requestedAt = this.#steadyClock.now();
      const reply = await this.#reserve(workspaceId, limit, { leftMs, isPatient });
      if (reply?.role === 'taken') {
        await this.#sleep(reply.waitMs);
        // A process that was suspended would use all its grants at once, in addition to the reads of the others.
        if (this.#steadyClock.now() <= requestedAt + reply.waitMs + MAX_GRANT_AGE_MS) return 'taken';
        if (clock.monotonic() < giveUpAt) continue;
        return 'spent';
      }
      if (reply?.role === 'spent') return 'spent';
      if (reply === undefined && !this.#membership.isMember) return this.#membership.isolation();
      if (clock.monotonic() >= giveUpAt) return 'spent';
      if (reply === undefined) await this.#membership.changed(giveUpAt - clock.monotonic());
      else if (reply.waitMs > 0) await this.#sleep(Math.max(MIN_WAIT_MS, reply.waitMs));
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

  #sleep(ms: number): Promise<void> {
    return ms <= 0 ? Promise.resolve() : new Promise((resolve) => void this.#parts.clock.setTimeout(resolve, ms));
  }
}
