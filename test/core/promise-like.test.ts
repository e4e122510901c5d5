import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ignoreRejection, isPromiseLike, together } from '../../src/core/promise-like.js';

const refused = new Error('refused');
const withThen = (then: unknown, holder: object = {}): object => Object.defineProperty(holder, 'then', { value: then });

describe('a promise of any kind', () => {
  test.each<[name: string, value: unknown]>([
    ['a promise', Promise.resolve()],
    ['an object with then', withThen(() => undefined)],
    [
      'a function with then',
      withThen(
        () => undefined,
        () => undefined,
      ),
    ],
  ])('is %s', (_name, value) => {
    expect(isPromiseLike(value)).toBe(true);
  });

  test.each<[name: string, value: unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'then'],
    ['a number', 1],
    ['an object', {}],
    ['a function', () => undefined],
    ['then that is no function', withThen(true)],
  ])('is not %s', (_name, value) => {
    expect(isPromiseLike(value)).toBe(false);
  });
});

test.each<[name: string, answer: () => unknown]>([
  ['a promise', () => Promise.reject(refused)],
  ['an object with then', () => withThen((_: unknown, reject: (error: Error) => void) => reject(refused))],
  ['no promise', () => 'answer'],
])('a rejection that is ignored does not end the process: %s', async (_name, answer) => {
  const ended = vi.fn();
  process.on('unhandledRejection', ended);
  onTestFinished(() => void process.off('unhandledRejection', ended));
  ignoreRejection(answer());
  await new Promise(setImmediate);
  expect(ended).not.toHaveBeenCalled();
});

test('the rejection of a database client, which starts its query at then, is ignored too', async () => {
  const then = vi.fn();
  ignoreRejection(withThen(then));
  await Promise.resolve();
  expect(then).toHaveBeenCalledOnce();
});

describe('several results together', () => {
  test.each<[name: string, results: readonly unknown[]]>([
    ['none', []],
    ['no promise', [undefined, 1, false]],
  ])('are nothing to wait for: %s', (_name, results) => {
    expect(together(results)).toBeUndefined();
  });

  test('are waited for until the last promise has settled, beside what is no promise', async () => {
    let finish = (): void => undefined;
    const last = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const done = vi.fn();
    const waiting = Promise.resolve(together([1, Promise.resolve(2), last])).then(done);
    await new Promise(setImmediate);
    expect(done).not.toHaveBeenCalled();
    finish();
    await waiting;
    expect(done).toHaveBeenCalledExactlyOnceWith(undefined);
  });

  test('reject where one of them does', async () => {
    await expect(together([undefined, Promise.reject(refused)])).rejects.toBe(refused);
  });
});
