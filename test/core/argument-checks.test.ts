import { describe, expect, test } from 'vitest';
import { requireArray, requireBoolean, requireObject } from '../../src/core/argument-checks.js';

const PHONE = '+27000000001';

describe('a wrong argument is refused by its name, and its value is not printed', () => {
  test.each<[name: string, check: () => void, message: string]>([
    [
      'an object: a text',
      () => requireObject(PHONE, 'send', '{ id }'),
      'send must be an object, { id }; received a string',
    ],
    ['an object: null', () => requireObject(null, 'send', '{ id }'), 'send must be an object, { id }; received null'],
    [
      'an object: a list',
      () => requireObject([PHONE], 'send', '{ id }'),
      'send must be an object, { id }; received an array',
    ],
    [
      'an object: a promise',
      () => requireObject(Promise.resolve({}), 'send', '{ id }'),
      'send is a promise; await it first',
    ],
    [
      'a list: an object',
      () => requireArray({ PHONE }, 'sends', 'sends'),
      'sends must be an array of sends; received an object',
    ],
    [
      'a list: nothing',
      () => requireArray(undefined, 'sends', 'sends'),
      'sends must be an array of sends; received undefined',
    ],
    [
      'a list: a promise',
      () => requireArray(Promise.resolve([]), 'sends', 'sends'),
      'sends is a promise; await it first',
    ],
    ['a boolean: a text', () => requireBoolean(PHONE, 'isOut'), 'isOut must be true or false; received a string'],
  ])('%s', (_name, check, message) => {
    expect(check).toThrow(new TypeError(message));
  });

  test('and a right one is let through', () => {
    expect(() => {
      requireObject({}, 'send', '{ id }');
      requireArray([], 'sends', 'sends');
      requireBoolean(false, 'isOut');
    }).not.toThrow();
  });
});
