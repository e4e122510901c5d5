import {
  aFunction,
  anObject,
  checkOptions,
  checkOptionsOf,
  integerBetween,
  isString,
  nonEmptyArrayOf,
  nonEmptyString,
  type OptionCheck,
  oneOf,
  requireAll,
} from '../option-checks.js';
import { ownFields } from '../own.js';
import { isSameLocale, readLocale } from './locale.js';
import type { SendToReroute } from './policy.js';

/** A template in Bird's Studio that has an image or a document in its header. */
export interface MediaTemplate {
  /** The template's project in Bird's Studio, a UUID. */
  readonly projectId: string;
  /** Which of its versions is sent. Default `latest`. */
  readonly version?: string | undefined;
  /** The variable that takes the media's URL. */
  readonly mediaVariable: string;
  /** The variable that takes the caption. Without one, media with a caption are declined. */
  readonly variable?: string | undefined;
}

/** Which template replaces a text, in which locale, and what happens to long texts, media and buttons. */
export interface ToTemplateOptions {
  /** The template's project in Bird's Studio. */
  readonly projectId: string;
  /** Which of its versions is sent. Default `latest`. */
  readonly version?: string | undefined;
  /** The BCP 47 locale to use where neither the contact's nor the channel's is known. `en_US` is read as `en-US`. */
  readonly locale: string;
  /**
   * The locales in which the template exists, `locale` included. They are sent exactly as written. Default: only
   * `locale`, in BCP 47 form.
   */
  readonly locales?: readonly string[] | undefined;
  /** The contact's locale, which is tried first; `undefined` where it is not known. */
  readonly contactLocale?: ((send: SendToReroute) => string | undefined) | undefined;
  /** The channel's locale, which is tried before `locale`; `undefined` where it is not known. */
  readonly channelLocale?: ((send: SendToReroute) => string | undefined) | undefined;
  /** The variable that takes the text. */
  readonly variable: string;
  /** The longest text that the variable takes, in UTF-16 units. Default 1024; 1 to 32 768. */
  readonly maxLength?: number | undefined;
  /** Whether a longer text is split at spaces into several sends, or declined. Default `split`. */
  readonly onTooLong?: 'split' | 'block' | undefined;
  /** The values of the template's other variables, computed from the message. */
  readonly variables?: ((message: unknown) => Readonly<Record<string, string>>) | undefined;
  /** The templates for images and documents. Media without a template are declined. */
  readonly media?:
    | {
        /** The template for a single picture. */
        readonly image?: MediaTemplate | undefined;
        /** The template for a single document. */
        readonly file?: MediaTemplate | undefined;
      }
    | undefined;
  /**
   * Whether a message with buttons, cards or lists is declined (`block`) or reduced to its text (`text`). Default
   * `block`.
   */
  readonly onInteractive?: 'block' | 'text' | undefined;
}

export const aLocale: OptionCheck = {
  rule: 'a BCP 47 locale',
  hasType: isString,
  isInRange: (value: string) => readLocale(value) !== undefined,
};

const mediaChecks: Readonly<Record<keyof MediaTemplate, OptionCheck>> = {
  projectId: nonEmptyString,
  version: nonEmptyString,
  mediaVariable: nonEmptyString,
  variable: nonEmptyString,
};

const checks: Readonly<Record<keyof ToTemplateOptions, OptionCheck>> = {
  projectId: nonEmptyString,
  version: nonEmptyString,
  locale: aLocale,
  locales: nonEmptyArrayOf('BCP 47 locales', (tag) => readLocale(tag) !== undefined),
  contactLocale: aFunction,
  channelLocale: aFunction,
  variable: nonEmptyString,
  maxLength: integerBetween(1, 32_768, 'UTF-16 units'),
  onTooLong: oneOf('split', 'block'),
  variables: aFunction,
  media: {
    rule: 'an object with image, file or both',
    hasType: (value) => typeof value === 'object' && value !== null,
  },
  onInteractive: oneOf('block', 'text'),
};

/** @throws {TypeError | RangeError} naming the option */
export function checkToTemplate(options: ToTemplateOptions): void {
  checkOptionsOf('toTemplate', options, checks);
  const { projectId, locale, locales = [locale], variable, media = {} } = ownFields(options);
  requireAll({ projectId, locale, variable }, 'toTemplate');
  if (!locales.some((tag) => isSameLocale(tag, locale))) {
    throw new RangeError('toTemplate.locale must be one of toTemplate.locales');
  }
  checkOptions(media, { image: anObject, file: anObject }, 'toTemplate.media');
  for (const [kind, template] of Object.entries(media)) {
    if (template === undefined) continue;
    checkOptions(template, mediaChecks, `toTemplate.media.${kind}`);
    const { projectId, mediaVariable, variable } = ownFields(template);
    requireAll({ projectId, mediaVariable }, `toTemplate.media.${kind}`);
    if (variable !== mediaVariable) continue;
    throw new RangeError(`toTemplate.media.${kind}.variable must differ from mediaVariable`);
  }
}
