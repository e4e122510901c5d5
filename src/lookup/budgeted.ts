import { LookupError } from '../errors.js';
import type { Lookup } from '../ports.js';
import { decorate } from './decorate.js';
import type { ReadBudget } from './read-budget.js';

export interface Budgets {
  readonly reads: ReadBudget;
  /** Searches are POSTs, which the provider counts with the sends: never so many that sends would be refused. */
  readonly searches: ReadBudget;
}

/** Lets a question start only within its budget, and pauses that when the provider says that it was too much. */
export function budgetedLookup(lookup: Lookup, { reads, searches }: Budgets): Lookup {
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
