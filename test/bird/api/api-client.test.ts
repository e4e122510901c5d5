import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { askBird, type BirdApiOptions, type BirdRequest } from '../../../src/bird/api/api-client.js';
import { createClock } from '../../../src/sandbox/clock.js';

const AT = Date.UTC(2026, 0, 5, 9);
const GET: BirdRequest = { method: 'GET', path: '/workspaces' };
const never = new Promise<never>(() => {});

function createOptions(given: Partial<BirdApiOptions> = {}): BirdApiOptions {
  const fetch = async (): Promise<Response> => new Response('{}');
  return { baseUrl: 'https://api.bird.com', accessKey: () => 'key', fetch, clock: createClock(AT), ...given };
}

/** The options, and what `fetch` was called with. */
function createRecorder(): { options: BirdApiOptions; calls: unknown[][] } {
  const calls: unknown[][] = [];
  const fetch = async (...args: unknown[]): Promise<Response> => {
    calls.push(args);
    return new Response('{}');
  };
  return { options: createOptions({ fetch }), calls };
}

describe('a request', () => {
  const signal = expect.any(AbortSignal);
  const headers = { authorization: 'AccessKey key', accept: 'application/json' };

  it('without a body has no content type, and follows no redirect', async () => {
    const { options, calls } = createRecorder();
    await askBird(options, GET, 100);
    const init = { method: 'GET', redirect: 'manual', signal, headers, body: null };
    expect(calls).toStrictEqual([['https://api.bird.com/workspaces', init]]);
  });

  it('with a body says that it is JSON', async () => {
    const { options, calls } = createRecorder();
    await askBird(options, { method: 'POST', path: '/x', body: { a: 1 } }, 100);
    const withType = { ...headers, 'content-type': 'application/json' };
    const init = { method: 'POST', redirect: 'manual', signal, headers: withType, body: '{"a":1}' };
    expect(calls).toStrictEqual([['https://api.bird.com/x', init]]);
  });
});

describe('the access key', () => {
  it.each<[name: string, key: unknown, kind: string]>([
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['an empty string', '', 'an empty string'],
    ['a number', 7, 'the number 7'],
    ['an array', ['key'], 'an array'],
    ['a text with a space', 'a key', 'a string that is not a key'],
    ['a text with a line break at its end', 'key\n', 'a string that is not a key'],
    ['a text with a line break at its start', '\nkey', 'a string that is not a key'],
    ['a text with an umlaut', 'kéy', 'a string that is not a key'],
  ])('is never %s: Bird is not asked', async (_name, key, kind) => {
    const { options, calls } = createRecorder();
    await expect(askBird({ ...options, accessKey: () => key as string }, GET, 100)).rejects.toMatchObject({
      code: 'lookup_failed',
      trouble: 'access_key_missing',
      isRetryable: true,
      message: `Bird was not asked: the accessKey function returned ${kind}`,
    });
    expect(calls).toEqual([]);
  });

  it('that Bird has just refused is not sent again, and another one is', async () => {
    const { options, calls } = createRecorder();
    await expect(askBird(options, { ...GET, refusedKey: 'key' }, 100)).rejects.toMatchObject({
      code: 'access_denied',
      trouble: 'access_denied',
      isRetryable: false,
    });
    expect(calls).toEqual([]);
    await expect(askBird(options, { ...GET, refusedKey: 'old' }, 100)).resolves.toMatchObject({ accessKey: 'key' });
  });
});

describe('when the time is over', () => {
  it.each<[string, Partial<BirdApiOptions>, string]>([
    ['the key function, which has returned nothing', { accessKey: () => never }, 'access_key_missing'],
    ['Bird, which was asked', { fetch: () => never }, 'no_answer'],
  ])('the trouble is %s', async (_name, given, trouble) => {
    const clock = createClock(AT);
    const asked = askBird(createOptions({ ...given, clock }), GET, 100);
    // The key function's promise settles first.
    await new Promise(setImmediate);
    clock.advance(100);
    await expect(asked).rejects.toMatchObject({ code: 'deadline_exceeded', isRetryable: true, trouble });
  });
});

describe('a broken connection', () => {
  it.each<[string, unknown, string]>([
    ["the code of the error's cause", { cause: { code: 'ECONNREFUSED' } }, ' (ECONNREFUSED)'],
    ["the error's own code", { code: 'UND_ERR_SOCKET' }, ' (UND_ERR_SOCKET)'],
    ["the cause's code where both have one", { code: 'OUTER', cause: { code: 'INNER' } }, ' (INNER)'],
    ['nothing of an error without a code', new TypeError('fetch failed'), ''],
    ['nothing of what is no error', undefined, ''],
    ['no code that is a number', { code: 111 }, ''],
    ['no code that is an array', { code: ['ECONNREFUSED'] }, ''],
    ['no code of other characters', { code: 'access key ABC' }, ''],
    ['no code with a text behind it', { code: 'ABC access key' }, ''],
    ['no code of more than 41 characters', { code: 'A'.repeat(42) }, ''],
  ])('is told with %s', async (_name, error, suffix) => {
    const fetch = (): Promise<never> => Promise.reject(error);
    await expect(askBird(createOptions({ fetch }), GET, 100)).rejects.toMatchObject({
      code: 'lookup_failed',
      trouble: 'no_connection',
      isRetryable: true,
      cause: error,
      message: `The connection to Bird failed${suffix}`,
    });
  });
});

describe('an answer', () => {
  const MAX = 64 * 1024;
  const bodies = (bytes: number): readonly (Uint8Array<ArrayBuffer> | ReadableStream)[] => [
    new Uint8Array(bytes),
    Readable.toWeb(Readable.from([Buffer.alloc(1), Buffer.alloc(bytes - 1)])) as ReadableStream,
  ];

  it('without a body is an empty text', async () => {
    const fetch = async (): Promise<Response> => new Response(null, { status: 204 });
    await expect(askBird(createOptions({ fetch }), GET, 100)).resolves.toMatchObject({ status: 204, text: '' });
  });

  it('of 64 KiB is read, in one piece or in several', async () => {
    for (const body of bodies(MAX)) {
      const fetch = async (): Promise<Response> => new Response(body);
      expect((await askBird(createOptions({ fetch }), GET, 100)).text).toBe('\0'.repeat(MAX));
    }
  });

  it('of a byte more is not', async () => {
    for (const body of bodies(MAX + 1)) {
      const fetch = async (): Promise<Response> => new Response(body);
      await expect(askBird(createOptions({ fetch }), GET, 100)).rejects.toMatchObject({
        code: 'malformed_answer',
        trouble: 'malformed_answer',
        isRetryable: false,
      });
    }
  });
});
