/**
 * The locale among those that a template has which fits best: for each wanted one in order, the same, then the same with
 * fewer parts (`pt` for `pt-PT`), then another of the same language and script (`pt-BR` for `pt-PT`). What is no locale
 * is passed over.
 *
 * @returns one of `available` as it is written there; `fallback` where none fits
 */
export function matchLocale(
  wanted: readonly (string | undefined)[],
  available: readonly string[],
  fallback: string,
): string {
  for (const tag of wanted) {
    const locale = readLocale(tag);
    const match = locale && bestOf(locale, available);
    if (match !== undefined) return match;
  }
  return fallback;
}

/** `undefined` for what is no BCP 47 tag; an underscore is taken for a hyphen, as Meta writes it. */
export function readLocale(tag: unknown): Intl.Locale | undefined {
  if (typeof tag !== 'string') return undefined;
  try {
    return new Intl.Locale(tag.replaceAll('_', '-'));
  } catch {
    return undefined;
  }
}

function bestOf(wanted: Intl.Locale, available: readonly string[]): string | undefined {
  const tagged = available.map((tag) => ({ tag, name: readLocale(tag)?.baseName, tongue: tongueOf(readLocale(tag)) }));
  for (const name of shorterAndShorter(wanted.baseName)) {
    const found = tagged.find((one) => one.name === name);
    if (found !== undefined) return found.tag;
  }
  return tagged.find(({ tongue }) => tongue === tongueOf(wanted))?.tag;
}

/** `zh-Hant-TW`, `zh-Hant`, `zh`. */
function shorterAndShorter(name: string): readonly string[] {
  const parts = name.split('-');
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('-'));
}

/** Language and script, where it is written too: `zh-TW` is Hant, and is nothing for a reader of Hans. */
function tongueOf(locale: Intl.Locale | undefined): string | undefined {
  const { language, script } = locale?.maximize() ?? {};
  return language === undefined ? undefined : `${language}-${script}`;
}
