/** Counts requests within a sliding second. */
export interface RateLimit {
  /**
   * Admits a request if fewer than `limit` were admitted in the second before `now` (epoch ms). Refused ones do not
   * count.
   */
  take(now: number, limit: number): boolean;
}

const SECOND = 1000;

/** A limit over the last 1000 ms: a request admitted at `t` counts until `t + 999`. */
export function createRateLimit(): RateLimit {
  const takenAt: number[] = [];
  return {
    take: (now, limit) => {
      const firstInWindow = takenAt.findIndex((at) => at > now - SECOND);
      takenAt.splice(0, firstInWindow < 0 ? takenAt.length : firstInWindow);
      if (takenAt.length >= limit) return false;
      takenAt.push(now);
      return true;
    },
  };
}
