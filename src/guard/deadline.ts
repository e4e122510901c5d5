import { checkOptionsOf, numberBetween, type OptionCheck } from '../core/option-checks.js';
import { ownFields } from '../core/own.js';
import type { Patience } from '../lookup/patience.js';
import type { Policy } from './workspaces/policy.js';

/** By when a decision has to be there. */
export interface Deadline {
  /** Since when, epoch ms by the clock. */
  readonly from: number;
  /** Epoch ms by the clock. */
  readonly at: number;
  /** Whether nobody waits for it now, so that its reads give way to others. */
  readonly isPatient: boolean;
}

/** @param ownMs the call's own deadline in ms. With a longer one than the policy's, nobody waits for the answer now */
export function deadlineOf({ deadlineMs }: Policy, calledAt: number, ownMs: number = deadlineMs): Deadline {
  return { from: calledAt, at: calledAt + ownMs, isPatient: ownMs > deadlineMs };
}

/** A short deadline shortens no read: its answer is remembered, and others may wait for it. */
export function patienceOf({ from, at, isPatient }: Deadline, { deadlineMs }: Policy): Patience {
  return { readMs: deadlineMs, wait: isPatient ? { from, until: at } : undefined };
}

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

/** How long `close` may take. */
export interface CloseOptions {
  /** The longest time to wait for what is under way, in ms. Default 5000 (5 s); 0 to 600 000. */
  readonly timeoutMs?: number | undefined;
}

/** @throws {TypeError | RangeError} naming the option */
export function readCloseOptions(options: CloseOptions = {}): number {
  checkOptionsOf('close', options, { timeoutMs: numberBetween(0, 600_000, 'milliseconds') });
  const { timeoutMs = 5_000 } = ownFields(options);
  return timeoutMs;
}
