import { ownFields } from './core/own.js';
import type { UnknownReason } from './core/types.js';

/** Why lookups keep failing until somebody acts, or the provider recovers. */
export type LookupTrouble =
  | 'access_key_missing'
  | 'access_denied'
  | 'no_connection'
  | 'no_answer'
  | 'error_status'
  | 'throttled'
  | 'malformed_answer';

export interface LookupErrorDetails {
  /** Whether an immediate retry may succeed, after a broken connection or answer. Default false. */
  readonly isRetryable?: boolean | undefined;
  /** Whether the provider reported too many requests. Default false. */
  readonly isThrottled?: boolean | undefined;
  /** How long the provider asked to pause, in ms. */
  readonly pauseMs?: number | undefined;
  /** The cause to report to operators; `undefined`: there is none, or the provider was not asked. */
  readonly trouble?: LookupTrouble | undefined;
  readonly cause?: unknown;
}

/**
 * A fact could not be obtained. `code` says why and becomes the decision's reason. The message never contains the
 * request or the answer, since both may contain a phone number.
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
