import type { Fleet } from '../../ports.js';
import type { RedisLink } from '../connection.js';
import type { RedisNames } from '../keys.js';
import { type MemberAnswer, RedisMembership } from './membership.js';
import { reserveScript } from './read-budget-scripts.js';

/**
 * Of the limit's burst. What is granted reaches the provider by ways of different length, so that some of it comes
 * closer together than it was granted.
 */
const BURST_SHARE = 0.8;
/** What was granted longer ago is given up. */
const LATEST_MS = 150;
/** Who has to ask again does not do so more often. */
const SHORTEST_WAIT_MS = 20;

type ReadLimit = Parameters<Fleet['takeRead']>[1];

export interface RedisBudgetParts {
  readonly link: RedisLink;
  readonly names: RedisNames;
  readonly writer: string;
  readonly instances: number;
  readonly patienceMs: number;
}

/** The reads that processes share, counted in Redis. All waits are in real time, as Redis counts. */
export class RedisBudget {
  readonly #parts: RedisBudgetParts;
  readonly #membership: RedisMembership;

  constructor(parts: RedisBudgetParts) {
    this.#parts = parts;
    this.#membership = new RedisMembership(parts.link, parts.names.members, parts.writer);
  }

  /** See `Fleet.takeRead`. */
  async take(workspaceId: string, limit: ReadLimit, mostMs: number): ReturnType<Fleet['takeRead']> {
    const giveUpAt = performance.now() + Math.max(0, mostMs);
    for (;;) {
      const leftMs = Math.max(0, giveUpAt - performance.now());
      const askedAt = performance.now();
      const answer = await this.#reserve(workspaceId, limit, leftMs);
      if (answer?.role === 'taken') {
        await sleep(answer.waitMs);
        // A process that stood still would come with all that it was granted meanwhile at once, beside the others.
        if (performance.now() <= askedAt + answer.waitMs + LATEST_MS) return 'taken';
        if (performance.now() < giveUpAt) continue;
        return 'spent';
      }
      if (answer?.role === 'spent') return 'spent';
      if (answer === undefined && !this.#membership.isHeld) return this.#membership.alone();
      if (performance.now() >= giveUpAt) return 'spent';
      if (answer === undefined) await this.#membership.changed(giveUpAt - performance.now());
      else if (answer.waitMs > 0) await sleep(Math.max(SHORTEST_WAIT_MS, answer.waitMs));
    }
  }

  #reserve(workspaceId: string, { perSecond, burst }: ReadLimit, mostMs: number): Promise<MemberAnswer | undefined> {
    const { names, instances, patienceMs } = this.#parts;
    const intervalUs = 1e6 / perSecond;
    const burstUs = Math.max(1, Math.floor(burst * BURST_SHARE)) * intervalUs;
    const args = [intervalUs, burstUs, mostMs * 1000, instances];
    return this.#membership.ask({
      script: reserveScript,
      keys: [names.budget(workspaceId), names.budgetCopy(workspaceId)],
      args,
      patienceMs,
    });
  }
}

function sleep(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
