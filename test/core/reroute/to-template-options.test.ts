import { describe, expect, test } from 'vitest';
import { doubtAbout } from '../../../src/core/reroute/doubt.js';
import { toTemplate } from '../../../src/core/reroute/to-template.js';
import type { ToTemplateOptions } from '../../../src/core/reroute/to-template-options.js';

const required = { projectId: 'project', locale: 'en', variable: 'message' };
const picture = { projectId: 'picture', mediaVariable: 'picture' };
const create = (options: unknown) => (): unknown => toTemplate(options as ToTemplateOptions);

describe('the options of toTemplate', () => {
  test.each<[name: string, options: object]>([
    ['the required ones alone', {}],
    [
      'each other one undefined',
      {
        version: undefined,
        locales: undefined,
        contactLocale: undefined,
        channelLocale: undefined,
        maxLength: undefined,
        onTooLong: undefined,
        variables: undefined,
        media: undefined,
        onInteractive: undefined,
      },
    ],
    ['a version', { version: '3' }],
    ['a locale as Meta writes it', { locale: 'en_US' }],
    ['locales', { locales: ['en', 'pt_BR'] }],
    ['locales with the locale itself in another spelling', { locale: 'pt_BR', locales: ['de', 'pt-br'] }],
    ['the shortest variable', { maxLength: 1 }],
    ['the longest variable', { maxLength: 32_768 }],
    ['onTooLong', { onTooLong: 'block' }],
    ['onInteractive', { onInteractive: 'text' }],
    ['functions', { contactLocale: () => 'en', channelLocale: () => 'en', variables: () => ({}) }],
    ['no media', { media: {} }],
    ['media undefined', { media: { image: undefined, file: undefined } }],
    ['media', { media: { image: picture, file: { ...picture, version: '1', variable: 'caption' } } }],
    ['media, the rest undefined', { media: { image: { ...picture, version: undefined, variable: undefined } } }],
  ])('are right with %s', (_name, options) => {
    expect(toTemplate({ ...required, ...options })).toBeTypeOf('function');
  });

  test.each<[name: string, options: unknown, message: string]>([
    ['none', undefined, 'toTemplate: options must be a plain object; received undefined'],
    ['null', null, 'toTemplate: options must be a plain object; received null'],
    ['an array', [required], 'toTemplate: options must be a plain object; received an array'],
    [
      'a Map',
      new Map(Object.entries(required)),
      'toTemplate: options must be a plain object; received an instance of a class',
    ],
    ['no projectId', { ...required, projectId: undefined }, 'toTemplate.projectId is missing'],
    ['no locale', { ...required, locale: undefined }, 'toTemplate.locale is missing'],
    ['no variable', { ...required, variable: undefined }, 'toTemplate.variable is missing'],
    ['a misspelt option', { ...required, maxlength: 5 }, 'toTemplate.maxlength is not a valid option'],
    ['an inherited name', { ...required, constructor: 5 }, 'toTemplate.constructor is not a valid option'],
    ['media: null', { ...required, media: null }, 'toTemplate.media must be an object'],
    ['media: an array', { ...required, media: [picture] }, 'toTemplate.media must be a plain object'],
    [
      'media of another kind',
      { ...required, media: { video: picture } },
      'toTemplate.media.video is not a valid option',
    ],
    ['image: null', { ...required, media: { image: null } }, 'toTemplate.media.image must be an object'],
    ['file: an array', { ...required, media: { file: [] } }, 'toTemplate.media.file must be an object'],
    ['file: empty', { ...required, media: { file: {} } }, 'toTemplate.media.file.projectId is missing'],
    [
      'image without mediaVariable',
      { ...required, media: { image: { projectId: 'p' } } },
      'toTemplate.media.image.mediaVariable is missing',
    ],
    [
      'image with a misspelt option',
      { ...required, media: { image: { ...picture, caption: 'c' } } },
      'toTemplate.media.image.caption is not a valid option',
    ],
  ])('throw a TypeError: %s', (_name, options, message) => {
    expect(create(options)).toThrow(TypeError);
    expect(create(options)).toThrow(message);
  });

  test.each<[option: string, value: unknown]>([
    ['projectId', 5],
    ['projectId', null],
    ['version', 3],
    ['version', null],
    ['locale', ['en']],
    ['locale', null],
    ['locales', 'en'],
    ['locales', null],
    ['locales', new Set(['en'])],
    ['contactLocale', 'en'],
    ['contactLocale', null],
    ['channelLocale', 'en'],
    ['variable', 5],
    ['variable', null],
    ['maxLength', '1024'],
    ['maxLength', null],
    ['maxLength', 1024n],
    ['onTooLong', true],
    ['onTooLong', null],
    ['variables', { name: 'a' }],
    ['variables', null],
    ['media', 'image'],
    ['onInteractive', false],
    ['onInteractive', null],
  ])('throw a TypeError that names %s: %s', (option, value) => {
    expect(create({ ...required, [option]: value })).toThrow(TypeError);
    expect(create({ ...required, [option]: value })).toThrow(`toTemplate.${option} must be `);
  });

  test.each<[option: string, value: unknown]>([
    ['projectId', ''],
    ['projectId', ' '],
    ['version', ''],
    ['locale', ''],
    ['locale', 'not a locale'],
    ['locales', []],
    ['locales', ['en', 'not a locale']],
    ['locales', ['en', 5]],
    ['locales', new Array(2)],
    ['variable', ''],
    ['variable', '\t'],
    ['maxLength', 0],
    ['maxLength', -1],
    ['maxLength', 1.5],
    ['maxLength', 32_769],
    ['maxLength', Number.NaN],
    ['maxLength', Number.POSITIVE_INFINITY],
    ['onTooLong', 'SPLIT'],
    ['onTooLong', ''],
    ['onInteractive', 'split'],
  ])('throw a RangeError that names %s: %s', (option, value) => {
    expect(create({ ...required, [option]: value })).toThrow(RangeError);
    expect(create({ ...required, [option]: value })).toThrow(`toTemplate.${option} must be `);
  });

  test.each([
    ['en', ['pt-BR']],
    ['en', ['en-US', 'de']],
    ['en_US', ['en', 'en-GB']],
  ])(
    'throw where the template has nothing in the locale to fall back on: %s among %j (field B9)',
    (locale, locales) => {
      expect(create({ ...required, locale, locales })).toThrow(RangeError);
      expect(create({ ...required, locale, locales })).toThrow('toTemplate.locale must be one of toTemplate.locales');
    },
  );

  describe.each(['image', 'file'])('media.%s', (kind) => {
    test.each(['projectId', 'version', 'mediaVariable', 'variable'])('%s is a non-empty string', (option) => {
      const withValue = (value: unknown): object => ({
        ...required,
        media: { [kind]: { ...picture, [option]: value } },
      });
      expect(create(withValue(5))).toThrow(TypeError);
      expect(create(withValue(null))).toThrow(TypeError);
      expect(create(withValue(' '))).toThrow(RangeError);
      expect(create(withValue(''))).toThrow(`toTemplate.media.${kind}.${option} must be a non-empty string`);
    });

    test('the caption has a variable of its own, or one of the two would be lost', () => {
      const options = { ...required, media: { [kind]: { ...picture, variable: picture.mediaVariable } } };
      expect(create(options)).toThrow(RangeError);
      expect(create(options)).toThrow(`toTemplate.media.${kind}.variable must differ from mediaVariable`);
    });
  });

  test('an error says nothing of what a text holds', () => {
    expect(create({ ...required, locale: 'a secret!' })).toThrow(
      'toTemplate.locale must be a BCP 47 locale; received a string',
    );
  });
});

describe('a doubt about options that may be right', () => {
  const projectId = '44444444-4444-4444-8444-444444444444';

  test('is told of a projectId that is no UUID', () => {
    expect(doubtAbout(toTemplate(required))).toContain('toTemplate.projectId is not a UUID');
  });

  test.each<[name: string, policy: unknown]>([
    ['a projectId that is a UUID', toTemplate({ ...required, projectId })],
    ['a policy of the user', () => undefined],
    ['a word', 'block'],
    ['what is no policy', undefined],
  ])('is not told of %s', (_name, policy) => {
    expect(doubtAbout(policy)).toBeUndefined();
  });
});
