/**
 * The guard for what has `Request`, `Response` and `fetch`: hosts of that kind, and clients of Bird.
 *
 * @module freeform-guard/fetch
 */

export {
  type FetchDecision,
  type FetchGuard,
  type FetchGuardOptions,
  type FetchGuardRequest,
  fetchGuard,
} from './fetch-guard.js';
export { type GuardedFetchOptions, guardedFetch } from './guarded-fetch.js';
export { SendBlockedError } from './send-blocked-error.js';
