import { describe, expect, test } from 'vitest';
import {
  aBoolean,
  aMap,
  checkOptions,
  checkOptionsOf,
  integerBetween,
  integerFrom,
  nonEmptyArrayOf,
  nonEmptyStrings,
  numberBetween,
  objectWith,
  oneOf,
  oneOfOrFunction,
} from '../../src/core/option-checks.js';

const PHONE = '+27000000001';
const checks = {
  mode: oneOf('on', 'off'),
  policy: oneOfOrFunction('block', 'allow'),
  ratio: numberBetween(1, 10, 'parts'),
  count: integerBetween(1, 10, 'sends'),
  most: integerFrom(1, 'windows'),
  flag: aBoolean,
  entries: aMap,
  names: nonEmptyStrings,
  ids: nonEmptyArrayOf('ids', (id) => id === 'id'),
  store: objectWith('get', 'set'),
};
const check = (options: unknown) => (): void => checkOptions(options, checks, 'guard');

describe('an option', () => {
  test.each<[option: string, values: readonly unknown[]]>([
    ['mode', ['on', 'off', undefined]],
    ['policy', ['block', 'allow', () => undefined]],
    ['ratio', [1, 1.5, 10]],
    ['count', [1, 10]],
    ['most', [1, 2, Number.MAX_SAFE_INTEGER]],
    ['flag', [true, false]],
    ['names', [['a'], ['a', 'b']]],
    ['ids', [['id'], ['id', 'id']]],
    [
      'store',
      [
        { get: () => 1, set: () => 1 },
        { get: () => 1, set: () => 1, more: 1 },
      ],
    ],
  ])('%s may have each value that its rule names', (option, values) => {
    for (const value of values) expect(check({ [option]: value })).not.toThrow();
  });

  test.each<[option: string, values: readonly unknown[]]>([
    ['mode', [true, null, 1, ['on']]],
    ['policy', [true, null, 1, ['block']]],
    ['ratio', ['1', null, 1n]],
    ['count', ['1', null]],
    ['most', ['1', null]],
    ['flag', ['true', 1, null, {}]],
    ['names', ['a', null, { 0: 'a' }, ['a', 1], [undefined], new Array(1), new Set(['a'])]],
    ['ids', ['id', null, new Set(['id'])]],
    ['store', ['get', null, [], () => undefined]],
  ])('%s of another type is a TypeError that names it', (option, values) => {
    for (const value of values) {
      expect(check({ [option]: value })).toThrow(TypeError);
      expect(check({ [option]: value })).toThrow(`guard.${option} must be `);
    }
  });

  test.each<[option: string, values: readonly unknown[]]>([
    ['mode', ['', 'On', 'on ']],
    ['policy', ['', 'Block']],
    ['ratio', [0, 0.9, 10.1, Number.NaN, Number.POSITIVE_INFINITY]],
    ['count', [0, 1.5, 11, Number.NaN]],
    ['most', [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]],
    ['names', [[], ['a', ' ']]],
    ['ids', [[], ['id', 'other'], new Array(1)]],
    ['store', [{}, { get: () => 1 }, { get: () => 1, set: true }]],
  ])('%s outside its range is a RangeError that names it', (option, values) => {
    for (const value of values) {
      expect(check({ [option]: value })).toThrow(RangeError);
      expect(check({ [option]: value })).toThrow(`guard.${option} must be `);
    }
  });
});

describe('the error', () => {
  test.each<[name: string, options: unknown, message: string]>([
    ['a word', { mode: 'On' }, "guard.mode must be 'on' or 'off'; received 'On'"],
    ['a word or a function', { policy: 'b' }, "guard.policy must be 'block' or 'allow' or a function; received 'b'"],
    ['a number', { ratio: 11 }, 'guard.ratio must be a number of parts from 1 to 10; received the number 11'],
    ['a whole number', { most: 0 }, 'guard.most must be a whole number of windows, 1 or more; received the number 0'],
    [
      'a whole number in a range',
      { count: 0 },
      'guard.count must be a whole number of sends from 1 to 10; received the number 0',
    ],
    ['a switch', { flag: PHONE }, 'guard.flag must be true or false; received a string'],
    ['entries', { entries: [] }, 'guard.entries must be a plain object; received an array'],
    [
      'texts',
      { names: [''] },
      'guard.names must be a non-empty array of non-empty strings; received an array; the entry at position 0 is invalid',
    ],
    ['a list', { ids: PHONE }, 'guard.ids must be a non-empty array of ids; received a string'],
    [
      'an entry of a list',
      { ids: ['id', PHONE] },
      'guard.ids must be a non-empty array of ids; received an array; the entry at position 1 is invalid',
    ],
    ['a class', { store: new Set() }, 'guard.store must be an object with get, set; received an instance of a class'],
  ])('says the rule and what was received, but no value that may be a secret: %s', (_name, options, message) => {
    expect(check(options)).toThrow(expect.objectContaining({ message }));
  });

  test('lists the valid options for one that is misspelt', () => {
    const wrong = (): void => checkOptions({ Flag: true }, { flag: aBoolean, mode: oneOf('on') }, 'guard');
    expect(wrong).toThrow(new TypeError('guard.Flag is not a valid option; valid options are flag, mode'));
  });
});

describe('the options', () => {
  test.each<[name: string, options: unknown]>([
    ['none', {}],
    ['without a prototype', Object.assign(Object.create(null), { flag: true })],
  ])('may be %s', (_name, options) => {
    expect(check(options)).not.toThrow();
    expect(() => checkOptionsOf('createGuard', options, checks)).not.toThrow();
  });

  test.each<[name: string, options: unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a list', []],
    ['a Map', new Map()],
    ['a promise', Promise.resolve({})],
  ])('are not %s: accepted as none, it would switch the guard off', (_name, options) => {
    expect(check(options)).toThrow('guard must be a plain object');
    expect(() => checkOptionsOf('createGuard', options, checks)).toThrow('createGuard: options must be a plain object');
  });
});
