import type { Decision, UnknownReason } from '../core/types.js';

/** A decision, and where the facts behind it came from. */
export interface Judgement {
  readonly decision: Decision;
  readonly source: 'memory' | 'bird' | 'none';
}

export function undecided(reason: UnknownReason): Judgement {
  return { decision: { verdict: 'unknown', reason }, source: 'none' };
}
