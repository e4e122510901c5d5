import { formatCountOf, formatInstant } from './numbers.js';
import type { ModeSummary } from './rows.js';
import type { Summary } from './summary.js';

export const modeTitles = {
  observe: 'Observed: what enforce would have done',
  enforce: 'Enforced: what was done',
} as const;

/** What the numbers are about. */
export function scopeOf({ from, until, files, decisions }: Summary): string {
  const given = `${formatCountOf(decisions, 'decision')} in ${formatCountOf(files, 'file')}`;
  if (from === undefined || until === undefined) return `${given}.`;
  return `${given}, from ${formatInstant(from)} to ${formatInstant(until)} UTC. Numbers are messages, one for each recipient.`;
}

/** What the numbers lack. */
export function flawsOf({ damaged, dropped, observe, enforce }: Summary): readonly string[] {
  const timeless = [observe, enforce].reduce((sum, mode) => sum + (mode === undefined ? 0 : withoutHour(mode)), 0);
  const examples = damaged.first.join(', ') + (damaged.lines > damaged.first.length ? ', …' : '');
  return [
    ...(damaged.lines === 0 ? [] : [`Left out: ${formatCountOf(damaged.lines, 'damaged line')}, at ${examples}`]),
    ...(dropped === 0 ? [] : [`Missing: ${formatCountOf(dropped, 'decision')}, because the log could not keep up`]),
    ...(timeless === 0 ? [] : [`Not in the hours, which are too many: ${formatCountOf(timeless, 'message')}`]),
  ];
}

/** Messages of the hours that are not counted one by one. */
function withoutHour({ total, hours }: ModeSummary): number {
  return total.messages - hours.reduce((sum, { messages }) => sum + messages, 0);
}

export const tableTitles = {
  reasons: 'Reason',
  platforms: 'Platform',
  workspaces: 'Workspace',
  channels: 'Channel',
} as const;

export function readsTitle(allowedPerSecond: number): string {
  return `Messages that needed an answer of Bird's, which allows ${allowedPerSecond} reads a second`;
}
