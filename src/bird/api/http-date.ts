const IMF_FIXDATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Reads the date of an HTTP header (RFC 9110, IMF-fixdate), epoch ms; `undefined` for everything else. */
export function readHttpDate(text: string | null): number | undefined {
  if (text === null || !IMF_FIXDATE.test(text)) return undefined;
  const at = Date.parse(text);
  // `Date` moves 30 February into March, and ignores the name of the day.
  return new Date(at).toUTCString() === text ? at : undefined;
}
