import { LookupError } from '../errors.js';
import type { Lookup } from '../ports.js';
import { decorate } from './decorate.js';
import type { ReadBudget } from './read-budget.js';

/** Lets a read start only within the budget, and pauses all of them when the provider says that it was too much. */
export function budgetedLookup(lookup: Lookup, budget: ReadBudget): Lookup {
  return decorate(lookup, async ({ kind, lane }, ask, { giveUpAt }) => {
    // The contact search is a POST, which the provider counts with the sends, ten times as many.
    if (kind !== 'contactId') await budget.take(giveUpAt, lane);
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
