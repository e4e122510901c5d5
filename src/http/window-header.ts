import type { Outcome } from '../guard/outcome.js';
import { worstOf } from './worst.js';

/** The name of the one response header that every guarded response carries. */
export const WINDOW_HEADER = 'Freeform-Window';

/**
 * The header's value, a structured field (RFC 9651) of tokens and integers only:
 * `verdict=deny;reason=service_window_closed, source=bird`. Of several recipients the worst is told, with their number.
 */
export function windowHeader(outcomes: readonly Outcome[]): string {
  const { decision, source, mode, wouldBe } = worstOf(outcomes);
  const first = `verdict=${decision.verdict};reason=${decision.reason}, source=${source}`;
  const recipients = outcomes.length > 1 ? `, recipients=${outcomes.length}` : '';
  return mode === 'observe' ? `${first}${recipients}, mode=observe, would-be=${wouldBe}` : `${first}${recipients}`;
}
