import { type Fate, fates } from './log-line.js';
import { formatCount, formatCountOf, formatShare } from './numbers.js';
import type { ModeSummary } from './rows.js';
import { type Counts, changedIn, messagesIn, noCounts } from './tally.js';

const DAY_MS = 86_400_000;

export interface Findings {
  readonly observe: ModeSummary | undefined;
  readonly enforce: ModeSummary | undefined;
  /** From the first decision to the last. */
  readonly spanMs: number;
}

/** What `enforce` would change tomorrow, or what it does already. */
export function sentenceOf({ observe, enforce, spanMs }: Findings): string {
  if (observe !== undefined) return ofObserved(observe.total, spanMs);
  return enforce === undefined ? 'The log has no decisions.' : ofEnforced(enforce.total);
}

function ofObserved(total: Counts, spanMs: number): string {
  const isLonger = spanMs > DAY_MS;
  const counts = isLonger ? scaled(total, DAY_MS / spanMs) : total;
  const when = isLonger ? 'on a day like these' : 'in this log';
  const change = changeOf(counts, when, 'would not be sent as they are');
  const unknown = `${formatCount(counts.unknown)} would pass although their window is unknown`;
  return `With enforce, ${change ?? `nothing would change ${when}`}${counts.unknown === 0 ? '' : `; ${unknown}`}.`;
}

function ofEnforced(total: Counts): string {
  const change = changeOf(total, 'in this log', 'were not sent as they are');
  return `Enforce is on: ${change ?? `all messages in this log (${formatCount(messagesIn(total))}) were sent as they are`}.`;
}

/** `undefined`: there is none. */
function changeOf(counts: Counts, when: string, whatBecame: string): string | undefined {
  const changed = changedIn(counts);
  if (changed === 0) return undefined;
  const parts = (['blocked', 'rerouted', 'held'] as const)
    .filter((fate) => counts[fate] > 0)
    .map((fate) => `${formatCount(counts[fate])} ${fate}`);
  const all = messagesIn(counts);
  const share = `${formatCount(changed)} of ${formatCountOf(all, 'message')} (${formatShare(changed, all)})`;
  return `${share} ${when} ${whatBecame}: ${parts.join(', ')}`;
}

/** What is there at all does not become nothing. */
function scaled(counts: Counts, factor: number): Counts {
  const result: Record<Fate, number> = noCounts();
  for (const fate of fates) result[fate] = counts[fate] === 0 ? 0 : Math.max(1, Math.round(counts[fate] * factor));
  return result;
}
