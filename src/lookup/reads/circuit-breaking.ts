import { LookupError } from '../../errors.js';
import type { Lookup } from '../../ports.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import { decorate } from './decorate.js';

/** Searches are answered by another service than reads: that one works must not hide that the other is down. */
export interface Breakers {
  readonly reads: CircuitBreaker;
  readonly searches: CircuitBreaker;
}

/** Refuses at once what the breaker says would fail. Only faults of the provider or of the way to it count. */
export function circuitBreakingLookup(lookup: Lookup, { reads, searches }: Breakers): Lookup {
  return decorate(lookup, async ({ kind }, ask) => {
    const isSearch = kind === 'contactId';
    const breaker = isSearch ? searches : reads;
    // A contact is searched for the read that follows: where that would be refused, the search would only take time.
    if ((isSearch && reads.isRefusing) || !breaker.admits())
      throw new LookupError('lookup_failed', 'Questions to Bird have been failing, so none is asked for a moment');
    try {
      const answer = await ask();
      breaker.succeeded();
      return answer;
    } catch (error) {
      if (isOutage(error)) breaker.failed();
      else if (isAnswer(error)) breaker.succeeded();
      throw error;
    }
  });
}

/** A broken connection, a 5xx, silence, or an answer that broke off. */
function isOutage(error: unknown): boolean {
  if (!(error instanceof LookupError) || error.code === 'access_denied') return false;
  return error.isRetryable || error.code === 'deadline_exceeded';
}

/** A 404 or a refused key is an answer too; a read that our own budget did not let go says nothing. */
function isAnswer(error: unknown): boolean {
  return error instanceof LookupError && error.code !== 'lookup_budget_spent';
}
