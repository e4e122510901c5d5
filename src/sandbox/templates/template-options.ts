import {
  checkOptionsOf,
  integerFrom,
  isObject,
  isString,
  type OptionCheck,
  oneOf,
  requireAll,
} from '../../core/option-checks.js';
import { isUuid } from '../../core/uuid.js';
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
  /** The names of variables that take a media URL and appear in no text. Default: none. */
  readonly media?: readonly string[] | undefined;
  /** `active`, or `pending`: Meta has not approved it, and nothing can be sent with it. Default `active`. */
  readonly status?: 'active' | 'pending' | undefined;
  /** The longest text of a variable on WhatsApp, in Unicode code points; 1 or more. Default 1024. */
  readonly maxVariableLength?: number | undefined;
}

const names: OptionCheck = {
  rule: 'an array of non-empty strings',
  hasType: (value) => Array.isArray(value) && value.every(isString),
  isInRange: (value: readonly string[]) => value.every((name) => name !== ''),
};

const checks: { readonly [Name in keyof TemplateOptions]-?: OptionCheck } = {
  projectId: { rule: 'a UUID', hasType: isString, isInRange: isUuid },
  version: {
    rule: 'a non-empty string other than latest',
    hasType: isString,
    isInRange: (value: string) => !['', 'latest'].includes(value),
  },
  locales: {
    rule: 'a non-empty object of texts with {{variable}} by BCP 47 locale',
    hasType: isTexts,
    isInRange: areTemplateTexts,
  },
  variables: names,
  media: names,
  status: oneOf('active', 'pending'),
  maxVariableLength: integerFrom(1, 'code points'),
};

/** Throws a `TypeError` or `RangeError` that names the option which is missing, unknown or wrong. */
export function checkTemplateOptions(options: TemplateOptions): void {
  checkOptionsOf('addTemplate', options, checks);
  requireAll({ locales: options.locales }, 'addTemplate');
}

function isTexts(value: unknown): boolean {
  return isObject(value) && Object.values(value).every(isString);
}

function areTemplateTexts(texts: Readonly<Record<string, string>>): boolean {
  const entries = Object.entries(texts);
  return (
    entries.length > 0 && entries.every(([locale, text]) => isLocale(locale) && text !== '' && !hasLooseBraces(text))
  );
}

/** Bird uses BCP 47, `en-US`; Meta itself has `en_US`. */
function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    // An invalid tag makes it throw.
    return false;
  }
}
