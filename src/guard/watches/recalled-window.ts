import { addressOfId } from '../../core/contact-address.js';
import type { Decision } from '../../core/types.js';
import type { WindowKey } from '../../ports.js';
import type { FreeformCase } from '../case.js';
import { decideFromStore } from '../decide.js';
import { statusOf, type WindowStatus } from '../window-query.js';

/** What is remembered of a window, and under which keys it is observed. */
export interface RecalledWindow {
  readonly keys: readonly WindowKey[];
  /** `undefined`: Bird must be asked. */
  readonly status: WindowStatus | undefined | Promise<WindowStatus | undefined>;
}

/** @param now the guard's time, epoch ms */
export function recalledWindow(open: FreeformCase | undefined, now: () => number): RecalledWindow {
  const target = open?.parsed.target;
  if (open === undefined || typeof target !== 'object') return { keys: [], status: undefined };
  const { key, contactId } = target;
  const byId = contactId === undefined ? key : { ...key, address: addressOfId(contactId) };
  const keys = byId.address === key.address ? [key] : [key, byId];
  const statusNow = (decision: Decision | undefined): WindowStatus | undefined =>
    decision && statusOf({ decision, source: 'memory' }, now());
  const decided = decideFromStore(open);
  return { keys, status: decided instanceof Promise ? decided.then(statusNow) : statusNow(decided) };
}
