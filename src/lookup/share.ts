import type { ReadLimit } from './reads/read-budget.js';

/** So that all shares together let no more into any second than the whole: each needs a burst of one at least. */
export function shareOf({ perSecond, burst }: ReadLimit, instances: number): ReadLimit {
  const ownBurst = Math.max(1, Math.floor(burst / instances));
  const left = (perSecond + burst - instances * ownBurst) / instances;
  return { perSecond: Math.max(0.1, Math.min(perSecond / instances, left)), burst: ownBurst };
}
