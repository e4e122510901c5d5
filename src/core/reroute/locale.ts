import { match } from '@formatjs/intl-localematcher';

/** ISO 639's "no linguistic content": no template has it, so the matcher gives it only where nothing fits. */
const NOTHING = 'zxx';

/**
 * The locale among those that a template has which fits best, for each wanted one in order, by CLDR's distances: `es-MX`
 * for `es-CO`, `pt-PT` for `pt-AO`. It is always of the same language and script: CLDR would give a Catalan Spanish, and
 * a sender cannot know whether the reader would mind. What is no locale is passed over.
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
    const found = locale && bestOf(locale, available);
    if (found !== undefined) return found;
  }
  return fallback;
}

/** `undefined` for what is no BCP 47 tag; an underscore is taken for a hyphen, as Meta writes it. */
export function readLocale(tag: unknown): Intl.Locale | undefined {
  if (typeof tag !== 'string') return undefined;
  try {
    return new Intl.Locale(asTag(tag));
  } catch {
    return undefined;
  }
}

/** `en_US`, as Meta writes it, in the spelling of BCP 47, which Bird wants: `en-US`. */
export function asTag(locale: string): string {
  return locale.replaceAll('_', '-');
}

/** Whether two spellings name the same locale: `pt_BR`, `pt-br`. */
export function isSameLocale(a: string, b: string): boolean {
  const name = readLocale(a)?.baseName;
  return name !== undefined && name === readLocale(b)?.baseName;
}

function bestOf(wanted: Intl.Locale, available: readonly string[]): string | undefined {
  const tongue = tongueOf(wanted);
  if (tongue === undefined) return undefined;
  // The first spelling of a locale counts; extensions such as a calendar make no other template.
  const names = new Map<string, string>();
  for (const tag of available) {
    const locale = readLocale(tag);
    if (locale === undefined || tongueOf(locale) !== tongue || names.has(locale.baseName)) continue;
    names.set(locale.baseName, tag);
  }
  if (names.size === 0) return undefined;
  // Of two that are equally near, the matcher takes the first: the one that names no region.
  const byLength = [...names.keys()].toSorted((a, b) => a.split('-').length - b.split('-').length);
  return names.get(match([wanted.baseName], byLength, NOTHING));
}

/**
 * Language and script, also where that is not written: `zh-TW` is Hant. `und` is no language, though likely English, and
 * the Norwegian that is written is Bokmål, under either of its codes.
 */
function tongueOf(locale: Intl.Locale): string | undefined {
  // By its name, since engines disagree on what the language of `und` is.
  if (locale.baseName.split('-')[0] === 'und') return undefined;
  const { language, script } = locale.maximize();
  return `${language === 'nb' ? 'no' : language}-${script}`;
}
