import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { birdLookup } from '../../../src/bird/api/bird-lookup.js';
import {
  decodeChannel,
  decodeContactSearch,
  decodeConversation,
  decodeIdentifiers,
  decodeWindow,
} from '../../../src/bird/api/decode.js';
import { pauseOf } from '../../../src/bird/api/retry-after.js';
import { toId } from '../../../src/core/uuid.js';
import { LookupError } from '../../../src/errors.js';
import { createClock } from '../../../src/sandbox/clock.js';

const ID = '11111111-1111-4111-8111-11111111111a';
const AT = Date.UTC(2026, 0, 5, 9);
const ISO = '2026-01-05T09:00:00.000Z';
const parse = (json: string): unknown => JSON.parse(json);

/** Says which field of the answer cannot be read. */
const malformed = (field: string): unknown =>
  expect.objectContaining({
    code: 'malformed_answer',
    trouble: 'malformed_answer',
    isRetryable: false,
    message: expect.stringContaining(`: ${field}`),
  });

describe('toId', () => {
  it.each([ID, ID.toUpperCase(), '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'])(
    'takes %s, in lower case',
    (id) => {
      expect(toId(id)).toBe(id.toLowerCase());
    },
  );

  it.each([
    undefined,
    null,
    '',
    '..',
    7,
    {},
    [ID],
    Object(ID),
    { toString: () => ID },
    ` ${ID}`,
    `${ID}\n`,
    `${ID.slice(0, -1)}\n`,
    `${ID.slice(0, -1)}g`,
    `${ID.slice(0, -1)}/`,
    `${ID.slice(0, -1)}\uff11`,
    `${ID.slice(0, -1)}\u0661`,
    ID.replaceAll('-', ''),
    ID.replaceAll('-', '_'),
    `{${ID.slice(0, 34)}}`,
    '%31111111-1111-4111-8111-11111111111',
  ])('refuses %j', (value) => {
    expect(toId(value)).toBeUndefined();
  });

  it('property: what it takes is a UUID in lower case, and taken again as it is', () => {
    const text = fc.oneof(
      fc.uuid(),
      fc.uuid().map((id) => id.toUpperCase()),
      fc.string({ unit: 'binary', minLength: 30, maxLength: 40 }),
    );
    fc.assert(
      fc.property(text, (value) => {
        const id = toId(value);
        if (id === undefined) return;
        expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
        expect([id, toId(id)]).toEqual([value.toLowerCase(), id]);
      }),
    );
  });
});

describe('pauseOf', () => {
  it.each([
    [null, undefined],
    ['', undefined],
    ['soon', undefined],
    ['-1', undefined],
    ['+5', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['NaN', undefined],
    ['Infinity', undefined],
    ['5, 7', undefined],
    ['5s', undefined],
    ['.5', undefined],
    ['５', undefined],
    ['0', 1000],
    ['0.999', 1000],
    ['1', 1000],
    ['1.25', 1250],
    [' 59 ', 59_000],
    ['60', 60_000],
    ['60.001', 60_000],
    ['9'.repeat(1000), 60_000],
    ['Mon, 05 Jan 2026 09:00:01 GMT', 1000],
    ['Mon, 05 Jan 2026 09:00:30 GMT', 30_000],
    ['Mon, 05 Jan 2026 10:00:00 GMT', 60_000],
    ['Mon, 05 Jan 2026 08:00:00 GMT', 1000],
    ['Mon, 31 Feb 2026 99:00:00 GMT', undefined],
    ['Monday, 05-Jan-26 09:00:30 GMT', undefined],
    ['at Mon, 05 Jan 2026 09:00:30 GMT', undefined],
    ['Mon, 05 Jan 2026 09:00:30 GMT (later)', undefined],
    [ISO, undefined],
    [String(AT), 60_000],
  ])('%j is %s ms [U4]', (header, expected) => {
    expect(pauseOf(header, AT)).toBe(expected);
  });

  it('property: it is absent or from 1 to 60 s, for any header and any now [U4]', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer(), (header, now) => {
        const pauseMs = pauseOf(header, now) ?? 1000;
        expect(pauseMs).toBeGreaterThanOrEqual(1000);
        expect(pauseMs).toBeLessThanOrEqual(60_000);
      }),
    );
  });
});

describe('decodeWindow', () => {
  it.each([
    ['null', { serviceWindowExpireAt: null }, null, false],
    ['an instant', { serviceWindowExpireAt: ISO }, AT, false],
    ['an instant in another offset', { serviceWindowExpireAt: '2026-01-05T10:30:00+01:30' }, AT, false],
    ['nanoseconds', { serviceWindowExpireAt: '2026-01-05T09:00:00.000999999Z' }, AT, false],
    ['a permanent session', { serviceWindowExpireAt: null, isPermanentSession: true }, null, true],
    ['junk beside it', { serviceWindowExpireAt: ISO, a: { b: [] } }, AT, false],
    [
      'a flag behind __proto__',
      parse('{"serviceWindowExpireAt":null,"__proto__":{"isPermanentSession":true}}'),
      null,
      false,
    ],
  ])('reads %s [U17]', (_, answer, serviceWindowExpireAt, isPermanentSession) => {
    expect(decodeWindow(answer)).toEqual({ serviceWindowExpireAt, isPermanentSession });
  });

  it.each<[name: string, answer: unknown, field: string]>([
    ['no end', {}, 'serviceWindowExpireAt'],
    ['an end that is a number', { serviceWindowExpireAt: AT }, 'serviceWindowExpireAt'],
    ['an end that is no instant', { serviceWindowExpireAt: 'soon' }, 'serviceWindowExpireAt'],
    ['a flag that is a text', { serviceWindowExpireAt: null, isPermanentSession: 'true' }, 'isPermanentSession'],
    ['a flag that is a number', { serviceWindowExpireAt: null, isPermanentSession: 1 }, 'isPermanentSession'],
  ])('refuses %s', (_name, answer, field) => {
    expect(() => decodeWindow(answer)).toThrow(malformed(field) as Error);
  });
});

describe('decodeChannel', () => {
  it('keeps what the core reads, with the ends as epoch ms, and nothing else', () => {
    const answer = {
      id: ID.toUpperCase(),
      platformId: 'whatsapp',
      status: 'active',
      identifier: '+12025550100',
      capabilities: {
        messaging: {
          messaging: { status: 'active', expiresAt: ISO, outgoing: { status: 'paused', expiresAt: 'x', mms: {} } },
          other: {},
        },
        voice: {},
      },
    };
    expect(decodeChannel(answer, ID)).toEqual({
      platformId: 'whatsapp',
      status: 'active',
      capabilities: {
        messaging: {
          messaging: {
            status: 'active',
            expiresAt: AT,
            outgoing: { status: 'paused', expiresAt: undefined },
          },
        },
      },
    });
  });

  it.each<[name: string, expiresAt: unknown, end: number | undefined]>([
    ['text', ISO, AT],
    ['a number', AT, undefined],
    ['0', 0, undefined],
    ['-1', -1, undefined],
    ['a number in a text', '0', undefined],
    ["Go's zero time", '0001-01-01T00:00:00Z', undefined],
    ['the zero of Unix', '1970-01-01T00:00:00Z', undefined],
    ['null', null, undefined],
  ])("takes a capability's end of %s for what it is (field A13)", (_name, expiresAt, end) => {
    const messaging = { status: 'active', expiresAt, outgoing: { status: 'active', expiresAt } };
    const facts = decodeChannel({ platformId: 'sms', capabilities: { messaging: { messaging } } }, ID);
    const decoded = { status: 'active', expiresAt: end };
    expect(facts.capabilities).toEqual({ messaging: { messaging: { ...decoded, outgoing: decoded } } });
  });

  it.each([
    ['no id', { platformId: 'sms' }],
    ['no status', { id: ID, platformId: 'sms' }],
    ['no capabilities', { platformId: 'sms', capabilities: null }],
    ['capabilities of an odd kind', { platformId: 'sms', capabilities: { messaging: { messaging: 'yes' } } }],
    ['an outgoing of an odd kind', { platformId: 'sms', capabilities: { messaging: { messaging: { outgoing: 7 } } } }],
  ])('takes %s', (_, answer) => {
    expect(decodeChannel(answer, ID).platformId).toBe('sms');
  });

  it.each<[name: string, answer: unknown, field: string]>([
    ['the id of another channel', { id: ID.replace('a', 'b'), platformId: 'sms' }, 'another channel'],
    ['an id that is none', { id: 'sms', platformId: 'sms' }, 'another channel'],
    ['no platform', { id: ID }, 'platformId'],
    ['an empty platform', { platformId: '' }, 'platformId'],
    ['a platform that is a number', { platformId: 7 }, 'platformId'],
    ['a status that is a number', { platformId: 'sms', status: 7 }, 'status'],
  ])('refuses %s', (_name, answer, field) => {
    expect(() => decodeChannel(answer, ID)).toThrow(malformed(field) as Error);
  });
});

describe('decodeContactSearch', () => {
  it('gives the first id, in lower case', () => {
    expect(decodeContactSearch({ results: [{ id: ID.toUpperCase() }, { id: 'x' }] })).toBe(ID);
  });

  it('of an empty list says contact_not_found', () => {
    expect(() => decodeContactSearch({ results: [] })).toThrow(expect.objectContaining({ code: 'contact_not_found' }));
  });

  it.each<[name: string, answer: unknown, field: string]>([
    ['no results', {}, 'results'],
    ['results that are no list', { results: { 0: { id: ID }, length: 1 } }, 'results'],
    ['a contact without an id', { results: [{}, { id: ID }] }, 'results[0].id'],
    ['an id that is none', { results: [{ id: '..' }] }, 'results[0].id'],
  ])('refuses %s', (_name, answer, field) => {
    expect(() => decodeContactSearch(answer)).toThrow(malformed(field) as Error);
  });
});

describe('decodeIdentifiers', () => {
  it('gives keys and values, and nothing else of what is listed', () => {
    const listed = { id: ID, key: 'phonenumber', value: '+12025550123', createdAt: ISO };
    expect(decodeIdentifiers({ results: [listed] })).toEqual([{ key: 'phonenumber', value: '+12025550123' }]);
    expect(decodeIdentifiers({ results: [] })).toEqual([]);
  });

  it.each<[name: string, answer: unknown, field: string]>([
    ['no results', {}, 'results'],
    ['results that are no list', { results: { key: 'phonenumber', value: '+12025550123' } }, 'results'],
    ['an entry without a key', { results: [{ value: '+12025550123' }] }, 'results[].key'],
    ['an entry without a value', { results: [{ key: 'phonenumber' }] }, 'results[].key'],
    ['null for an entry', { results: [null] }, 'results[].key'],
  ])('refuses %s', (_name, answer, field) => {
    expect(() => decodeIdentifiers(answer)).toThrow(malformed(field) as Error);
  });
});

describe('decodeConversation', () => {
  const contact = { identifierKey: 'phonenumber', identifierValue: '+12025550123', platformAddress: '+12025550124' };

  it('gives the channel and the contacts, and of a contact what says who it is', () => {
    const featuredParticipants = [
      { id: 'agent', type: 'user', contact },
      { id: ID, type: 'contact', contact: { ...contact, name: 'Ann' }, displayName: 'Ann' },
    ];
    expect(decodeConversation({ channelId: ID.toUpperCase(), featuredParticipants })).toStrictEqual({
      channelId: ID,
      contacts: [{ id: ID, ...contact }],
    });
  });

  it.each<[name: string, given: unknown]>([
    ['is absent', undefined],
    ['is empty', { identifierKey: '', identifierValue: '', platformAddress: '' }],
    ['is no text', { identifierKey: null, identifierValue: 12_025_550_123, platformAddress: ['+12025550123'] }],
  ])('leaves off of a contact what %s', (_name, given) => {
    const answer = { channelId: ID, featuredParticipants: [{ id: ID, type: 'contact', contact: given }] };
    expect(decodeConversation(answer).contacts).toStrictEqual([{ id: ID }]);
  });

  it.each([[{}], [{ featuredParticipants: null }], [{ featuredParticipants: [] }]])('takes %j for nobody', (answer) => {
    expect(decodeConversation({ channelId: ID, ...answer })).toEqual({ channelId: ID, contacts: [] });
  });

  it.each<[name: string, answer: unknown, field: string]>([
    ['no channel', { featuredParticipants: [] }, 'channelId'],
    ['a channel id that is none', { channelId: '..' }, 'channelId'],
    ['participants that are no list', { channelId: ID, featuredParticipants: {} }, 'featuredParticipants'],
  ])('refuses %s', (_name, answer, field) => {
    expect(() => decodeConversation(answer)).toThrow(malformed(field) as Error);
  });
});

describe('every decoder', () => {
  const decoders = [
    ['decodeWindow', decodeWindow],
    ['decodeChannel', (answer: unknown) => decodeChannel(answer, ID)],
    ['decodeContactSearch', decodeContactSearch],
    ['decodeIdentifiers', decodeIdentifiers],
    ['decodeConversation', decodeConversation],
  ] as const;

  it.each(decoders)(
    '%s throws LookupErrors alone for any JSON, without quoting it, and changes no prototype [U9, U10]',
    (_, decode) => {
      const near = fc.record(
        {
          id: fc.oneof(fc.constant(ID), fc.jsonValue()),
          platformId: fc.oneof(fc.constant('sms'), fc.jsonValue()),
          status: fc.jsonValue(),
          serviceWindowExpireAt: fc.oneof(fc.constantFrom(null, ISO), fc.jsonValue()),
          isPermanentSession: fc.jsonValue(),
          results: fc.oneof(fc.array(fc.jsonValue()), fc.jsonValue()),
          capabilities: fc.oneof(fc.jsonValue(), fc.record({ messaging: fc.record({ messaging: fc.jsonValue() }) })),
          secret: fc.constant('canary: +12025550123'),
        },
        { requiredKeys: ['secret'] },
      );
      const json = fc.oneof(near, fc.jsonValue()).map((value) => JSON.stringify(value));
      const polluted = json.map((text) => (text.startsWith('{"') ? `{"__proto__":${text},${text.slice(1)}` : text));
      fc.assert(
        fc.property(fc.oneof(json, polluted), (text) => {
          try {
            decode(parse(text));
          } catch (error) {
            expect(error).toBeInstanceOf(LookupError);
            expect(['malformed_answer', 'contact_not_found']).toContain((error as LookupError).code);
            expect((error as LookupError).isRetryable).toBe(false);
            expect((error as LookupError).message).not.toContain('canary');
          }
          expect(Object.keys(Object.prototype)).toEqual([]);
        }),
        { numRuns: 500 },
      );
    },
  );
});

describe('a polluted Object.prototype', () => {
  it('opens no window, names no platform and finds no contact', () => {
    const pollution = {
      serviceWindowExpireAt: '2999-01-01T00:00:00Z',
      isPermanentSession: true,
      platformId: 'sms',
      results: [{ id: ID }],
    };
    Object.assign(Object.prototype, pollution);
    try {
      expect(decodeWindow({ serviceWindowExpireAt: null })).toStrictEqual(
        Object.assign({}, { serviceWindowExpireAt: null, isPermanentSession: false }),
      );
      for (const decode of [decodeWindow, decodeContactSearch, (answer: unknown) => decodeChannel(answer, ID)]) {
        expect(() => decode({})).toThrow(LookupError);
      }
    } finally {
      for (const name of Object.keys(pollution)) Reflect.deleteProperty(Object.prototype, name);
    }
  });
});

describe('birdLookup', () => {
  it('property: rejects with LookupErrors alone, whatever comes back [S13]', async () => {
    const clock = createClock(AT);
    const status = fc.oneof(fc.integer({ min: 200, max: 599 }), fc.constantFrom(200, 401, 403, 404, 429, 500, 503));
    const body = fc.oneof(fc.json(), fc.string({ unit: 'binary' }), fc.uint8Array());
    const headers = fc.record(
      { 'retry-after': fc.stringMatching(/^[ -~]*$/), date: fc.stringMatching(/^[ -~]*$/) },
      { requiredKeys: [] },
    );
    const hasNoBody = (code: number): boolean => [204, 205, 304].includes(code);
    const ref = { workspaceId: ID, channelId: ID, contactId: ID, key: 'phonenumber', value: '+12025550123' };
    await fc.assert(
      fc.asyncProperty(status, body, headers, async (code, content, given) => {
        const fetch = async (): Promise<Response> =>
          new Response(hasNoBody(code) ? null : (content as string), {
            status: code,
            headers: given as Record<string, string>,
          });
        const lookup = birdLookup({ baseUrl: 'https://api.bird.com', accessKey: () => 'key', fetch, clock });
        const limits = { giveUpAt: AT + 800 };
        const asked = [lookup.channel(ref, limits), lookup.contactId(ref, limits), lookup.window(ref, limits)];
        for (const settled of await Promise.allSettled(asked)) {
          if (settled.status === 'rejected') expect(settled.reason).toBeInstanceOf(LookupError);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('asks nothing when no time is left', async () => {
    const clock = createClock(AT);
    const fetch = (): never => {
      throw new Error('asked');
    };
    const lookup = birdLookup({ baseUrl: 'https://api.bird.com', accessKey: () => 'key', fetch, clock });
    await expect(lookup.channel({ workspaceId: ID, channelId: ID }, { giveUpAt: AT })).rejects.toMatchObject({
      code: 'deadline_exceeded',
      isRetryable: false,
    });
  });

  it('takes its timer back when the answer is there [L15]', async () => {
    const clock = createClock(AT);
    const pending = new Set<unknown>();
    const counting = {
      now: clock.now,
      setTimeout: (fn: () => void, ms: number) => {
        const handle = clock.setTimeout(fn, ms);
        pending.add(handle);
        return handle;
      },
      clearTimeout: (handle: unknown) => {
        pending.delete(handle);
        clock.clearTimeout(handle);
      },
    };
    const fetch = async (): Promise<Response> => new Response(JSON.stringify({ platformId: 'sms' }));
    const lookup = birdLookup({ baseUrl: 'https://api.bird.com', accessKey: () => 'key', fetch, clock: counting });
    await lookup.channel({ workspaceId: ID, channelId: ID }, { giveUpAt: AT + 800 });
    expect(pending.size).toBe(0);
  });
});

it('reads what a fetch of the application gives, which may have a stream of Node', async () => {
  const text = JSON.stringify({ serviceWindowExpireAt: ISO, isPermanentSession: false });
  const bodies = [Readable.from([Buffer.from(text.slice(0, 9)), Buffer.from(text.slice(9))]), new Response(text).body];
  for (const body of bodies) {
    const fetch = async (): Promise<Response> => ({ status: 200, headers: new Headers(), body }) as unknown as Response;
    const bird = birdLookup({ baseUrl: '', accessKey: () => 'key', fetch, clock: createClock(AT) });
    const ref = { workspaceId: ID, channelId: ID, contactId: ID };
    expect(await bird.window(ref, { giveUpAt: AT + 800 })).toMatchObject({ serviceWindowExpireAt: AT });
  }
});
