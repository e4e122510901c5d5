import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Decision } from 'freeform-guard';
import type { Fault } from 'freeform-guard/sandbox';
import { createSandbox } from 'freeform-guard/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { World } from '../../support/world.js';
import { countOf, createWorld, HOUR, tally } from '../support.js';

const START_AT = '2026-01-05T09:00:00.000Z';
const OPEN = '2026-01-05T12:00:00.000Z';
const PAST = '2026-01-05T08:59:59.999Z';

const unknown = (reason: string): Decision => ({ verdict: 'unknown', reason }) as Decision;
const json = (body: unknown): Fault => ({ status: 200, body: JSON.stringify(body) });
const raw = (body: string | Uint8Array): Fault => ({ status: 200, body });
const notFound = (resource: string): Fault => ({
  status: 404,
  body: { code: 'ResourceNotFound', message: `The requested resource does not exist: ${resource} not found` },
});

/** A world at a fixed instant in which one kind of question gets this fault, or the faults in their order. */
async function createFaultyWorld(kind: 'contact' | 'channel' | 'search', ...faults: Fault[]): Promise<World> {
  const world = await createWorld({ sandbox: { startAt: START_AT } });
  let next = 0;
  world.sandbox.setFault((request) => {
    if (request.kind !== kind) return undefined;
    next += 1;
    return faults.length === 1 ? faults[0] : faults[next - 1];
  });
  return world;
}

/** What goes wrong, the reason that the decision must give, and how often Bird may be asked. */
type Row = readonly [name: string, fault: Fault, reason: string, requests: 1 | 2];

const statusRows: readonly Row[] = [
  ['400', { status: 400, body: {} }, 'lookup_failed', 1],
  ['401', { status: 401, body: {} }, 'access_denied', 1],
  ['403', { status: 403, body: {} }, 'access_denied', 1],
  ['405', { status: 405, body: {} }, 'lookup_failed', 1],
  ['409', { status: 409, body: {} }, 'lookup_failed', 1],
  ['418 with an open window', { status: 418, body: { serviceWindowExpireAt: OPEN } }, 'lookup_failed', 1],
  ['422', { status: 422, body: { code: 'InvalidPayload', message: 'x' } }, 'lookup_failed', 1],
  ['429 with Retry-After', { status: 429, headers: { 'Retry-After': '2' }, body: {} }, 'lookup_failed', 1],
  ['429 without Retry-After', { status: 429, body: {} }, 'lookup_failed', 1],
  ['500', { status: 500, body: {} }, 'lookup_failed', 2],
  ['501', { status: 501, body: {} }, 'lookup_failed', 1],
  ['502 as HTML', { status: 502, body: '<html>bad gateway</html>' }, 'lookup_failed', 2],
  ['503 with a closed window', { status: 503, body: { serviceWindowExpireAt: null } }, 'lookup_failed', 2],
  ['504 without a body', { status: 504 }, 'lookup_failed', 2],
  ['505', { status: 505, body: {} }, 'lookup_failed', 1],
  ['301', { status: 301, headers: { location: '/elsewhere' } }, 'lookup_failed', 1],
  ['304', { status: 304 }, 'lookup_failed', 1],
  ['307 with a closed window', { status: 307, body: { serviceWindowExpireAt: null } }, 'lookup_failed', 1],
  ['a broken connection', { reset: true }, 'lookup_failed', 2],
  ['an answer that breaks off', { reset: 'body' }, 'lookup_failed', 2],
];

const unreadableRows: readonly Row[] = [
  ['an empty body', raw(''), 'malformed_answer', 2],
  ['HTML', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html></html>' }, 'malformed_answer', 2],
  ['JSON that was cut off', raw('{"serviceWindowExpireAt":nul'), 'malformed_answer', 2],
  ['204', { status: 204 }, 'malformed_answer', 2],
  ['null', json(null), 'malformed_answer', 1],
  ['a text', json('closed'), 'malformed_answer', 1],
  ['a list', json([{ serviceWindowExpireAt: OPEN, platformId: 'whatsapp', results: [] }]), 'malformed_answer', 1],
  ['an empty object', json({}), 'malformed_answer', 1],
  ['more than 64 KiB', { oversize: 64 * 1024 + 1 }, 'malformed_answer', 1],
  ['10 MB packed into 10 KB', bomb(), 'malformed_answer', 1],
];

function bomb(): Fault {
  const body = gzipSync(Buffer.concat([Buffer.from('{"serviceWindowExpireAt":null}'), Buffer.alloc(10_000_000, ' ')]));
  return { status: 200, headers: { 'content-encoding': 'gzip' }, body };
}

const windowRows: readonly Row[] = [
  ['the field missing', json({ isPermanentSession: false }), 'malformed_answer', 1],
  ['the field missing in a permanent session', json({ isPermanentSession: true }), 'malformed_answer', 1],
  ['the field in other letter case', json({ ServiceWindowExpireAt: null }), 'malformed_answer', 1],
  ['the field behind __proto__', raw(`{"__proto__":{"serviceWindowExpireAt":"${OPEN}"}}`), 'malformed_answer', 1],
  ['a flag behind __proto__', raw('{"__proto__":{"isPermanentSession":true}}'), 'malformed_answer', 1],
  ['an empty text', json({ serviceWindowExpireAt: '' }), 'malformed_answer', 1],
  ['false', json({ serviceWindowExpireAt: false }), 'malformed_answer', 1],
  ['zero', json({ serviceWindowExpireAt: 0 }), 'malformed_answer', 1],
  ['milliseconds', json({ serviceWindowExpireAt: Date.parse(OPEN) }), 'malformed_answer', 1],
  ['seconds as text', json({ serviceWindowExpireAt: '1767610800' }), 'malformed_answer', 1],
  ['a list with an instant', json({ serviceWindowExpireAt: [OPEN] }), 'malformed_answer', 1],
  ['an object', json({ serviceWindowExpireAt: {} }), 'malformed_answer', 1],
  ['no offset', json({ serviceWindowExpireAt: '2026-01-05T12:00:00' }), 'malformed_answer', 1],
  ['an offset of 25 h', json({ serviceWindowExpireAt: '2026-01-05T12:00:00+25:00' }), 'malformed_answer', 1],
  ['30 February', json({ serviceWindowExpireAt: '2026-02-30T12:00:00Z' }), 'malformed_answer', 1],
  ['NaN as text', json({ serviceWindowExpireAt: 'NaN' }), 'malformed_answer', 1],
  ['the hour 24', json({ serviceWindowExpireAt: '2026-01-05T24:00:00Z' }), 'malformed_answer', 1],
  ['a leap second', json({ serviceWindowExpireAt: '2026-06-30T23:59:60Z' }), 'malformed_answer', 1],
  ['"true" for true', json({ serviceWindowExpireAt: null, isPermanentSession: 'true' }), 'malformed_answer', 1],
  ['1 for true', json({ serviceWindowExpireAt: null, isPermanentSession: 1 }), 'malformed_answer', 1],
  ['404 of the contact', notFound('contact'), 'contact_not_found', 1],
  ['404 of the channel', notFound('channel'), 'channel_not_found', 1],
  ['404 without words', { status: 404 }, 'contact_not_found', 1],
];

const channelRows: readonly Row[] = [
  ['platformId missing', json({ status: 'active' }), 'malformed_answer', 1],
  ['an empty platformId', json({ platformId: '', status: 'active' }), 'malformed_answer', 1],
  ['a number for platformId', json({ platformId: 7, status: 'active' }), 'malformed_answer', 1],
  ['a number for status', json({ platformId: 'whatsapp', status: 1 }), 'malformed_answer', 1],
  ['another channel', json({ id: '00000000-0000-4000-8000-000000000000', platformId: 'sms' }), 'malformed_answer', 1],
  ['the platform behind __proto__', raw('{"__proto__":{"platformId":"sms"}}'), 'malformed_answer', 1],
  ['404', notFound('channel'), 'channel_not_found', 1],
];

const searchRows: readonly Row[] = [
  ['no contact', json({ results: [] }), 'contact_not_found', 1],
  ['404', notFound('contact'), 'contact_not_found', 1],
  ['a contact without id', json({ results: [{}] }), 'malformed_answer', 1],
  ['a contact whose id leads elsewhere', json({ results: [{ id: '..' }] }), 'malformed_answer', 1],
  ['an object for the list', json({ results: { 0: {}, length: 1 } }), 'malformed_answer', 1],
];

/** What is unknown, is asked for no more often than the row says, and leaves nothing behind. */
function givesUnknown(kind: 'contact' | 'channel' | 'search') {
  return async (_name: string, fault: Fault, reason: string, requests: number): Promise<void> => {
    const world = await createFaultyWorld(kind, fault);
    const outcome = await world.guard.check(world.send());
    expect(outcome).toMatchObject({ action: 'send', decision: unknown(reason), source: 'none' });
    expect(countOf(world.sandbox, kind)).toBe(requests);
    // Nothing of it is remembered: neither as closed nor as open.
    expect(world.guard.peek(world.send())?.decision.verdict).not.toBe('deny');
    world.sandbox.setFault(undefined);
    world.sandbox.clock.advance(HOUR);
    world.customerWrites();
    expect((await world.guard.check(world.send())).decision.reason).toBe('service_window_open');
  };
}

describe.each(['contact', 'channel', 'search'] as const)('scenario 17: Bird, asked for a %s, answers with', (kind) => {
  it.each(statusRows)('status %s [U4, U5, U6, U7, U20, U21, U22]', givesUnknown(kind));
  it.each(unreadableRows)('%s, which cannot be read [U3, U8]', givesUnknown(kind));
});

describe('scenario 17: Bird answers, about', () => {
  it.each(windowRows)('a window, with %s [U9, U10, U14, U15, U18]', givesUnknown('contact'));
  it.each(channelRows)('a channel, with %s [U9, U18]', givesUnknown('channel'));
  it.each(searchRows)('contacts, with %s [U9]', givesUnknown('search'));
});

describe('scenario 17: an answer that can be read', () => {
  it.each([
    ['an open window', { serviceWindowExpireAt: OPEN }, 'service_window_open'],
    ['an open window in another offset', { serviceWindowExpireAt: '2026-01-05T11:01:00+02:00' }, 'service_window_open'],
    ['extra fields', { serviceWindowExpireAt: OPEN, x: { y: [1] }, contact: {} }, 'service_window_open'],
    ['no permanent session', { serviceWindowExpireAt: OPEN, isPermanentSession: null }, 'service_window_open'],
    ['a permanent session', { serviceWindowExpireAt: null, isPermanentSession: true }, 'permanent_session'],
    [
      'a permanent session past its date',
      { serviceWindowExpireAt: PAST, isPermanentSession: true },
      'permanent_session',
    ],
    ['null', { serviceWindowExpireAt: null }, 'service_window_closed'],
    ['a date in the past', { serviceWindowExpireAt: PAST }, 'service_window_closed'],
    ['this very instant', { serviceWindowExpireAt: START_AT }, 'service_window_closed'],
    [
      'junk that looks like flags',
      { serviceWindowExpireAt: null, permanent: true, open: true },
      'service_window_closed',
    ],
  ])('with %s is taken as it is [U11, U13, U17]', async (_, body, reason) => {
    const world = await createFaultyWorld('contact', json(body));
    const { decision, source } = await world.guard.check(world.send());
    expect([decision.reason, source]).toEqual([reason, 'bird']);
  });

  it('may be exactly 64 KiB long [U3]', async () => {
    const world = await createFaultyWorld('contact', { oversize: 64 * 1024 });
    expect((await world.guard.check(world.send())).decision.reason).toBe('service_window_closed');
  });

  it.each(['text/plain', 'text/html', 'application/octet-stream'])(
    'counts by its content, also where it is said to be %s [U8]',
    async (type) => {
      const body = JSON.stringify({ serviceWindowExpireAt: null });
      const world = await createFaultyWorld('contact', { status: 200, headers: { 'content-type': type }, body });
      expect(await world.guard.check(world.send())).toMatchObject({ action: 'block', source: 'bird' });
      expect(countOf(world.sandbox, 'contact')).toBe(1);
    },
  );

  it('may come packed', async () => {
    const body = gzipSync(JSON.stringify({ serviceWindowExpireAt: OPEN }));
    const world = await createFaultyWorld('contact', { status: 200, headers: { 'content-encoding': 'gzip' }, body });
    expect((await world.guard.check(world.send())).action).toBe('send');
  });

  it.each([
    ['a truncated one', raw('{"serviceWindow')],
    ['a 503', { status: 503 }],
    ['a broken connection', { reset: true }],
    ['one that breaks off', { reset: 'body' }],
  ] as const)('after %s is the one that counts [U8]', async (_, fault) => {
    const world = await createFaultyWorld('contact', fault, json({ serviceWindowExpireAt: null }));
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'block', source: 'bird' });
    expect(countOf(world.sandbox, 'contact')).toBe(2);
  });

  it('property: only null or an instant that has passed can close a window, whatever Bird answers [U13, U14, S13]', async () => {
    const world = await createWorld({ sandbox: { startAt: START_AT }, workspace: { lookupsPerSecond: 10_000 } });
    let body = '';
    world.sandbox.setFault(({ kind }) => (kind === 'contact' ? raw(body) : undefined));
    const expiry = fc.oneof(
      fc.constantFrom(null, OPEN, PAST, START_AT, '', '0', 0, -1, false, 'null', [], {}, [null]),
      fc.jsonValue(),
    );
    const answer = fc.oneof(
      fc.record({ serviceWindowExpireAt: expiry, isPermanentSession: fc.jsonValue() }, { requiredKeys: [] }),
      fc.jsonValue(),
    );
    await fc.assert(
      fc.asyncProperty(answer, async (value) => {
        body = JSON.stringify(value);
        world.sandbox.clock.advance(1000);
        // Another contact each time, of whom nothing is remembered.
        const { decision } = await world.guard.check(world.send({ contact: { id: randomUUID() } }));
        if (decision.reason === 'lookup_budget_spent') throw new Error('the property would prove nothing');
        if (decision.verdict !== 'deny') return;
        const said = (JSON.parse(body) as { serviceWindowExpireAt?: unknown }).serviceWindowExpireAt;
        expect([null, PAST, START_AT]).toContain(said);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])(
    'with %i is never followed: the other place sees no request and no key [U21, S2]',
    async (status) => {
      const elsewhere = await createSandbox();
      onTestFinished(() => void elsewhere.close());
      const world = await createFaultyWorld('channel', { status, headers: { location: `${elsewhere.url}/x` } });
      expect((await world.guard.check(world.send())).decision).toEqual(unknown('lookup_failed'));
      expect(elsewhere.requests()).toEqual([]);
      expect(countOf(world.sandbox, 'channel')).toBe(1);
    },
  );
});

describe('an id that is no UUID', () => {
  const strange = [
    '..',
    '.',
    '',
    '%2e%2e',
    '../..',
    'x',
    '\0',
    '\r\nx: y',
    '\ud800',
    '00000000-0000-4000-8000-00000000000',
    '00000000-0000-4000-8000-0000000000000',
    '00000000-0000-4000-8000-00000000000g',
    '00000000_0000-4000-8000-000000000000',
    ' 0000000-0000-4000-8000-000000000000',
    '00000000-0000-4000-8000-00000000000/',
    '{00000000-0000-4000-8000-00000000000}',
    `${'0'.repeat(1_000_000)}`,
    7,
    null,
    {},
    ['00000000-0000-4000-8000-000000000000'],
  ];
  it.each(strange.map((id) => [String(JSON.stringify(id)).slice(0, 50), id]))(
    'such as %s is bad_id, and nothing is asked [R5, S1]',
    async (_, id) => {
      const world = await createWorld();
      const outcomes = await world.guard.checkAll([
        world.send({ workspaceId: id as string }),
        world.send({ channelId: id as string }),
        ...(id === null ? [] : [world.send({ contact: { id: id as string, identifierValue: '+31612345678' } })]),
      ]);
      expect(tally(outcomes)).toEqual({ 'unknown bad_id': outcomes.length });
      expect(outcomes.every(({ action }) => action === 'send')).toBe(true);
      expect(world.sandbox.requests()).toEqual([]);
    },
  );

  it('property: whatever a send holds, check answers, and the paths that Bird sees hold UUIDs alone [R5, S1]', async () => {
    const world = await createWorld({ workspace: { lookupsPerSecond: 10_000, lookupBurst: 10_000 } });
    const { workspace, channel, contact } = world;
    const orJunk = (...values: unknown[]): fc.Arbitrary<unknown> => fc.oneof(fc.constantFrom(...values), fc.anything());
    const send = fc.record({
      workspaceId: orJunk(workspace.id, workspace.id, workspace.id.toUpperCase()),
      channelId: orJunk(channel.id, channel.id, channel.id.toUpperCase()),
      conversationId: fc.oneof(fc.constant(undefined), fc.anything()),
      contact: fc.oneof(
        fc.record({
          id: orJunk(contact.id, undefined),
          identifierKey: orJunk('phonenumber'),
          identifierValue: orJunk('+31612345678'),
        }),
        fc.anything(),
      ),
      message: orJunk(undefined, { body: {} }, { template: { projectId: 'x' } }),
      sendAt: orJunk(undefined, 0, START_AT),
      sender: orJunk('human', 'automation'),
    });
    await fc.assert(
      fc.asyncProperty(send, async (junk) => {
        const outcome = await world.guard.check(junk as Parameters<World['guard']['check']>[0]);
        expect(['send', 'block']).toContain(outcome.action);
      }),
      { numRuns: 300 },
    );
    const uuid = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}';
    const path = new RegExp(`^/workspaces/${uuid}/(channels/${uuid}(/contacts/${uuid})?|contacts/search)$`);
    expect(world.sandbox.requests().map((request) => request.path)).toEqual(
      world.sandbox.requests().map(() => expect.stringMatching(path)),
    );
  });
});
