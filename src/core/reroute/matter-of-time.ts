import type { Decision } from '../types.js';

/** Whether a template, or waiting for the customer, can help for this reason. */
export function isMatterOfTime(reason: Decision['reason']): boolean {
  return !elsewhere.has(reason);
}

/** An inactive channel never sends, and a contact who has opted out gets nothing. */
const elsewhere: ReadonlySet<Decision['reason']> = new Set([
  'channel_inactive',
  'outgoing_unavailable',
  'opted_out',
  'channel_not_found',
]);
