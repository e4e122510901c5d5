/** What bad days of several processes must have met, beside what every bad day meets. */
const always: readonly string[] = [
  'allow service_window_open',
  'asked for a read again',
  'asked a server that was deposed',
  'asked twice',
  'change lost with its connection',
  'change told late',
  'change told twice',
  'channel forgotten',
  'customer writes while a read runs',
  'decided on what others were told',
  'decided on what was forgotten',
  'deny service_window_closed',
  'event late',
  'event twice',
  'failing for all',
  'failing for one',
  'late for all',
  'process restarted',
  'read of its own share',
  'read of the shared limit',
  'refusal',
  'server away for all',
  'server away for one',
  'server flushed',
  'server: missed',
  'server: reconnected',
  'server: refused',
  'server: slow',
  'stall',
  'turn reader',
  'turn told',
  'turn waiter',
  'two servers',
  'waited until nobody counts on it',
  'window closed by the platform',
  'window forgotten',
  'windows evicted',
  'write lost',
];

/** What only many days together must meet. */
export const rareOfFleets: readonly string[] = [
  'allowed within the bound',
  'decided on a refusal of which nothing more was heard',
  'decided on a refusal that others were told',
  'denied within the bound',
  'unknown lookup_budget_spent',
];

/** The faults and paths that a run was to meet and has not. */
export function unreachedOfFleet(counts: Readonly<Record<string, number>>): string[] {
  return always.filter((name) => (counts[name] ?? 0) === 0);
}
