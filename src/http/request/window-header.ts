import type { Outcome } from '../../guard/outcome.js';
import { requireOutcomes } from '../../guard/still-valid.js';

/** The name of the one response header that every guarded response carries. */
export const WINDOW_HEADER = 'Freeform-Window';

/**
 * The value of the `Freeform-Window` header, a structured field (RFC 9651) of tokens and integers:
 * `verdict=deny;reason=service_window_closed, source=bird`. With several recipients, the worst outcome is reported,
 * with their number.
 *
 * @param sends how many messages go out in the place of the one that came, where it was rewritten
 * @throws {TypeError} for what is no list of at least one outcome
 */
export function windowHeader(outcomes: readonly Outcome[], sends?: number): string {
  requireOutcomes(outcomes, 'windowHeader');
  if (outcomes.length === 0) throw new TypeError('windowHeader: outcomes is empty; give that of at least one send');
  return headerOf(outcomes, sends);
}

/** The same of outcomes that are certainly some. */
export function headerOf(outcomes: readonly Outcome[], sends?: number): string {
  const { decision, source, mode, wouldBe } = worstOf(outcomes);
  const first = membersOf(decision, source);
  const start = outcomes.length > 1 ? `${first}, recipients=${outcomes.length}` : first;
  if (mode === 'observe') return `${start}, mode=observe, would-be=${wouldBe}`;
  return sends === undefined ? start : `${start}${rewriting(outcomes, sends)}`;
}

const known: Readonly<Record<Outcome['source'], Map<string, string>>> = {
  memory: new Map<string, string>(),
  bird: new Map<string, string>(),
  none: new Map<string, string>(),
};

/** `verdict=allow;reason=service_window_open, source=memory`. Put together for each response, it costs 1.3 to set. */
function membersOf({ verdict, reason }: Outcome['decision'], source: Outcome['source']): string {
  const prepared = known[source].get(reason);
  if (prepared !== undefined) return prepared;
  const members = `verdict=${verdict};reason=${reason}, source=${source}`;
  known[source].set(reason, members);
  return members;
}

/** `action=reroute, sends=2, held=1, blocked=1`. */
function rewriting(outcomes: readonly Outcome[], sends: number): string {
  const count = (wanted: Outcome['action']): number => outcomes.filter(({ action }) => action === wanted).length;
  const [rerouted, held, blocked] = [count('reroute'), count('hold'), count('block')];
  const action = rerouted > 0 ? ', action=reroute' : held > 0 ? ', action=hold' : '';
  const members = { sends, held, blocked };
  const shown = Object.entries(members).filter(([name, number]) => number > 0 || name === 'sends');
  return `${action}${shown.map(([name, number]) => `, ${name}=${number}`).join('')}`;
}

const rank = { deny: 2, unknown: 1, allow: 0 } as const;

/** The outcome that speaks for a whole request: the first denial, else the first unknown, else the first. */
export function worstOf(outcomes: readonly Outcome[]): Outcome {
  return outcomes.reduce((worst, outcome) =>
    rank[outcome.decision.verdict] > rank[worst.decision.verdict] ? outcome : worst,
  );
}
