import { describe, expect, it } from 'vitest';
import { type BirdLookupOptions, birdLookup } from '../../../src/bird/api/bird-lookup.js';
import type { Lookup } from '../../../src/ports.js';
import { createClock, type SandboxClock } from '../../../src/sandbox/clock.js';

const ID = '11111111-1111-4111-8111-11111111111a';
const AT = Date.UTC(2026, 0, 5, 9);
const DATE = new Date(AT).toUTCString();
const ref = { workspaceId: ID, channelId: ID, contactId: ID };
const never = new Promise<never>(() => {});

interface Scene {
  readonly lookup: Lookup;
  readonly clock: SandboxClock;
  /** The keys that Bird was asked with. */
  readonly keys: unknown[];
}

function createScene(fetch: () => Response | Promise<Response>, given: Partial<BirdLookupOptions> = {}): Scene {
  const clock = createClock(AT);
  const keys: unknown[] = [];
  const recorded = async (_url: unknown, init?: RequestInit): Promise<Response> => {
    keys.push(new Headers(init?.headers).get('authorization')?.replace('AccessKey ', ''));
    return fetch();
  };
  const options = { baseUrl: 'https://api.bird.com', accessKey: () => 'key', fetch: recorded, clock, ...given };
  return { lookup: birdLookup(options), clock, keys };
}

/** An answer of any status; `Response` takes none below 200, which is what a hidden redirect has. */
function answer(status: number, headers: Record<string, string> = {}, text = ''): Response {
  return { status, headers: new Headers(headers), body: text === '' ? null : new Response(text).body } as Response;
}

const soon = { giveUpAt: AT + 800 };
const late = { giveUpAt: AT + 3_600_000 };

describe('a status', () => {
  it.each([
    [0, 'lookup_failed', false],
    [199, 'lookup_failed', false],
    [300, 'lookup_failed', false],
    [302, 'lookup_failed', false],
    [400, 'lookup_failed', false],
    [401, 'access_denied', true],
    [402, 'lookup_failed', false],
    [403, 'access_denied', true],
    [429, 'lookup_failed', false],
    [500, 'lookup_failed', true],
    [501, 'lookup_failed', false],
    [502, 'lookup_failed', true],
    [503, 'lookup_failed', true],
    [504, 'lookup_failed', true],
    [505, 'lookup_failed', false],
  ])('of %i is %s, and worth another attempt or not: %s', async (status, code, isRetryable) => {
    const seen: unknown[] = [];
    const { lookup } = createScene(() => answer(status, { date: DATE }), { onDate: (headers) => seen.push(headers) });
    const message = expect.stringContaining(String(status));
    const isThrottled = status === 429;
    await expect(lookup.channel(ref, soon)).rejects.toMatchObject({ code, isRetryable, isThrottled, message });
    // What answers with an error may be a proxy with a clock of its own.
    expect(seen).toEqual([]);
  });

  it.each([200, 201, 299])('of %i is an answer, and its date is read', async (status) => {
    const seen: unknown[] = [];
    const { lookup, clock } = createScene(
      () => {
        clock.advance(20);
        return answer(status, { date: DATE, age: '7' }, '{"platformId":"sms"}');
      },
      { onDate: (...given) => seen.push(given) },
    );
    expect(await lookup.channel(ref, soon)).toMatchObject({ platformId: 'sms' });
    expect(seen).toEqual([
      [
        { date: DATE, age: '7' },
        { sentAt: AT, answeredAt: AT + 20 },
      ],
    ]);
  });

  it.each<[asked: string, ask: (lookup: Lookup) => Promise<unknown>, text: string, code: string]>([
    ['a channel', (lookup) => lookup.channel(ref, soon), '{}', 'channel_not_found'],
    ['a contact', (lookup) => lookup.window(ref, soon), '{}', 'contact_not_found'],
    ['a contact', (lookup) => lookup.window(ref, soon), '{"message":"Channel not found"}', 'channel_not_found'],
    ['identifiers', (lookup) => lookup.identifiers(ref, soon), '{}', 'contact_not_found'],
    [
      'a conversation',
      (lookup) => lookup.conversation({ workspaceId: ID, conversationId: ID }, soon),
      '{"message":"channel not found"}',
      'address_unresolved',
    ],
  ])('of 404 for %s, whose body is %s', async (_asked, ask, text, code) => {
    await expect(ask(createScene(() => answer(404, {}, text)).lookup)).rejects.toMatchObject({ code });
  });
});

describe('a refused key', () => {
  it('is not sent again for a second, and is from then on', async () => {
    const { lookup, clock, keys } = createScene(() => answer(401));
    const ask = (): Promise<unknown> => lookup.channel(ref, late);
    await expect(ask()).rejects.toMatchObject({ code: 'access_denied' });
    clock.advance(999);
    await expect(ask()).rejects.toMatchObject({ code: 'access_denied', isRetryable: false });
    expect(keys).toEqual(['key']);
    clock.advance(1);
    await expect(ask()).rejects.toMatchObject({ code: 'access_denied', isRetryable: true });
    expect(keys).toEqual(['key', 'key']);
  });

  it('does not keep another one back', async () => {
    let key = 'old';
    const { lookup, keys } = createScene(() => answer(key === 'old' ? 403 : 200, {}, '{"platformId":"sms"}'), {
      accessKey: () => key,
    });
    await expect(lookup.channel(ref, late)).rejects.toMatchObject({ code: 'access_denied' });
    key = 'new';
    expect(await lookup.channel(ref, late)).toMatchObject({ platformId: 'sms' });
    expect(keys).toEqual(['old', 'new']);
  });

  it('is one that Bird refused: after another error it is sent again', async () => {
    const { lookup, keys } = createScene(() => answer(503));
    for (const _ of [1, 2]) await expect(lookup.channel(ref, late)).rejects.toMatchObject({ code: 'lookup_failed' });
    expect(keys).toEqual(['key', 'key']);
  });
});

describe('an attempt', () => {
  it.each([
    [300, 300],
    [400, 400],
    [600, 400],
    [800, 400],
    [2_000, 1_000],
  ])('with %i ms left ends after %i ms', async (leftMs, expected) => {
    const { lookup, clock } = createScene(() => never);
    let endedAt: number | undefined;
    const asked = lookup.channel(ref, { giveUpAt: AT + leftMs }).catch(() => {
      endedAt = clock.now();
    });
    await new Promise(setImmediate);
    clock.advance(expected - 1);
    await new Promise(setImmediate);
    expect(endedAt).toBeUndefined();
    clock.advance(1);
    await asked;
    expect(endedAt).toBe(AT + expected);
  });
});
