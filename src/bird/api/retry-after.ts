const MIN_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;

/**
 * How long to pause after a 429, in ms: `Retry-After` in seconds or as an HTTP date, limited to between 1 s and 60 s.
 * `undefined` without a readable header; Bird documents none.
 */
export function pauseOf(retryAfter: string | null, now: number): number | undefined {
  const pauseMs = readRetryAfter(retryAfter, now);
  if (pauseMs === undefined) return undefined;
  return Math.min(MAX_PAUSE_MS, Math.max(MIN_PAUSE_MS, pauseMs));
}

const SECONDS = /^\d+(?:\.\d+)?$/;
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

function readRetryAfter(retryAfter: string | null, now: number): number | undefined {
  const text = retryAfter?.trim() ?? '';
  if (SECONDS.test(text)) return Number(text) * 1000;
  if (!HTTP_DATE.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at - now;
}
