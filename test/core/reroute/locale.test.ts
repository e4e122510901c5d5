import { describe, expect, test } from 'vitest';
import { isSameLocale, matchLocale, readLocale } from '../../../src/core/reroute/locale.js';

const match = (wanted: string | undefined, available: readonly string[]): string =>
  matchLocale([wanted], available, 'none');

describe('scenario 32: the locale of a template', () => {
  test.each<[wanted: string, available: readonly string[], found: string]>([
    ['en', ['de', 'en'], 'en'],
    ['pt-PT', ['pt-BR', 'pt-PT'], 'pt-PT'],
    ['pt-PT', ['pt-BR', 'pt'], 'pt'],
    ['pt-PT', ['pt-BR'], 'pt-BR'],
    ['pt', ['en', 'pt-BR', 'pt-PT'], 'pt-BR'],
    ['en-GB', ['en-US', 'en'], 'en'],
    ['en-GB', ['en-US', 'en-AU'], 'en-AU'],
    ['en-AU', ['en-US', 'en-GB'], 'en-GB'],
    ['en-PH', ['en-GB', 'en-US'], 'en-US'],
    ['es-CO', ['es-ES', 'es-MX'], 'es-MX'],
    ['es-ES', ['es-MX', 'es-AR'], 'es-MX'],
    ['pt-AO', ['pt-BR', 'pt-PT'], 'pt-PT'],
    ['fr-CA', ['fr-FR', 'fr-CH'], 'fr-FR'],
    ['no', ['en', 'nb'], 'nb'],
    ['nb', ['en', 'no'], 'no'],
    ['nb-NO', ['da', 'no'], 'no'],
    ['no', ['nb', 'no'], 'no'],
    ['fil', ['en', 'tl'], 'tl'],
    ['es-MX', ['es-ES'], 'es-ES'],
    ['de-CH-1996', ['de', 'de-CH'], 'de-CH'],
    ['fr', ['de', 'en'], 'none'],
    ['fr', [], 'none'],
    // Mutually intelligible perhaps, but not the same language.
    ['pt', ['es', 'gl'], 'none'],
    ['ca', ['es'], 'none'],
    ['da', ['nb', 'no'], 'none'],
    ['gsw', ['de'], 'none'],
  ])('%s among %j is %s', (wanted, available, found) => {
    expect(match(wanted, available)).toBe(found);
  });

  test.each<[wanted: string, available: readonly string[], found: string]>([
    ['zh-TW', ['zh-Hans'], 'none'],
    ['zh-TW', ['zh-CN'], 'none'],
    ['zh-TW', ['zh'], 'none'],
    ['zh-Hant-TW', ['zh'], 'none'],
    ['zh-TW', ['zh', 'zh-HK'], 'zh-HK'],
    ['zh-TW', ['zh-Hans', 'zh-Hant'], 'zh-Hant'],
    ['zh-CN', ['zh-TW', 'zh-Hans'], 'zh-Hans'],
    ['zh-SG', ['zh-TW', 'zh'], 'zh'],
    ['zh', ['zh-TW', 'zh-CN'], 'zh-CN'],
    ['zh-MO', ['zh-CN', 'zh-TW', 'zh-HK'], 'zh-HK'],
    ['zh-Hant', ['zh-TW'], 'zh-TW'],
    ['sr-Latn', ['sr'], 'none'],
    ['sr-Latn', ['sr', 'sr-Latn-ME'], 'sr-Latn-ME'],
    ['sr', ['sr-Latn', 'sr-Cyrl'], 'sr-Cyrl'],
  ])('is in a script that its reader reads: %s among %j is %s', (wanted, available, found) => {
    expect(match(wanted, available)).toBe(found);
  });

  test.each<[wanted: string, available: readonly string[], found: string]>([
    ['en_US', ['en', 'en-US'], 'en-US'],
    ['en-US', ['en', 'en_US'], 'en_US'],
    ['EN-us', ['en-gb', 'En-Us'], 'En-Us'],
    ['zh_Hant_TW', ['zh_TW', 'zh_Hant'], 'zh_Hant'],
    ['zh_HK', ['zh_CN', 'zh_TW'], 'zh_TW'],
    ['iw', ['he'], 'he'],
    ['he-IL', ['iw'], 'iw'],
    ['en-US-u-ca-gregory', ['en', 'en-US'], 'en-US'],
    ['en-GB', ['en-GB-u-hc-h23'], 'en-GB-u-hc-h23'],
  ])('is found however it is written, and is given as the template has it: %s among %j is %s', (...row) => {
    const [wanted, available, found] = row;
    expect(match(wanted, available)).toBe(found);
  });

  test.each<[name: string, tag: unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a number', 5],
    ['an array', ['de']],
    ['an Intl.Locale', new Intl.Locale('de')],
    ['an empty text', ''],
    ['a space', ' '],
    ['spaces around it', ' de '],
    ['a word that is none', 'German!'],
    ['a name with an encoding', 'de_DE.UTF-8'],
    ['the locale of C', 'C'],
    ['half a tag', 'de-'],
    ['a tag for private use', 'x-de'],
    ['a list as browsers send it', 'de,en;q=0.5'],
  ])('what is no locale is passed over: %s', (_name, tag) => {
    expect(readLocale(tag)).toBeUndefined();
    expect(matchLocale([tag as string, 'fr'], ['de', 'en', 'fr'], 'en')).toBe('fr');
    expect(matchLocale(['de', 'fr'], [tag as string, 'fr'], 'en')).toBe('fr');
    expect(matchLocale([tag as string], [tag as string], 'en')).toBe('en');
  });

  test.each(['und', 'und-US', 'mul', 'zxx'])('%s is no language, and means none', (tag) => {
    expect(matchLocale([tag, 'de'], ['en', 'de'], 'fr')).toBe('de');
    expect(matchLocale([tag], ['en', 'de'], 'fr')).toBe('fr');
    expect(matchLocale(['en'], [tag, 'de'], 'fr')).toBe('fr');
  });

  test.each(['und', 'und-US'])('%s is no language either where a template claims to be in it', (tag) => {
    expect(matchLocale([tag], [tag, 'de'], 'fr')).toBe('fr');
  });

  test('the names of inherited properties are no locales of anybody', () => {
    for (const tag of ['constructor', 'toString', '__proto__']) expect(match(tag, ['en'])).toBe('none');
  });

  test.each<[wanted: readonly (string | undefined)[], found: string]>([
    [['de', 'pt-PT', 'en'], 'de'],
    [[undefined, 'pt-PT', 'en'], 'pt-BR'],
    [['xx', 'pt-PT', 'en'], 'pt-BR'],
    [['fr', 'it', 'en-ZA'], 'en'],
    [['fr', 'it', 'nl'], 'en-none'],
    [[], 'en-none'],
  ])('the first that is wanted goes before a better fit for a later one: %j is %s', (wanted, found) => {
    expect(matchLocale(wanted, ['en', 'pt-BR', 'de-AT', 'de'], 'en-none')).toBe(found);
  });
});

test.each<[a: string, b: string, isSame: boolean]>([
  ['de', 'de', true],
  ['pt_BR', 'pt-br', true],
  ['en-US-u-ca-gregory', 'en_US', true],
  ['pt-BR', 'pt-PT', false],
  ['pt', 'pt-BR', false],
  ['German!', 'de', false],
  ['de', 'German!', false],
  ['German!', 'German!', false],
  ['German!', 'English!', false],
])('whether %s and %s are the same locale: %s', (a, b, isSame) => {
  expect(isSameLocale(a, b)).toBe(isSame);
});
