import type { Decision, Outcome } from 'freeform-guard';

/** The outcome of a send that nobody was asked about. */
export function outcomeOf(decision: Decision, change: Partial<Outcome> = {}): Outcome {
  return {
    action: 'send',
    decision,
    mode: 'enforce',
    source: 'none',
    checkedAt: 0,
    safetyMarginMs: 0,
    exposeExpiry: true,
    ...change,
  };
}
