import { own } from '../../core/own.js';
import { LookupError } from '../../errors.js';
import type { Lookup } from '../../ports.js';
import { decorate } from './decorate.js';

/** Limits how many questions may start. */
export interface Budget {
  /** Settles when one may start; rejects with `lookup_budget_spent` if none can start by `giveUpAt`. */
  take(giveUpAt: number, lane?: string): Promise<void>;
  /** Takes a token that nobody else needs; false where there is none by `giveUpAt`. For one caller at a time. */
  takeSurplus(giveUpAt: number): Promise<boolean>;
  /** Call when the provider reports too many requests; `durationMs` is how long it asks to wait. */
  pause(durationMs?: number): void;
  succeeded(): void;
}

export interface Budgets {
  readonly reads: Budget;
  /** Searches are POSTs, which the provider counts with the sends: they must leave room for the sends. */
  readonly searches: Budget;
}

/** Lets a question start only within its budget, and pauses the budget when the provider reports too many requests. */
export function rateLimitedLookup(lookup: Lookup, { reads, searches }: Budgets): Lookup {
  return decorate(lookup, async ({ kind, lane }, ask, limits) => {
    const budget = kind === 'contactId' ? searches : reads;
    if (own(limits, 'hasToken') !== true) await budget.take(limits.giveUpAt, lane);
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
