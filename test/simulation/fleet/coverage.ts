/** What bad days of several processes must have met, beside what every bad day meets. */
const always: readonly string[] = [
  'allow service_window_open',
  'asked a server that was deposed',
  'asked twice',
  'channel forgotten',
  'customer writes while a read runs',
  'decided on what others observed',
  'decided on what was forgotten',
  'deny service_window_closed',
  'event late',
  'event twice',
  'failing for all',
  'failing for one',
  'late for all',
  'lease: answered',
  'lease: reader',
  'lease: waiter',
  'notification late',
  'notification lost with its connection',
  'notification twice',
  'process restarted',
  'read of its own share',
  'read of the shared limit',
  'refusal',
  'reserve: later',
  'reserve: spent',
  'reserve: taken',
  'server unavailable for all',
  'server unavailable for one',
  'server flushed',
  'server: missed',
  'server: reconnected',
  'server: refused',
  'server: slow',
  'stall',
  'two servers',
  'waited until it was no member',
  'window closed by the platform',
  'window forgotten',
  'windows evicted',
  'write lost',
];

/** What only many days together must meet. */
export const rareOfFleets: readonly string[] = [
  'allowed within the bound',
  'decided on a refusal known by its notification alone',
  'decided on a refusal that others observed',
  'denied within the bound',
  'unknown lookup_budget_spent',
];

/** The faults and paths that a run was to meet and has not. */
export function unreachedOfFleet(counts: Readonly<Record<string, number>>): string[] {
  return always.filter((name) => (counts[name] ?? 0) === 0);
}
