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
