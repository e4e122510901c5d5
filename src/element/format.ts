/** An instant as a person of this language writes it, with the day where that is not today. */
export function formatTime(at: number, now: number, locale: string | undefined): string {
  const isToday = new Date(at).toDateString() === new Date(now).toDateString();
  const day = isToday ? {} : ({ weekday: 'short', day: 'numeric', month: 'short' } as const);
  return new Intl.DateTimeFormat(locale, { ...day, hour: 'numeric', minute: '2-digit' }).format(at);
}

/** The two largest units of a duration: `23h 59m`, and `4m 07s` in the last hour. */
export function formatLeft(leftMs: number, locale: string | undefined): string {
  const seconds = Math.ceil(leftMs / 1000);
  const [first, second] =
    seconds >= 3600
      ? [unit(seconds / 3600, 'hour', locale), unit((seconds / 60) % 60, 'minute', locale)]
      : [unit(seconds / 60, 'minute', locale), unit(seconds % 60, 'second', locale)];
  return `${first} ${second}`;
}

function unit(value: number, name: string, locale: string | undefined): string {
  return new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'narrow' }).format(Math.floor(value));
}

/** @returns `undefined`: the browser's language, in place of what is no language tag */
export function localeOf(lang: string | null | undefined): string | undefined {
  try {
    // Many a page writes `en_US`, for which `Intl` would throw.
    return Intl.getCanonicalLocales(lang?.replaceAll('_', '-'))[0];
  } catch {
    return undefined;
  }
}
