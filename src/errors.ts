import { ownFields } from './core/own.js';
import type { UnknownReason } from './core/types.js';

/** What keeps facts from being had until somebody acts, or the provider does. */
export type LookupTrouble =
  | 'access_key_missing'
  | 'access_denied'
  | 'no_connection'
  | 'no_answer'
  | 'error_status'
  | 'throttled'
  | 'malformed_answer';

export interface LookupErrorDetails {
  /** Asking again at once may succeed: the connection broke, or the answer did. Default false. */
  readonly isRetryable?: boolean | undefined;
  /** The provider said that there were too many requests. Default false. */
  readonly isThrottled?: boolean | undefined;
  /** How long the provider asked us to hold back, in ms. */
  readonly pauseMs?: number | undefined;
  /** What is in the way; `undefined`: nothing is, or nothing was asked. */
  readonly trouble?: LookupTrouble | undefined;
  readonly cause?: unknown;
}

/**
 * A fact could not be had; `code` says why and becomes the decision's reason. Messages never hold what was asked or
 * answered: both can carry a phone number.
 */
export class LookupError extends Error {
  override readonly name = 'LookupError';
  readonly code: UnknownReason;
  readonly isRetryable: boolean;
  readonly isThrottled: boolean;
  readonly pauseMs: number | undefined;
  readonly trouble: LookupTrouble | undefined;

  constructor(code: UnknownReason, message: string, given: LookupErrorDetails = {}) {
    const details = ownFields(given);
    super(message, { cause: details.cause });
    this.code = code;
    this.isRetryable = details.isRetryable ?? false;
    this.isThrottled = details.isThrottled ?? false;
    this.pauseMs = details.pauseMs;
    this.trouble = details.trouble;
  }
}
