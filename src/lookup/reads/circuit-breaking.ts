import { LookupError } from '../../errors.js';
import type { Lookup } from '../../ports.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import { decorate } from './decorate.js';

/**
 * Another service answers searches than reads, so each has a breaker: one that works must not hide one that is down.
 */
export interface Breakers {
  readonly reads: CircuitBreaker;
  readonly searches: CircuitBreaker;
}

/** Fails at once while a breaker is open. Only faults of the provider or of the connection count as failures. */
export function circuitBreakingLookup(lookup: Lookup, { reads, searches }: Breakers): Lookup {
  return decorate(lookup, async ({ kind }, ask) => {
    const isSearch = kind === 'contactId';
    const breaker = isSearch ? searches : reads;
    // A search serves the read that follows it: if that would be refused, the search would only take time.
    if ((isSearch && reads.refusedForMs > 0) || !breaker.admits()) {
      throw new LookupError('lookup_failed', 'Reads from Bird keep failing; none is made for a moment');
    }
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

/** A broken connection, a 5xx, a timeout, or an incomplete answer. */
function isOutage(error: unknown): boolean {
  return error instanceof LookupError && error.isRetryable && error.code !== 'access_denied';
}

/** A 404 or a refused key is an answer too. A read for which our own rate limit or the deadline left no time says nothing. */
function isAnswer(error: unknown): boolean {
  return error instanceof LookupError && error.code !== 'lookup_budget_spent' && error.code !== 'deadline_exceeded';
}
