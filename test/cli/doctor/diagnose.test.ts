import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Fault } from 'freeform-guard/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ProblemCode } from '../../../src/cli/doctor/diagnosis.js';
import { systemClock } from '../../../src/clock.js';
import { createPractice, requestsOf } from '../support.js';

const START_AT = '2026-01-05T09:00:00.000Z';

describe('a guard that can work', () => {
  it('is found with a good key, in five reads and without a send', async () => {
    const practice = await createPractice({ startAt: START_AT });
    practice.customerWrites();
    expect(await practice.diagnose()).toMatchObject({
      key: 'accepted',
      channel: {
        result: 'ok',
        facts: {
          platformId: 'whatsapp',
          window: { durationMs: 86_400_000 },
          status: 'active',
          maySend: true,
          outgoing: 'available',
        },
      },
      contact: {
        result: 'ok',
        facts: { window: 'future', isPermanentSession: 'absent', decision: { reason: 'service_window_open' } },
      },
      clock: { date: 'present', aheadMs: 0 },
      rateLimitHeaders: [],
      medianReadMs: 0,
      problem: undefined,
    });
    expect(requestsOf(practice)).toEqual(['GET channel', 'GET contact', 'GET contact', 'GET channel', 'GET contact']);
    expect(practice.sandbox.messages()).toEqual([]);
  });

  it('is found without a contact: one that Bird does not know shows that the key may ask', async () => {
    const practice = await createPractice();
    const { contact, key, problem } = await practice.diagnose({ contactId: undefined });
    expect([contact.result, key, problem]).toEqual(['contact_not_found', 'accepted', undefined]);
    expect(practice.reads()).toBe(5);
  });

  it('asks about another contact each time when none is given', async () => {
    const practice = await createPractice();
    await practice.diagnose({ contactId: undefined });
    await practice.diagnose({ contactId: undefined });
    const paths = practice.sandbox.requests().filter(({ kind }) => kind === 'contact');
    expect(new Set(paths.map(({ path }) => path)).size).toBe(2);
  });

  it('is found where Bird has a status that nobody knows', async () => {
    const practice = await createPractice();
    practice.workspace.setChannel(practice.channel.id, { status: 'hibernating' });
    const { channel, problem } = await practice.diagnose();
    expect(channel).toMatchObject({ facts: { status: 'hibernating', maySend: undefined } });
    expect(problem).toBeUndefined();
  });

  it('is found where the channel states no capabilities', async () => {
    const practice = await createPractice();
    practice.workspace.setChannel(practice.channel.id, { capabilities: {} });
    expect(await practice.diagnose()).toMatchObject({
      channel: { facts: { outgoing: 'not_stated' } },
      problem: undefined,
    });
  });

  it('needs no contacts where the platform has no window', async () => {
    const practice = await createPractice({ contactAccess: 'forbidden' }, 'sms-messagebird');
    expect(await practice.diagnose()).toMatchObject({
      channel: { facts: { platformId: 'sms-messagebird', window: null } },
      contact: { result: 'forbidden' },
      problem: undefined,
    });
  });
});

describe("a contact's window", () => {
  it.each([
    ['null', 'null'],
    ['past', 'past'],
  ] as const)('that is closed and reported as %s is closed', async (closedWindow, window) => {
    const practice = await createPractice({ closedWindow, startAt: START_AT });
    practice.customerWrites();
    practice.sandbox.clock.advance({ hours: 24 });
    expect(await practice.diagnose()).toMatchObject({
      contact: { facts: { window, decision: { verdict: 'deny', reason: 'service_window_closed' } } },
      problem: undefined,
    });
  });

  it('is in the future until the very end', async () => {
    const practice = await createPractice({ closedWindow: 'past', startAt: START_AT });
    practice.customerWrites();
    practice.sandbox.clock.advance(86_400_000 - 1);
    expect(await practice.diagnose()).toMatchObject({ contact: { facts: { window: 'future' } } });
    practice.sandbox.clock.advance(1);
    expect(await practice.diagnose()).toMatchObject({ contact: { facts: { window: 'past' } } });
  });

  it.each([
    [true, true, 'permanent_session'],
    [false, false, 'service_window_closed'],
    ['absent', 'absent', 'service_window_closed'],
  ] as const)('says isPermanentSession: %s as it is', async (permanentSession, isPermanentSession, reason) => {
    const practice = await createPractice({ permanentSession });
    expect(await practice.diagnose()).toMatchObject({
      contact: { facts: { isPermanentSession, decision: { reason } } },
    });
  });

  it('distinguishes a null isPermanentSession from an absent one', async () => {
    const body = { serviceWindowExpireAt: null, isPermanentSession: null };
    const practice = await createPractice({
      fault: ({ kind }) => (kind === 'contact' ? { status: 200, body } : undefined),
    });
    expect(await practice.diagnose()).toMatchObject({ contact: { facts: { isPermanentSession: 'null' } } });
  });

  it("is judged by Bird's clock, not by this machine's", async () => {
    const practice = await createPractice({ startAt: START_AT });
    practice.customerWrites();
    // By this machine's clock, which is years or at least a day ahead, the window is over.
    expect(await practice.diagnose({ clock: systemClock })).toMatchObject({ contact: { facts: { window: 'future' } } });
  });
});

describe('one thing to fix', () => {
  it('is a key that Bird refuses, after which nothing more is asked', async () => {
    const practice = await createPractice();
    const { key, channel, contact, problem } = await practice.diagnose({ accessKey: 'never-a-key-of-birds' });
    expect([key, channel.result, contact.result, problem?.code]).toEqual([
      'refused',
      'key_refused',
      'not_asked',
      'key_refused',
    ]);
    expect(practice.reads()).toBe(1);
  });

  it('is a key that was revoked', async () => {
    const practice = await createPractice();
    practice.workspace.revokeKey();
    expect(await practice.diagnose()).toMatchObject({ key: 'refused', problem: { code: 'key_refused' } });
  });

  it('is a key of another workspace', async () => {
    const practice = await createPractice();
    const { accessKey } = practice.sandbox.addWorkspace();
    expect(await practice.diagnose({ accessKey })).toMatchObject({
      key: 'unknown',
      channel: { result: 'forbidden' },
      contact: { result: 'forbidden' },
      problem: { code: 'channel_forbidden', advice: expect.stringContaining('the key belongs to this workspace') },
    });
    expect(requestsOf(practice)).toEqual(['GET channel', 'GET contact', 'GET channels']);
  });

  it('is a key that may list the channels but not read one', async () => {
    const practice = await createPractice({ fault: ({ kind }) => (kind === 'channel' ? { status: 403 } : undefined) });
    const { key, problem } = await practice.diagnose();
    expect(key).toBe('accepted');
    expect(problem?.advice).toContain('`/workspaces/*/channels/*`');
    expect(problem?.advice).not.toContain('the key belongs to this workspace');
  });

  it.each([
    ['given', undefined],
    ['not given', { contactId: undefined }],
  ])('is a key that may not read contacts, with the path to add, the contact being %s [U20]', async (_, change) => {
    const practice = await createPractice({ contactAccess: 'forbidden' });
    expect(await practice.diagnose(change)).toMatchObject({
      key: 'accepted',
      channel: { result: 'ok' },
      contact: { result: 'forbidden', status: 403 },
      problem: {
        code: 'contact_forbidden',
        advice: expect.stringContaining('`/workspaces/*/channels/*/contacts/*`'),
      },
    });
    expect(requestsOf(practice)).toEqual(['GET channel', 'GET contact', 'GET channel', 'GET channel', 'GET channel']);
  });

  it('is a channel that Bird does not know', async () => {
    const practice = await createPractice();
    const diagnosis = await practice.diagnose({ channelId: practice.contact.id });
    expect(diagnosis).toMatchObject({ key: 'accepted', problem: { code: 'channel_not_found' } });
    expect(practice.reads()).toBe(1);
  });

  it('is a contact that was given and that Bird does not know', async () => {
    const practice = await createPractice();
    const diagnosis = await practice.diagnose({ contactId: practice.channel.id });
    expect(diagnosis).toMatchObject({ key: 'accepted', problem: { code: 'contact_not_found' } });
  });

  it.each(['inactive', 'paused', 'archived'])('is a channel that is %s', async (status) => {
    const practice = await createPractice();
    practice.workspace.setChannel(practice.channel.id, { status });
    expect(await practice.diagnose()).toMatchObject({
      channel: { facts: { status, maySend: false } },
      problem: { code: 'channel_inactive', advice: expect.stringContaining(status) },
    });
  });

  it.each([
    ['switched off', { status: 'disabled' }],
    ['over', { status: 'active', expiresAt: '2025-01-01T00:00:00Z' }],
  ])('is a capability to send that is %s', async (_, outgoing) => {
    const practice = await createPractice({ startAt: START_AT });
    const capabilities = { messaging: { messaging: { status: 'active', outgoing } } };
    practice.workspace.setChannel(practice.channel.id, { capabilities });
    expect(await practice.diagnose()).toMatchObject({
      channel: { facts: { outgoing: 'unavailable' } },
      problem: { code: 'outgoing_unavailable' },
    });
  });

  it('is a platform that the table does not know', async () => {
    const practice = await createPractice({}, 'pigeon');
    expect(await practice.diagnose()).toMatchObject({
      channel: { facts: { platformId: 'pigeon', window: undefined } },
      problem: { code: 'platform_unknown', advice: expect.stringContaining('pigeon') },
    });
  });

  it('comes first: an inactive channel before the contacts that may not be read', async () => {
    const practice = await createPractice({ contactAccess: 'forbidden' });
    practice.workspace.setChannel(practice.channel.id, { status: 'paused' });
    expect((await practice.diagnose()).problem?.code).toBe('channel_inactive');
  });
});

const notJson = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' };
const spoilt: readonly (readonly [string, Fault, ProblemCode])[] = [
  ['a 500', { status: 500 }, 'server_error'],
  ['a 503', { status: 503, body: '<html>' }, 'server_error'],
  ['a 404 in other words', { status: 404, body: 'no such page' }, 'not_found'],
  ['a 400', { status: 400 }, 'unexpected_status'],
  ['a page of a proxy', notJson, 'malformed'],
  ['JSON that ends half-way', { status: 200, body: '{"id":' }, 'malformed'],
  ['another object', { status: 200, body: { results: [] } }, 'malformed'],
  ['nothing', { status: 200, body: '' }, 'malformed'],
  ['too much', { oversize: 300_000 }, 'malformed'],
  ['a socket that breaks', { reset: true }, 'unreachable'],
  ['a body that breaks', { reset: 'body' }, 'unreachable'],
  ['a 429', { status: 429 }, 'throttled'],
  ['a redirect', { redirect: 'http://127.0.0.1:1/' }, 'redirected'],
  ['a 401', { status: 401 }, 'key_refused'],
];

describe('what Bird may answer', () => {
  it.each(spoilt)('%s, about the channel', async (_, fault, code) => {
    const practice = await createPractice({ fault: ({ kind }) => (kind === 'channel' ? fault : undefined) });
    expect((await practice.diagnose()).problem?.code).toBe(code);
    expect(practice.sandbox.requests().length).toBeLessThanOrEqual(2);
  });

  it.each(spoilt)('%s, about the contact', async (_, fault, code) => {
    const practice = await createPractice({ fault: ({ kind }) => (kind === 'contact' ? fault : undefined) });
    expect((await practice.diagnose()).problem?.code).toBe(code);
    expect(practice.sandbox.requests()).toHaveLength(2);
  });

  it.each([
    ['is missing', {}],
    ['has no offset', { serviceWindowExpireAt: '2026-01-01T00:00:00' }],
    ['is empty', { serviceWindowExpireAt: '' }],
    ['is a number', { serviceWindowExpireAt: 1_735_689_600 }],
  ])('a date that %s', async (_, body) => {
    const practice = await createPractice({
      fault: ({ kind }) => (kind === 'contact' ? { status: 200, body } : undefined),
    });
    expect(await practice.diagnose()).toMatchObject({
      contact: { result: 'malformed' },
      problem: { code: 'malformed' },
    });
  });

  it('nothing at all, because nobody listens', async () => {
    const practice = await createPractice();
    await practice.sandbox.close();
    expect(await practice.diagnose()).toMatchObject({
      key: 'unknown',
      channel: { result: 'unreachable', networkCode: 'ECONNREFUSED' },
      clock: { date: 'unknown', aheadMs: 0 },
      medianReadMs: undefined,
      problem: { code: 'unreachable', advice: expect.stringContaining('ECONNREFUSED') },
    });
  });

  it('a redirect, which is not followed: the key goes nowhere else', async () => {
    let visits = 0;
    const elsewhere = createServer((_, res) => {
      visits += 1;
      res.end('{}');
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void elsewhere.close());
    const redirect = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
    const practice = await createPractice({ fault: () => ({ redirect }) });
    expect((await practice.diagnose()).channel).toEqual({ result: 'redirected', status: 302 });
    expect(visits).toBe(0);
  });

  it.each(['headers', 'body'] as const)('%s that never end: given up after 5 s', async (stall) => {
    const practice = await createPractice({ fault: () => ({ stall }) });
    const pending = practice.diagnose();
    await expect.poll(() => practice.sandbox.requests().length).toBe(1);
    let isSettled = false;
    void pending.finally(() => {
      isSettled = true;
    });
    practice.sandbox.clock.advance(4_999);
    await new Promise(setImmediate);
    expect(isSettled).toBe(false);
    practice.sandbox.clock.advance(1);
    expect(await pending).toMatchObject({
      channel: { result: 'timed_out' },
      contact: { result: 'not_asked' },
      reads: [{ target: 'channel', durationMs: 5_000, status: undefined }],
      problem: { code: 'timed_out' },
    });
  });

  it('reads that each take long: 15 s for all of them, and no more', async () => {
    const practice = await createPractice();
    const { clock } = practice.sandbox;
    // Each answer comes 4.9 s later than it was asked for.
    const slowFetch: typeof fetch = async (...args) => {
      const response = await fetch(...args);
      clock.advance(4_900);
      return response;
    };
    const { reads, medianReadMs, problem } = await practice.diagnose({ fetch: slowFetch });
    expect(reads.map(({ result, durationMs }) => [result, durationMs])).toEqual([
      ['ok', 4_900],
      ['ok', 4_900],
      ['ok', 4_900],
      ['timed_out', 4_900],
    ]);
    expect(medianReadMs).toBe(4_900);
    expect(problem?.code).toBe('slow_reads');
  });
});

describe('the limits of Bird', () => {
  it.each([
    ['without Retry-After', undefined, []],
    ['with Retry-After', '7', [{ name: 'retry-after', value: '7' }]],
  ])('are met %s', async (_, retryAfter, rateLimitHeaders) => {
    const practice = await createPractice({ readsPerSecond: 0, retryAfter });
    expect(await practice.diagnose()).toMatchObject({
      channel: { result: 'throttled', status: 429 },
      contact: { result: 'not_asked' },
      rateLimitHeaders,
      problem: { code: 'throttled' },
    });
    expect(practice.sandbox.requests()).toHaveLength(1);
  });

  it('end the reads that are made for their time alone, and are no problem then', async () => {
    const practice = await createPractice({ readsPerSecond: 3 });
    const { reads, problem } = await practice.diagnose();
    expect(reads.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(problem).toBeUndefined();
  });

  it('are read from headers, whatever their names, and values that are no counts are not shown', async () => {
    const headers = {
      'X-RateLimit-Limit': '50',
      'RateLimit-Policy': '"default";q=50;w=1',
      'X-Rate-Limit-Reset': '{<script>}',
      'X-Other': '50',
    };
    const practice = await createPractice({ fault: () => ({ status: 503, headers }) });
    expect((await practice.diagnose()).rateLimitHeaders).toEqual([
      { name: 'ratelimit-policy', value: '"default";q=50;w=1' },
      { name: 'x-rate-limit-reset', value: undefined },
      { name: 'x-ratelimit-limit', value: '50' },
    ]);
  });
});

describe('the clock', () => {
  it.each([
    [3_600_000, 3_600_000],
    [-45_000, -45_000],
    [0, 0],
  ])("is compared with Bird's, which is %i ms ahead", async (offsetMs, aheadMs) => {
    const practice = await createPractice({ startAt: Date.now() + offsetMs });
    const { clock, problem } = await practice.diagnose({ clock: systemClock });
    expect(clock.date).toBe('present');
    // The header has no fractions of a second, and the sandbox's clock stands while the reads take their time.
    expect(Math.abs(clock.aheadMs - aheadMs)).toBeLessThan(3_000);
    expect(problem).toBeUndefined();
  });

  it.each([
    ['absent', undefined],
    ['unreadable', 'tomorrow'],
  ] as const)('cannot be compared where the Date header is %s', async (date, value) => {
    const practice = await createPractice();
    const strip: typeof fetch = async (...args) => {
      const response = await fetch(...args);
      const headers = new Headers(response.headers);
      headers.delete('date');
      if (value !== undefined) headers.set('date', value);
      return new Response(response.body, { status: response.status, headers });
    };
    expect(await practice.diagnose({ fetch: strip })).toMatchObject({
      clock: { date, aheadMs: 0 },
      problem: undefined,
    });
  });
});

describe('the time of a read', () => {
  it.each([
    [400, undefined],
    [401, 'slow_reads'],
  ])('of %i ms in the middle gives the problem %s', async (slowMs, code) => {
    const practice = await createPractice();
    const times = [slowMs, 5, 4_000, slowMs, slowMs];
    const slowFetch: typeof fetch = async (...args) => {
      const response = await fetch(...args);
      practice.sandbox.clock.advance(times.shift() ?? 0);
      return response;
    };
    const { medianReadMs, problem } = await practice.diagnose({ fetch: slowFetch });
    expect([medianReadMs, problem?.code]).toEqual([slowMs, code]);
  });

  it('is measured by the clock that cannot be put right', async () => {
    const practice = await createPractice();
    let passedMs = 0;
    const clock = { ...practice.sandbox.clock, monotonic: () => (passedMs += 10) };
    const { medianReadMs, problem } = await practice.diagnose({ clock });
    expect(medianReadMs).toBeGreaterThan(0);
    expect(problem).toBeUndefined();
  });
});
