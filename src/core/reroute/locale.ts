import { match } from '@formatjs/intl-localematcher';

/** ISO 639's "no linguistic content". No template has it, so the matcher returns it only if nothing fits. */
const NOTHING = 'zxx';

/**
 * The best of a template's locales for the wanted ones, in order, by CLDR's distances: `es-MX` for `es-CO`, `pt-PT` for
 * `pt-AO`. Language and script always match: CLDR would give a Catalan reader Spanish, and a sender cannot know whether
 * the reader would mind. Invalid locales are skipped.
 *
 * @returns one of `available` as written there; `fallback` if none fits
 */
export function matchLocale(
  wanted: readonly (string | undefined)[],
  available: readonly string[],
  fallback: string,
): string {
  for (const tag of wanted) {
    const locale = readLocale(tag);
    const found = locale && bestOf(locale, available);
    if (found !== undefined) return found;
  }
  return fallback;
}

/** Reads a BCP 47 tag, with Meta's underscore as a hyphen; `undefined` for anything else. */
export function readLocale(tag: unknown): Intl.Locale | undefined {
  if (typeof tag !== 'string') return undefined;
  try {
    return new Intl.Locale(asTag(tag));
  } catch {
    return undefined;
  }
}

/** Meta's spelling of a tag, `en_US`, in that of BCP 47, which Bird expects: `en-US`. */
export function asTag(locale: string): string {
  return locale.replaceAll('_', '-');
}

/** Whether two tags mean the same locale: `pt_BR`, `pt-br`. */
export function isSameLocale(a: string, b: string): boolean {
  const name = readLocale(a)?.baseName;
  return name !== undefined && name === readLocale(b)?.baseName;
}

function bestOf(wanted: Intl.Locale, available: readonly string[]): string | undefined {
  const tongue = tongueOf(wanted);
  if (tongue === undefined) return undefined;
  // The first spelling of a locale counts. Extensions such as a calendar do not make another template.
  const names = new Map<string, string>();
  for (const tag of available) {
    const locale = readLocale(tag);
    if (locale === undefined || tongueOf(locale) !== tongue || names.has(locale.baseName)) continue;
    names.set(locale.baseName, tag);
  }
  if (names.size === 0) return undefined;
  // Of two equally near ones, the matcher takes the first: the one without a region.
  const byLength = [...names.keys()].toSorted((a, b) => a.split('-').length - b.split('-').length);
  return names.get(match([wanted.baseName], byLength, NOTHING));
}

/**
 * Language and script, with an implied script: `zh-TW` is Hant. `und` is no language, although likely English. Written
 * Norwegian is Bokmål, under either of its codes.
 */
function tongueOf(locale: Intl.Locale): string | undefined {
  // By its name, since engines disagree about the language of `und`.
  if (locale.baseName.split('-')[0] === 'und') return undefined;
  const { language, script } = locale.maximize();
  return `${language === 'nb' ? 'no' : language}-${script}`;
}
