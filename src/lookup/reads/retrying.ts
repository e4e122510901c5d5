import pRetry from 'p-retry';
import { LookupError } from '../../errors.js';
import type { Clock, Lookup } from '../../ports.js';
import { decorate } from './decorate.js';

/** With less time left than this, a second attempt would only be cut off. */
const MIN_ATTEMPT_MS = 200;

/** Retries are at most a tenth of the reads, beyond a small reserve: in an outage they would only double the load. */
const RETRIES_PER_READ = 0.1;
const MAX_SAVED_RETRIES = 5;

/** Asks once more, at once, when the connection or the answer broke and there is time and allowance left for it. */
export function retryingLookup(lookup: Lookup, clock: Clock): Lookup {
  let allowance = MAX_SAVED_RETRIES;
  const spendAllowance = (): boolean => {
    if (allowance < 1) return false;
    allowance -= 1;
    return true;
  };
  return decorate(lookup, (_nature, ask, { giveUpAt }) => {
    allowance = Math.min(MAX_SAVED_RETRIES, allowance + RETRIES_PER_READ);
    return pRetry(ask, {
      retries: 1,
      // Its defaults would sleep a second and more, on a clock that is not ours.
      minTimeout: 0,
      // Absent, it would be read from a polluted `Object.prototype`, and end every read.
      signal: undefined,
      shouldRetry: ({ error }) =>
        error instanceof LookupError &&
        error.isRetryable &&
        giveUpAt - clock.now() >= MIN_ATTEMPT_MS &&
        spendAllowance(),
    });
  });
}
