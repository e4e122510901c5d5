import { type Customer, isOpenThroughout, isOpenWithin } from '../model/customers.js';
import type { Decided } from '../processes/messages.js';

/** Around the end of a window, where the clocks' grain and the way of an answer decide. */
const EDGE_MS = 100;
/** A millisecond each for the two who round. */
const GRAIN_MS = 2;

export type SourcedDecision = 'right' | 'unknown' | 'at the edge' | 'wrong block' | 'wrong allow' | 'unproved block';

/**
 * Holds a decision against the truth. A denial is wrong where the window was open all the time from when the send came:
 * whatever was read meanwhile showed it. What Bird was told after the send came may be missed.
 */
export function judge({ verdict, reason, source, arrivedAt, decidedAt }: Decided, customer: Customer): SourcedDecision {
  if (verdict === 'unknown') return 'unknown';
  if (verdict === 'allow') {
    if (reason !== 'service_window_open') return 'wrong allow';
    if (isOpenWithin(customer, decidedAt - GRAIN_MS, decidedAt + GRAIN_MS)) return 'right';
    return isOpenWithin(customer, decidedAt - EDGE_MS, decidedAt) ? 'at the edge' : 'wrong allow';
  }
  if (source !== 'bird') return 'unproved block';
  if (reason !== 'service_window_closed') return 'wrong block';
  if (!isOpenThroughout(customer, arrivedAt - GRAIN_MS, decidedAt + GRAIN_MS)) return 'right';
  return isOpenThroughout(customer, arrivedAt - GRAIN_MS, decidedAt + EDGE_MS) ? 'wrong block' : 'at the edge';
}
