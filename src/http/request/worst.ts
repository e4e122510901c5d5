import type { Outcome } from '../../guard/outcome.js';

const rank = { deny: 2, unknown: 1, allow: 0 } as const;

/** The outcome that speaks for a whole request: the first denial, else the first unknown, else the first. */
export function worstOf(outcomes: readonly Outcome[]): Outcome {
  return outcomes.reduce((worst, outcome) =>
    rank[outcome.decision.verdict] > rank[worst.decision.verdict] ? outcome : worst,
  );
}
