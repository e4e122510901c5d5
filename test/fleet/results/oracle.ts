import { type Customer, isOpenThroughout, isOpenWithin } from '../model/customers.js';
import type { Decided } from '../processes/messages.js';

/** Around the end of a window, where the clocks' resolution and an answer's way decide. */
const EDGE_MS = 100;
/** Two clocks, each rounded to a millisecond. */
const ROUNDING_MS = 2;

export type Assessment = 'right' | 'unknown' | 'at the edge' | 'wrong block' | 'wrong allow' | 'unproved block';

/**
 * Compares a decision with the truth. A denial is wrong where the window was open all the time from when the send came:
 * any read meanwhile showed it. A message that reached Bird after the send came may be missed.
 */
export function assess({ verdict, reason, source, arrivedAt, decidedAt }: Decided, customer: Customer): Assessment {
  if (verdict === 'unknown') return 'unknown';
  if (verdict === 'allow') {
    if (reason !== 'service_window_open') return 'wrong allow';
    if (isOpenWithin(customer, decidedAt - ROUNDING_MS, decidedAt + ROUNDING_MS)) return 'right';
    return isOpenWithin(customer, decidedAt - EDGE_MS, decidedAt) ? 'at the edge' : 'wrong allow';
  }
  if (source !== 'bird') return 'unproved block';
  if (reason !== 'service_window_closed') return 'wrong block';
  if (!isOpenThroughout(customer, arrivedAt - ROUNDING_MS, decidedAt + ROUNDING_MS)) return 'right';
  return isOpenThroughout(customer, arrivedAt - ROUNDING_MS, decidedAt + EDGE_MS) ? 'wrong block' : 'at the edge';
}
