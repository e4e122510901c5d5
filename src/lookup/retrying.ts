import pRetry from 'p-retry';
import { LookupError } from '../errors.js';
import type { Clock, Lookup } from '../ports.js';
import { decorate } from './decorate.js';

/** With less time left than this, a second attempt would only be cut off. */
const SHORTEST_ATTEMPT_MS = 200;

/** Asks once more, at once, when the connection or the answer broke and there is time left for it. */
export function retryingLookup(lookup: Lookup, clock: Clock): Lookup {
  return decorate(lookup, (_kind, ask, { giveUpAt }) =>
    pRetry(ask, {
      retries: 1,
      // Its defaults would sleep a second and more, on a clock that is not ours.
      minTimeout: 0,
      shouldRetry: ({ error }) =>
        error instanceof LookupError && error.isRetryable && giveUpAt - clock.now() >= SHORTEST_ATTEMPT_MS,
    }),
  );
}
