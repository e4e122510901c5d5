import type { Decision } from '../core/types.js';

/** A decision, and where the facts behind it came from. */
export interface Judgement {
  readonly decision: Decision;
  readonly source: 'memory' | 'bird' | 'none';
}
