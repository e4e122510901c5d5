import { inspect } from 'node:util';
import { toId } from '../../bird/send/ids.js';
import { hasLooseBraces } from './template-text.js';

/** A template to add, or a version of one. */
export interface TemplateOptions {
  /** The template's id, a UUID; an existing one adds a version. Default: a new one. */
  readonly projectId?: string | undefined;
  /** The version's name, except `latest`, which always means the version added last. Default: a new UUID. */
  readonly version?: string | undefined;
  /** The texts by BCP 47 locale, at least one, with `{{variable}}` for each value. */
  readonly locales: Readonly<Record<string, string>>;
  /** The names of all variables that a send must fill, those in the texts included. Default: those in the texts. */
  readonly variables?: readonly string[] | undefined;
  /** The names of variables that hold a media URL and appear in no text. Default: none. */
  readonly media?: readonly string[] | undefined;
  /** `active`, or `pending`: Meta has not approved it, and nothing can be sent with it. Default `active`. */
  readonly status?: 'active' | 'pending' | undefined;
  /** The longest text of a variable on WhatsApp, in Unicode code points; 1 or more. Default 1024. */
  readonly maxVariableLength?: number | undefined;
}

interface Rule {
  readonly takes: string;
  hasType(value: unknown): boolean;
  /** Asked about values of the right type alone. */
  accepts(value: unknown): boolean;
}

const names: Rule = {
  takes: 'an array of names',
  hasType: (value) => Array.isArray(value) && value.every(isString),
  accepts: (value) => Object.values(Object(value)).every((name) => name !== ''),
};

const rules: { readonly [Name in keyof TemplateOptions]-?: Rule } = {
  projectId: { takes: 'a uuid', hasType: isString, accepts: (value) => toId(value) !== undefined },
  version: {
    takes: 'a name other than latest',
    hasType: isString,
    accepts: (value) => !['', 'latest'].includes(String(value)),
  },
  locales: {
    takes: 'texts with {{variable}} by BCP 47 locale, at least one',
    hasType: isTexts,
    accepts: areTemplateTexts,
  },
  variables: names,
  media: names,
  status: {
    takes: 'active or pending',
    hasType: isString,
    accepts: (value) => ['active', 'pending'].includes(String(value)),
  },
  maxVariableLength: {
    takes: 'an integer of 1 or more',
    hasType: (value) => typeof value === 'number',
    accepts: (value) => Number.isSafeInteger(value) && Number(value) >= 1,
  },
};

/** Throws a `TypeError` that names the option which is unknown or of a wrong type, a `RangeError` for a wrong value. */
export function checkTemplateOptions(options: TemplateOptions): void {
  const given: Readonly<Record<string, unknown>> = { ...options };
  for (const [name, value] of Object.entries({ locales: undefined, ...given })) {
    if (!isOption(name)) throw new TypeError(`\`${name}\` is not an option of a template`);
    if (value === undefined && name !== 'locales') continue;
    const { takes, hasType, accepts } = rules[name];
    const problem = `\`${name}\` must be ${takes}, not ${inspect(value)}`;
    if (!hasType(value)) throw new TypeError(problem);
    if (!accepts(value)) throw new RangeError(problem);
  }
}

function isOption(name: string): name is keyof TemplateOptions {
  return Object.hasOwn(rules, name);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isTexts(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isString);
}

function areTemplateTexts(value: unknown): boolean {
  const entries = Object.entries(Object(value)).map(([locale, text]) => [locale, String(text)] as const);
  return (
    entries.length > 0 && entries.every(([locale, text]) => isLocale(locale) && text !== '' && !hasLooseBraces(text))
  );
}

/** Bird takes BCP 47, `en-US`, where Meta itself has `en_US`. */
function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    // This is how it says that a tag is none.
    return false;
  }
}
