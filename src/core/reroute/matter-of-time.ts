import type { Decision } from '../types.js';

/** Whether a template, or waiting for the customer, can help at all. */
export function isMatterOfTime(reason: Decision['reason']): boolean {
  return !elsewhere.has(reason);
}

/** A channel that is off sends nothing at any time, and who has opted out is left alone. */
const elsewhere: ReadonlySet<Decision['reason']> = new Set([
  'channel_inactive',
  'outgoing_unavailable',
  'opted_out',
  'channel_not_found',
]);
