import type { Clock, Fleet, Isolation } from '../../ports.js';
import type { Budget } from './rate-limited.js';
import { FairTokenBucket, type ReadLimit, shareOf } from './read-budget.js';
import { budgetSpent } from './waiting-reads.js';

/** A read that starts with less time left than this would only time out. */
const MIN_READ_MS = 200;

export interface FleetBudgetOptions extends ReadLimit {
  readonly workspaceId: string;
  readonly fleet: Fleet;
  readonly clock: Clock;
}

/**
 * Limits one workspace's reads across several processes. A read needs a token of the process's own bucket, in which its
 * channels take turns, and then one of the shared bucket. While the processes cannot coordinate, each uses its share.
 */
export class FleetBudget implements Budget {
  readonly #options: FleetBudgetOptions;
  readonly #own: FairTokenBucket;
  readonly #share: FairTokenBucket;
  #limit: ReadLimit;
  #isolation: Isolation | undefined;
  #wasTogether = false;

  constructor(options: FleetBudgetOptions) {
    const { clock, fleet, perSecond, burst } = options;
    this.#options = options;
    this.#limit = { perSecond, burst };
    this.#own = new FairTokenBucket({ clock, ...this.#limit });
    this.#share = new FairTokenBucket({ clock, ...shareOf(this.#limit, fleet.instances), keepsSurplus: true });
  }

  /** @throws {LookupError} `lookup_budget_spent` when no read can start by `giveUpAt`, or while reads are paused */
  async take(giveUpAt: number, lane?: string): Promise<void> {
    const { fleet, workspaceId, clock } = this.#options;
    await this.#own.take(giveUpAt, lane);
    for (;;) {
      const maxWaitMs = giveUpAt - clock.now() - MIN_READ_MS;
      const taken = await fleet.takeRead(workspaceId, this.#limit, maxWaitMs);
      if (taken === 'spent') throw budgetSpent;
      if (taken === 'taken') {
        this.#wasTogether = true;
        return;
      }
      this.#begin(taken);
      if (await this.#takeShare(taken, giveUpAt, lane)) return;
    }
  }

  /** Whether a read would wait in vain, as far as this process knows. */
  refuses(giveUpAt: number, lane?: string): boolean {
    return this.#own.refuses(giveUpAt, lane);
  }

  /** Takes a read that nobody else needs, here or in another process; false where there is none by `giveUpAt`. */
  async takeSurplus(giveUpAt: number): Promise<boolean> {
    const { fleet, workspaceId, clock } = this.#options;
    if (!(await this.#own.takeSurplus(giveUpAt))) return false;
    for (;;) {
      const taken = await fleet.takeRead(workspaceId, this.#limit, Math.max(0, giveUpAt - clock.now()), true);
      if (taken === 'spent') return false;
      if (taken === 'taken') {
        this.#wasTogether = true;
        return true;
      }
      this.#begin(taken);
      const isTaken = await this.#share.takeSurplus(giveUpAt);
      // Where the isolation ended meanwhile, there is a shared limit again.
      if (!isTaken || this.#isolation === taken) return isTaken;
    }
  }

  pause(durationMs?: number): void {
    this.#own.pause(durationMs);
    this.#share.pause(durationMs);
  }

  succeeded(): void {
    this.#own.succeeded();
    this.#share.succeeded();
  }

  /** How many reads may start at once, as far as this process knows. */
  get left(): number {
    return (this.#isolation === undefined ? this.#own : this.#share).left;
  }

  limit(limit: ReadLimit): void {
    this.#limit = limit;
    this.#own.limit(limit);
    this.#share.limit(shareOf(limit, this.#options.fleet.instances));
  }

  /**
   * Begins a period of isolation with an empty share if the limit was shared before. Its end rejects the share's
   * waiters.
   */
  #begin(isolation: Isolation): void {
    if (this.#isolation === isolation) return;
    this.#isolation = isolation;
    if (this.#wasTogether) this.#share.empty();
    void isolation.ended.then(() => {
      if (this.#isolation !== isolation) return;
      this.#isolation = undefined;
      this.#share.refuseAll();
    });
  }

  /** False if the isolation ended before this read's turn: the caller tries the shared bucket again. */
  async #takeShare(isolation: Isolation, giveUpAt: number, lane: string | undefined): Promise<boolean> {
    try {
      await this.#share.take(giveUpAt, lane);
      return true;
    } catch (error) {
      if (this.#isolation === isolation) throw error;
      return false;
    }
  }
}
