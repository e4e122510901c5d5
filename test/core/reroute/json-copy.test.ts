import { describe, expect, test } from 'vitest';
import { jsonCopy } from '../../../src/core/reroute/json-copy.js';

const nested = (levels: number, inside: unknown = 1): unknown =>
  Array.from({ length: levels }).reduce<unknown>((value, _, level) => (level % 2 ? [value] : { a: value }), inside);

describe('a copy of a message as JSON', () => {
  test('does not change with the original', () => {
    const message = { body: { text: { text: 'hello' } }, tags: ['a'] };
    const copy = jsonCopy(message);
    message.body.text.text = 'changed';
    message.tags.push('b');
    expect(copy).toEqual({ body: { text: { text: 'hello' } }, tags: ['a'] });
  });

  test.each<[name: string, value: unknown]>([
    ['64 levels', nested(64)],
    ['a hundred lists side by side', Array(100).fill([])],
    ['a hundred objects side by side', Array(100).fill({})],
    ['a hundred deep ones side by side', Array(100).fill(nested(63))],
    ['brackets in a text', '[{'.repeat(100)],
    ['brackets behind a quote in a text', `"${'['.repeat(100)}`],
    ['brackets behind a backslash in a text', `\\${'{'.repeat(100)}`],
    ['brackets behind a line separator in a text', `\u2028${'{'.repeat(100)}`],
    ['brackets in a key', { ['['.repeat(100)]: 1 }],
    ['null', null],
    ['a number', 0],
  ])('holds %s', (_name, value) => {
    expect(jsonCopy(value)).toEqual(value);
  });

  test.each<[name: string, value: unknown]>([
    ['65 levels', nested(65)],
    ['65 levels behind a text of brackets', ['"]]]]', nested(64)]],
    [
      'a cycle',
      (() => {
        const cycle: unknown[] = [];
        cycle.push(cycle);
        return cycle;
      })(),
    ],
    ['a BigInt', { a: 1n }],
    ['undefined', undefined],
    ['a function', () => undefined],
    ['a getter that throws', Object.defineProperty({}, 'a', { enumerable: true, get: () => JSON.parse('') })],
  ])('is not made of %s', (_name, value) => {
    expect(jsonCopy(value)).toBeUndefined();
  });
});
