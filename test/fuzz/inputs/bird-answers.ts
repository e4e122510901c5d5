import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeWindow } from '../../../src/bird/api/decode.js';
import { pauseOf } from '../../../src/bird/api/retry-after.js';
import { ServerClock } from '../../../src/bird/api/server-clock.js';
import { decideFreeform } from '../../../src/core/freeform.js';
import { LookupError } from '../../../src/errors.js';
import { asyncProperty, type Property, property } from '../property.js';
import { CHANNEL, CONTACT, instant, isoText, KEY, NOW, PHONE, refuseSecrets, WORKSPACE } from '../values/ids.js';
import { junk, key, near, text, withEntries } from '../values/json.js';
import { type BirdsAnswer, createWorld } from '../values/world.js';

const platformId = fc.constantFrom('whatsapp', 'facebook', 'instagram', 'tiktok', 'sms', 'apple', 'carrier-pigeon');
const expiry = fc.oneof({ weight: 3, arbitrary: isoText }, { weight: 1, arbitrary: fc.constant(null) });

/** What Bird says of a contact on a channel, most of the time as it should be. */
const contactBody = fc
  .tuple(
    near({ serviceWindowExpireAt: expiry, isPermanentSession: fc.constant(false) }),
    fc.array(fc.tuple(key, junk), { maxLength: 2 }),
  )
  .map(([fields, others]) => withEntries({ note: `${PHONE} ${KEY}`, ...fields }, others));
const capability = near({ status: fc.constantFrom('active', 'paused'), expiresAt: isoText, outgoing: junk });
const channelBody = near({
  id: fc.constantFrom(CHANNEL, CHANNEL.toUpperCase(), CONTACT),
  platformId,
  status: fc.constantFrom('active', 'preview', 'paused', 'a new one'),
  capabilities: fc.record({ messaging: fc.record({ messaging: capability }) }),
});

const imfDate = fc.oneof(instant, fc.constant(NOW)).map((at) => new Date(at).toUTCString());
const dateHeader = fc.oneof(
  { weight: 3, arbitrary: imfDate },
  { weight: 1, arbitrary: imfDate.map((date) => `${date}, ${date}`) },
  { weight: 1, arbitrary: imfDate.map((date) => date.replace('Mon', 'Tue').replace('Jan', 'jan')) },
  { weight: 1, arbitrary: isoText },
  { weight: 1, arbitrary: text },
);
const seconds = fc.oneof(
  fc.nat(100).map(String),
  fc.double({ min: 0, max: 90 }).map(String),
  fc.constantFrom('9'.repeat(400), '-1', '1e3', ' 7 ', '0x10'),
);
const retryAfter = fc.oneof(seconds, dateHeader);
const headers = fc.record(
  { date: dateHeader, age: fc.oneof(seconds, text), 'retry-after': retryAfter },
  { requiredKeys: [] },
);

const status = fc.oneof(
  { weight: 6, arbitrary: fc.constant(200) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(201, 204, 301, 302, 400, 401, 403, 404, 408, 409, 418, 422, 429, 500, 503, 504),
  },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 599 }) },
);

function answer(body: fc.Arbitrary<unknown>): fc.Arbitrary<BirdsAnswer> {
  const bytes = fc.tuple(body, fc.nat(3)).map(([value, kind]): unknown => {
    const written = Buffer.from(JSON.stringify(value) ?? '');
    if (kind === 0) return written.subarray(0, written.length >> 1);
    if (kind === 1) return Buffer.concat([Buffer.from('\ufeff'), written]);
    return kind === 2 ? Buffer.concat([written, Buffer.from([0xff, 0])]) : Buffer.alloc(70_000, 0x20);
  });
  const given = fc.oneof(
    { weight: 9, arbitrary: body },
    { weight: 1, arbitrary: bytes },
    { weight: 1, arbitrary: junk },
  );
  return fc.record({ status, headers, body: given });
}

/**
 * The end of a window in an answer, read in another way than by the guard; `undefined`: the answer does not say.
 * `null`: it says that there is none.
 */
function endIn(body: unknown): number | null | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, 'serviceWindowExpireAt')) return undefined;
  const { serviceWindowExpireAt: end } = body as { readonly serviceWindowExpireAt: unknown };
  if (typeof end !== 'string') return end === null ? null : undefined;
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(?:Z|([+-])(\d\d):(\d\d))$/i.exec(end);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [, , , , , , , fraction = '', sign, offsetHours = '0', offsetMinutes = '0'] = parts;
  const days = [
    31,
    (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28,
    31,
    30,
    31,
    30,
    31,
    31,
    30,
    31,
    30,
    31,
  ];
  const isTime = hour < 24 && minute < 60 && second < 60 && Number(offsetHours) < 24 && Number(offsetMinutes) < 60;
  if (!isTime || day < 1 || day > (days[month - 1] ?? 0)) return undefined;
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  at.setUTCHours(hour, minute, second, Math.trunc(Number(`0${fraction}`) * 1000 + 1e-6));
  const offsetMs = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60_000;
  return at.getTime() - (sign === '-' ? -offsetMs : offsetMs);
}

const ref = { workspaceId: WORKSPACE, channelId: CHANNEL };

export const birdAnswers: readonly Property[] = [
  property(
    'an answer is read as it is written, or not at all',
    4_000,
    fc.oneof({ weight: 9, arbitrary: contactBody }, { weight: 1, arbitrary: junk }),
    (body) => {
      const parsed: unknown = JSON.parse(JSON.stringify(body));
      const end = endIn(parsed);
      try {
        assert.equal(decodeWindow(parsed).serviceWindowExpireAt, end);
      } catch (error) {
        if (!(error instanceof LookupError)) throw error;
        assert.equal(error.code, 'malformed_answer');
        refuseSecrets('the error', error);
        const flag = (parsed as { readonly isPermanentSession?: unknown } | null)?.isPermanentSession ?? false;
        assert.ok(end === undefined || typeof flag !== 'boolean');
      }
    },
  ),

  property(
    'the rule closes no window on what is not an end, for anything in the place of a contact',
    3_000,
    fc.tuple(channelBody, contactBody, instant),
    ([channel, contact, at]) => {
      const decision = decideFreeform(channel, contact, { at });
      if (decision.verdict !== 'deny' || decision.reason !== 'service_window_closed') return;
      const end = (contact as { readonly serviceWindowExpireAt?: unknown }).serviceWindowExpireAt;
      const known = typeof end === 'number' ? end : endIn(contact);
      assert.ok(known === null || (known !== undefined && known <= at), 'closed, although nothing says so');
    },
  ),

  property(
    'a pause is one second to a minute, and only a number of seconds or a date gives one',
    9_000,
    fc.tuple(retryAfter, instant),
    ([header, now]) => {
      const pauseMs = pauseOf(header, now);
      if (pauseMs !== undefined) assert.ok(pauseMs >= 1_000 && pauseMs <= 60_000);
      const trimmed = header.trim();
      const isSeconds = /^[0-9]+([.][0-9]+)?$/.test(trimmed);
      if (isSeconds) assert.equal(pauseMs, Math.min(60_000, Math.max(1_000, Number(trimmed) * 1_000)));
      else if (Number.isNaN(Date.parse(trimmed)) || !trimmed.endsWith('GMT')) assert.equal(pauseMs, undefined);
    },
  ),

  property(
    'one answer moves the clock by a minute at most, and never without a readable date',
    8_000,
    fc.tuple(dateHeader, fc.oneof(fc.constant(null), seconds, text), fc.nat(9_000)),
    ([date, age, tookMs]) => {
      const clock = new ServerClock(
        { now: () => NOW, setTimeout: () => undefined, clearTimeout: () => undefined },
        () => {},
      );
      clock.observe({ date, age }, { sentAt: NOW - tookMs, answeredAt: NOW });
      const movedMs = clock.now() - NOW;
      assert.ok(Math.abs(movedMs) <= 60_000, `moved by ${movedMs}`);
      const at = Date.parse(date);
      const isPlain = !Number.isNaN(at) && new Date(at).toUTCString() === date;
      if (!isPlain || (age !== null && !/^[0-9]{1,9}$/.test(age))) assert.equal(movedMs, 0);
    },
  ),

  asyncProperty(
    'no window is denied that Bird’s answers do not show to be closed',
    60,
    fc.tuple(answer(channelBody), answer(contactBody), fc.boolean()),
    async ([channel, contact, isById]) => {
      const world = createWorld({
        bird: (path) =>
          path.endsWith('/search')
            ? { body: { results: [{ id: CONTACT }] } }
            : path.includes('/contacts/')
              ? contact
              : channel,
      });
      const send = {
        ...ref,
        contact: isById ? { id: CONTACT } : { identifierKey: 'phonenumber', identifierValue: PHONE },
      };
      const { decision, source } = await world.settled(world.guard.check(send));
      refuseSecrets('the decision', [decision, world.guard.stats(), world.guard.health()]);
      const isGood = (given: BirdsAnswer): boolean => (given.status ?? 0) >= 200 && (given.status ?? 0) < 300;
      if (decision.verdict !== 'deny') return;
      assert.equal(source, 'bird');
      assert.ok(isGood(channel));
      if (decision.reason !== 'service_window_closed') return;
      const end = endIn(readBody(contact));
      assert.ok(
        isGood(contact) && (end === null || (end !== undefined && end <= NOW + 60_000)),
        'denied without a proof',
      );
    },
  ),
];

function readBody({ body }: BirdsAnswer): unknown {
  try {
    return JSON.parse(body instanceof Uint8Array ? new TextDecoder().decode(body) : (JSON.stringify(body) ?? ''));
  } catch {
    return undefined;
  }
}
