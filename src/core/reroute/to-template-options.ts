import {
  aFunction,
  aListOf,
  anObject,
  aText,
  checkOptions,
  integerBetween,
  type OptionCheck,
  oneOf,
  requireAll,
} from '../option-checks.js';
import { ownFields } from '../own.js';
import { isSameLocale, readLocale } from './locale.js';
import type { SendToReroute } from './policy.js';

/** A template of Bird's Studio with a picture or a document in its header. */
export interface MediaTemplate {
  /** The template's project in Bird's Studio, a UUID. */
  readonly projectId: string;
  /** Which of its versions is sent. Default `latest`. */
  readonly version?: string | undefined;
  /** The variable that takes the media's URL. */
  readonly mediaVariable: string;
  /** The variable that takes the caption; without it, media with a caption are not carried. */
  readonly variable?: string | undefined;
}

/** Which template takes the place of a text, in which language, and what becomes of long texts, media and buttons. */
export interface ToTemplateOptions {
  /** The template's project in Bird's Studio. */
  readonly projectId: string;
  /** Which of its versions is sent. Default `latest`. */
  readonly version?: string | undefined;
  /** The locale where nothing better is known: the workspace's. BCP 47; `en_US` is taken for `en-US`. */
  readonly locale: string;
  /**
   * The locales in which the template exists, `locale` among them. They are sent as they are written here. Default:
   * `locale` alone, as BCP 47 writes it.
   */
  readonly locales?: readonly string[] | undefined;
  /** The contact's locale, which goes first. `undefined`: not known. */
  readonly contactLocale?: ((send: SendToReroute) => string | undefined) | undefined;
  /** The channel's locale, which goes before the workspace's. */
  readonly channelLocale?: ((send: SendToReroute) => string | undefined) | undefined;
  /** The variable that takes the text. */
  readonly variable: string;
  /** The longest text that the variable takes, in UTF-16 units. Default 1024; 1 to 32 768. */
  readonly maxLength?: number | undefined;
  /** Longer text becomes several sends, cut at spaces, or is declined. Default `split`. */
  readonly onTooLong?: 'split' | 'block' | undefined;
  /** The template's other variables, from the message. */
  readonly variables?: ((message: unknown) => Readonly<Record<string, string>>) | undefined;
  /** Where pictures and documents go. Without a template for them they are declined. */
  readonly media?:
    | {
        /** The template for a single picture. */
        readonly image?: MediaTemplate | undefined;
        /** The template for a single document. */
        readonly file?: MediaTemplate | undefined;
      }
    | undefined;
  /** Buttons, cards and lists are lost in a template: such messages are declined, or only their text is sent. Default `block`. */
  readonly onInteractive?: 'block' | 'text' | undefined;
}

const aLocale: OptionCheck = {
  rule: 'a BCP 47 locale',
  hasType: (value) => typeof value === 'string',
  isInRange: (value: string) => readLocale(value) !== undefined,
};

const mediaChecks: Readonly<Record<keyof MediaTemplate, OptionCheck>> = {
  projectId: aText,
  version: aText,
  mediaVariable: aText,
  variable: aText,
};

const checks: Readonly<Record<keyof ToTemplateOptions, OptionCheck>> = {
  projectId: aText,
  version: aText,
  locale: aLocale,
  locales: aListOf('BCP 47 locale', (tag) => readLocale(tag) !== undefined),
  contactLocale: aFunction,
  channelLocale: aFunction,
  variable: aText,
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
  checkOptions(options, checks, 'toTemplate');
  const { projectId, locale, locales = [locale], variable, media = {} } = ownFields(options);
  requireAll({ projectId, locale, variable }, 'toTemplate');
  if (!locales.some((tag) => isSameLocale(tag, locale))) {
    throw new RangeError('toTemplate.locale must be one of toTemplate.locales: the template has no other');
  }
  checkOptions(media, { image: anObject, file: anObject }, 'toTemplate.media');
  for (const [kind, template] of Object.entries(media)) {
    if (template === undefined) continue;
    checkOptions(template, mediaChecks, `toTemplate.media.${kind}`);
    const { projectId, mediaVariable, variable } = ownFields(template);
    requireAll({ projectId, mediaVariable }, `toTemplate.media.${kind}`);
    if (variable !== mediaVariable) continue;
    throw new RangeError(`toTemplate.media.${kind}.variable must be another than mediaVariable: one would be lost`);
  }
}
