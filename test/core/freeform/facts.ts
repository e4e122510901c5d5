// `decideFreeform`, a file for each group of its rules: channel (1 to 3), platform (4), window (5, 6), human-agent (7),
// margin-and-quota (8, 9), and basics for what holds for all of them. This file has the facts that they share.
import type { Decision } from '../../../src/core/types.js';
import { AT, HOUR, iso } from '../support.js';

export const messenger = { platformId: 'facebook', status: 'active' } as const;
export const sms = { platformId: 'sms-messagebird', status: 'active' } as const;

/** The end of an open window. */
export const later: number = AT + 3 * HOUR;
export const openContact: { readonly serviceWindowExpireAt: string } = { serviceWindowExpireAt: iso(later) };

export const denied = (
  reason: 'channel_inactive' | 'outgoing_unavailable' | 'opted_out' | 'quota_spent',
): Decision => ({ verdict: 'deny', reason, closedAt: null });

export const humanAgent = (validUntil: number): Decision => ({
  verdict: 'allow',
  reason: 'human_agent_window',
  validUntil,
});

/** Values that do not set a flag: only `true` does. */
export const notFlags: Array<[name: string, value: unknown]> = [
  ['false', false],
  ['null', null],
  ['undefined', undefined],
  ['"true"', 'true'],
  ['1', 1],
  ['an object', {}],
  ['an array', [true]],
  ['a Boolean object', Object(true)],
];
