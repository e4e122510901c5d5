import pRetry from 'p-retry';
import { LookupError } from '../../errors.js';
import type { Clock, Lookup } from '../../ports.js';
import { decorate } from './decorate.js';

/** With less time left than this, a second attempt would only time out. */
const MIN_ATTEMPT_MS = 200;

/** At most a tenth of the reads is retried, beyond a small reserve: in an outage retries would only double the load. */
const RETRIES_PER_READ = 0.1;
const MAX_SAVED_RETRIES = 5;

/** Retries once, at once, if the connection or the answer broke, and if time and allowance are left. */
export function retryingLookup(lookup: Lookup, clock: Clock): Lookup {
  let allowance = MAX_SAVED_RETRIES;
  const spendAllowance = (): boolean => {
    if (allowance < 1) return false;
    allowance -= 1;
    return true;
  };
  return decorate(lookup, (_nature, ask, { giveUpAt }) => {
    allowance = Math.min(MAX_SAVED_RETRIES, allowance + RETRIES_PER_READ);
    const first = ask();
    // Only what has failed is retried: the package costs 0.07 of the guard's part of a miss, and more if it fails.
    return first.catch((error: unknown) => {
      if (!(error instanceof LookupError && error.isRetryable)) throw error;
      return pRetry((attempt) => (attempt === 1 ? first : ask()), {
        retries: 1,
        // The default would sleep for a second or more, by the system's clock.
        minTimeout: 0,
        // If absent, a polluted `Object.prototype` would provide it, and end every read.
        signal: undefined,
        shouldRetry: () => giveUpAt - clock.now() >= MIN_ATTEMPT_MS && spendAllowance(),
      });
    });
  });
}
