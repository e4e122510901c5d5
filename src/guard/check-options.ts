import { checkOptionsOf, numberBetween, type OptionCheck } from '../core/option-checks.js';
import { ownFields } from '../core/own.js';

/** How long a call may take. */
export interface CheckOptions {
  /**
   * The longest time that each decision may take, in ms, in place of the workspace's `deadlineMs`; 1 to 600 000 (10
   * min). With a longer one its reads give way to those that somebody waits for now.
   */
  readonly deadlineMs?: number | undefined;
}

/** At 40 reads a second, 10 minutes are enough for 24,000 contacts. By then the first answers are as old. */
export const callDeadline: OptionCheck = numberBetween(1, 600_000, 'milliseconds');

/**
 * @returns the call's own deadline in ms
 * @throws {TypeError | RangeError} naming the option
 */
export function readCheckOptions(caller: string, options: CheckOptions | undefined): number | undefined {
  if (options === undefined) return undefined;
  checkOptionsOf(caller, options, { deadlineMs: callDeadline });
  return ownFields(options).deadlineMs;
}
