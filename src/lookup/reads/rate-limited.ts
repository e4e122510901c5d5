import { LookupError } from '../../errors.js';
import type { Lookup } from '../../ports.js';
import { decorate } from './decorate.js';

/** How many questions may start. */
export interface Budget {
  /** Settles when one may start; rejects with `lookup_budget_spent` when none can by `giveUpAt`. */
  take(giveUpAt: number, lane?: string): Promise<void>;
  /** The provider says that there were too many, and for how long none shall come. */
  pause(durationMs?: number): void;
  succeeded(): void;
}

export interface Budgets {
  readonly reads: Budget;
  /** Searches are POSTs, which the provider counts with the sends: never so many that sends would be refused. */
  readonly searches: Budget;
}

/** Lets a question start only within its budget, and pauses that when the provider says that it was too much. */
export function rateLimitedLookup(lookup: Lookup, { reads, searches }: Budgets): Lookup {
  return decorate(lookup, async ({ kind, lane }, ask, { giveUpAt }) => {
    const budget = kind === 'contactId' ? searches : reads;
    await budget.take(giveUpAt, lane);
    try {
      const answer = await ask();
      budget.succeeded();
      return answer;
    } catch (error) {
      if (error instanceof LookupError && error.isThrottled) budget.pause(error.pauseMs);
      throw error;
    }
  });
}
