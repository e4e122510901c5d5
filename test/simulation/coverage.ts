import { allFaults } from './faults/read-faults.js';
import type { Report } from './report.js';
import type { Scenario } from './scenario.js';

/** What each bad day must have met, beside every fault of the reads. */
const always: readonly string[] = [
  'allow service_window_open',
  'deny service_window_closed',
  'unknown access_denied',
  'unknown deadline_exceeded',
  'unknown lookup_failed',
  'unknown malformed_answer',
  'channel paused',
  'clock set back',
  'clock set forward',
  'customer writes while a read runs',
  'key rotated',
  'process restarted',
  'reads of others',
  'send at the end of a window',
  'sleep',
  'stall',
  'window closed by the platform',
];

/** What it must also have met if events come in. */
const withEvents: readonly string[] = ['event late', 'event lost', 'event twice', 'refusal'];

/** What only many days together must meet. */
export const rare: readonly string[] = [
  'allow human_agent_window',
  'allowed under a far date',
  'denied under a far date',
  'human unknown window_unknown',
  'allowed within the bound',
  'denied within the bound',
  'deny channel_inactive',
  'unknown address_unresolved',
  'unknown channel_not_found',
  'unknown contact_not_found',
  'unknown lookup_budget_spent',
];

/** The faults and paths that a run should have met and has not. It proves nothing about them. */
export function unreached(
  { counts, faults }: Pick<Report, 'counts' | 'faults'>,
  { knowledge }: Pick<Scenario, 'knowledge'>,
): string[] {
  const paths = knowledge === 'lookups' ? always : [...always, ...withEvents];
  return [
    ...paths.filter((name) => (counts[name] ?? 0) === 0),
    ...allFaults.filter((name) => (faults[name] ?? 0) === 0),
  ];
}
