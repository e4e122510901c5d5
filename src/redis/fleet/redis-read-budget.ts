import type { Fleet } from '../../ports.js';
import type { RedisConnection } from '../connection.js';
import type { RedisKeys } from '../keys.js';
import { type MemberAnswer, Membership } from './membership.js';
import { reserveScript } from './read-budget-scripts.js';

/**
 * Of the limit's burst. What is granted reaches the provider by ways of different length, so that some of it comes
 * closer together than it was granted.
 */
const BURST_SHARE = 0.8;
/** What was granted longer ago is given up. */
const MAX_GRANT_AGE_MS = 150;
/** Who has to ask again does not do so more often. */
const MIN_WAIT_MS = 20;

type ReadLimit = Parameters<Fleet['takeRead']>[1];

export interface RedisReadBudgetParts {
  readonly link: RedisConnection;
  readonly names: RedisKeys;
  readonly writer: string;
  readonly instances: number;
  readonly timeoutMs: number;
}

/** The reads that processes share, counted in Redis. All waits are in real time, as Redis counts. */
export class RedisReadBudget {
  readonly #parts: RedisReadBudgetParts;
  readonly #membership: Membership;

  constructor(parts: RedisReadBudgetParts) {
    this.#parts = parts;
    this.#membership = new Membership(parts.link, parts.names.members, parts.writer);
  }

  /** See `Fleet.takeRead`. */
  async take(workspaceId: string, limit: ReadLimit, maxWaitMs: number): ReturnType<Fleet['takeRead']> {
    const giveUpAt = performance.now() + Math.max(0, maxWaitMs);
    for (;;) {
      const leftMs = Math.max(0, giveUpAt - performance.now());
      const askedAt = performance.now();
      const answer = await this.#reserve(workspaceId, limit, leftMs);
      if (answer?.role === 'taken') {
        await sleep(answer.waitMs);
        // A process that stood still would come with all that it was granted meanwhile at once, beside the others.
        if (performance.now() <= askedAt + answer.waitMs + MAX_GRANT_AGE_MS) return 'taken';
        if (performance.now() < giveUpAt) continue;
        return 'spent';
      }
      if (answer?.role === 'spent') return 'spent';
      if (answer === undefined && !this.#membership.isHeld) return this.#membership.alone();
      if (performance.now() >= giveUpAt) return 'spent';
      if (answer === undefined) await this.#membership.changed(giveUpAt - performance.now());
      else if (answer.waitMs > 0) await sleep(Math.max(MIN_WAIT_MS, answer.waitMs));
    }
  }

  #reserve(workspaceId: string, { perSecond, burst }: ReadLimit, maxWaitMs: number): Promise<MemberAnswer | undefined> {
    const { names, instances, timeoutMs } = this.#parts;
    const intervalUs = 1e6 / perSecond;
    const burstUs = Math.max(1, Math.floor(burst * BURST_SHARE)) * intervalUs;
    const args = [intervalUs, burstUs, maxWaitMs * 1000, instances];
    return this.#membership.ask({
      script: reserveScript,
      keys: [names.budget(workspaceId), names.budgetCopy(workspaceId)],
      args,
      timeoutMs,
    });
  }
}

function sleep(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
