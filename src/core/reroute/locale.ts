/**
 * The locale among those that a template has which fits best: for each wanted one in order, the same, then the same with
 * fewer parts (`pt` for `pt-PT`), then another (`pt-BR` for `pt-PT`), always of the same language and script. What is no
 * locale is passed over.
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
  const tongue = tongueOf(wanted);
  if (tongue === undefined) return undefined;
  // Of another script nothing fits, not even what has the same name with fewer parts: `zh` is Hans.
  const readable = available.filter((tag) => tongueOf(readLocale(tag)) === tongue);
  for (const name of shorterAndShorter(wanted.baseName)) {
    const found = readable.find((tag) => readLocale(tag)?.baseName === name);
    if (found !== undefined) return found;
  }
  return readable[0];
}

/** `zh-Hant-TW`, `zh-Hant`, `zh`. */
function shorterAndShorter(name: string): readonly string[] {
  const parts = name.split('-');
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('-'));
}

/** Language and script, also where that is not written: `zh-TW` is Hant. `und` is no language, though likely English. */
function tongueOf(locale: Intl.Locale | undefined): string | undefined {
  // By its name, since engines disagree on what the language of `und` is.
  if (locale === undefined || locale.baseName.split('-')[0] === 'und') return undefined;
  const { language, script } = locale.maximize();
  return `${language}-${script}`;
}
