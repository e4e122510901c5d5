import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { readerOf, readLimited } from '../../../src/bird/api/limited-body.js';

const chunks = [Buffer.from('ab'), Buffer.from('cde')];

it.each<[name: string, given: readonly Buffer[], max: number, expected: string | undefined]>([
  ['nothing', [], 0, ''],
  ['one piece', [Buffer.from('abc')], 3, 'abc'],
  ['several pieces, put together', chunks, 5, 'abcde'],
  ['one byte too many', chunks, 4, undefined],
])('of a stream of Node it reads %s', async (_name, given, max, expected) => {
  const bytes = await readLimited(readerOf(Readable.from(given)), max);
  expect(bytes && Buffer.from(bytes).toString()).toBe(expected);
});

it('of what is too long it reads no further, and lets the stream go', async () => {
  let given = 0;
  const stream = Readable.from(
    (function* () {
      for (; given < 1_000; given += 1) yield Buffer.alloc(10);
    })(),
    { highWaterMark: 1 },
  );
  expect(await readLimited(readerOf(stream), 15)).toBeUndefined();
  await expect.poll(() => stream.destroyed).toBe(true);
  expect(given).toBeLessThan(10);
});

it('a stream that cannot be let go is no error', async () => {
  const reader = {
    read: async () => ({ done: false, value: Buffer.alloc(10) }),
    cancel: () => Promise.reject(new Error('closed')),
  };
  expect(await readLimited(reader, 5)).toBeUndefined();
});

it('a web stream need not be iterable, which it is not in every runtime', async () => {
  const { body } = new Response('abc');
  const plain = { getReader: () => body?.getReader() } as unknown as ReadableStream<Uint8Array>;
  expect(await readLimited(readerOf(plain), 3)).toEqual(new TextEncoder().encode('abc'));
});
