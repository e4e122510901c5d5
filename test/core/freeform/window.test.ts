import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Decision } from '../../../src/core/types.js';
import {
  AT,
  closed,
  DAY,
  decide,
  HOUR,
  iso,
  MINUTE,
  malformed,
  notInstants,
  open,
  permanentSession,
  whatsapp,
  windowUnknown,
} from '../support.js';
import { humanAgent, later, messenger, notFlags, openContact } from './facts.js';

describe('rule 5: a permanent session', () => {
  test.each<[name: string, serviceWindowExpireAt: unknown]>([
    ['null', null],
    ['a past date', iso(AT - DAY)],
    ['this instant', iso(AT)],
    ['a future date', iso(later)],
    ['undefined', undefined],
    ['an unreadable date', 'tomorrow'],
  ])('scenario 16: overrides a date of %s [U12]', (_name, serviceWindowExpireAt) => {
    expect(decide(whatsapp, { serviceWindowExpireAt, isPermanentSession: true })).toEqual(permanentSession);
  });

  test('scenario 16: needs no date at all', () => {
    expect(decide(whatsapp, { isPermanentSession: true })).toEqual(permanentSession);
  });

  test('is not a matter of refusals, quotas or margins', () => {
    const contact = { isPermanentSession: true, refusedAt: iso(AT), messagesSinceInbound: 100 };
    expect(decide(whatsapp, contact, { safetyMarginMs: DAY })).toEqual(permanentSession);
    expect(decide({ platformId: 'tiktok' }, contact)).toEqual(permanentSession);
  });

  test.each(notFlags)('only true is one, not %s', (_name, isPermanentSession) => {
    expect(decide(whatsapp, { serviceWindowExpireAt: null, isPermanentSession })).toEqual(closed(null));
  });
});

describe("rule 6: Bird's date", () => {
  test.each<[name: string, serviceWindowExpireAt: unknown, decision: Decision]>([
    ['scenario 1: one millisecond before its end the window is open', iso(AT + 1), open(AT + 1)],
    ['scenario 1: exactly at its end it is closed', iso(AT), closed(AT)],
    ['scenario 1: one millisecond after its end it is closed', iso(AT - 1), closed(AT - 1)],
    ['scenario 15: null is known and closed', null, closed(null)],
    ['scenario 15: a past date is closed', iso(AT - 90 * DAY), closed(AT - 90 * DAY)],
    ['scenario 15: now is closed', iso(AT), closed(AT)],
    ['scenario 15: a future date is open', iso(later), open(later)],
    ['a date far beyond the window is believed', '9999-12-31T23:59:59Z', open(253_402_300_799_000)],
    ['a Date is read', new Date(later), open(later)],
    ['epoch milliseconds are read', later, open(later)],
    ['a fraction of nine digits is read', '2026-06-15T15:00:00.123456789Z', open(later + 123)],
    ['an offset is read', '2026-06-15T17:00:00+02:00', open(later)],
    ['undefined is not known', undefined, windowUnknown],
  ])('%s', (_name, serviceWindowExpireAt, decision) => {
    expect(decide(whatsapp, { serviceWindowExpireAt })).toEqual(decision);
  });

  test('property: any instant that has come is closed, with its end, and any later one is open [U13]', () => {
    const instant = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.integer({ min: -40 * DAY, max: 40 * DAY }));
    fc.assert(
      fc.property(instant, (ms) => {
        const decision = ms > 0 ? open(AT + ms) : closed(AT + ms);
        expect(decide(whatsapp, { serviceWindowExpireAt: iso(AT + ms) })).toEqual(decision);
      }),
    );
  });

  test.each<[name: string, contact: unknown]>([
    ['an empty contact', {}],
    ['no contact', undefined],
    ['a contact of null', null],
    ['a contact that is a string', 'open'],
    ['a contact that is an array', [openContact]],
    ['a contact with other fields only', { metadata: { serviceWindowExpireAt: iso(later) }, id: 'x' }],
    ['the field in another case', { serviceWindowExpiresAt: iso(later), servicewindowexpireat: iso(later) }],
  ])('missing means not known, never closed: %s', (_name, contact) => {
    expect(decide(whatsapp, contact)).toEqual(windowUnknown);
  });

  test.each(notInstants)('scenario 3: present but %s is malformed, neither open nor closed', (_name, value) => {
    expect(decide(whatsapp, { serviceWindowExpireAt: value })).toEqual(malformed);
    expect(decide(whatsapp, { serviceWindowExpireAt: value, lastInboundAt: null })).toEqual(malformed);
  });

  test.each(notInstants)('what is written next to a date of %s still counts when it opens', (_name, value) => {
    const contact = { serviceWindowExpireAt: value, lastInboundAt: iso(AT - HOUR) };
    expect(decide(whatsapp, contact)).toEqual(open(AT + 23 * HOUR));
  });

  test.each<[name: string, contact: object]>([
    ['an inbound older than the window', { lastInboundAt: iso(AT - DAY) }],
    ['a refusal', { refusedAt: iso(AT) }],
    ['an inbound that a refusal refutes', { lastInboundAt: iso(AT - HOUR), refusedAt: iso(AT) }],
  ])('a malformed date is never deny, not even beside %s', (_name, contact) => {
    expect(decide(whatsapp, { serviceWindowExpireAt: 'tomorrow', ...contact })).toEqual(malformed);
  });
});

describe("rule 6: the customer's last message", () => {
  test.each<[name: string, contact: unknown, decision: Decision]>([
    ['scenario 1: 24 h minus one millisecond ago is open', { lastInboundAt: iso(AT - DAY + 1) }, open(AT + 1)],
    ['scenario 1: exactly 24 h ago is closed', { lastInboundAt: iso(AT - DAY) }, closed(AT)],
    ['scenario 1: 24 h and one millisecond ago is closed', { lastInboundAt: iso(AT - DAY - 1) }, closed(AT - 1)],
    ['an old inbound alone is a deny with its end', { lastInboundAt: AT - 3 * DAY }, closed(AT - 2 * DAY)],
    ['scenario 8: never any inbound, and Bird says so', { serviceWindowExpireAt: null }, closed(null)],
    ['scenario 8: null for both', { serviceWindowExpireAt: null, lastInboundAt: null }, closed(null)],
    ['null counts as absent', { lastInboundAt: null }, windowUnknown],
    ['undefined counts as absent', { lastInboundAt: undefined }, windowUnknown],
    ['a Date is read', { lastInboundAt: new Date(AT) }, open(AT + DAY)],
    ['epoch milliseconds are read', { lastInboundAt: AT }, open(AT + DAY)],
  ])('%s', (_name, contact, decision) => {
    expect(decide(whatsapp, contact)).toEqual(decision);
  });

  test.each(notInstants)('scenario 3: %s counts as absent and opens nothing', (_name, lastInboundAt) => {
    expect(decide(whatsapp, { lastInboundAt })).toEqual(windowUnknown);
    expect(decide(whatsapp, { lastInboundAt, serviceWindowExpireAt: null })).toEqual(closed(null));
    expect(decide(whatsapp, { lastInboundAt, serviceWindowExpireAt: iso(later) })).toEqual(open(later));
    expect(decide(messenger, { lastInboundAt }, { sender: 'human' })).toEqual(windowUnknown);
  });

  describe('of the future', () => {
    const skew = 5 * MINUTE;

    test.each<[name: string, lastInboundAt: number, decision: Decision]>([
      ['scenario 4: now', AT, open(AT + DAY)],
      ['scenario 4: one millisecond ahead counts as now', AT + 1, open(AT + DAY)],
      ['scenario 4: 5 minutes ahead minus one millisecond counts as now', AT + skew - 1, open(AT + DAY)],
      ['scenario 4: exactly 5 minutes ahead counts as now', AT + skew, open(AT + DAY)],
      ['scenario 4: 5 minutes and one millisecond ahead is ignored', AT + skew + 1, windowUnknown],
      ['scenario 3: a day ahead is ignored', AT + DAY, windowUnknown],
      ['scenario 3: the year 9999 is ignored', Date.UTC(9999, 0), windowUnknown],
    ])('%s', (_name, lastInboundAt, decision) => {
      expect(decide(whatsapp, { lastInboundAt })).toEqual(decision);
    });

    test('scenario 3: beyond the tolerance it neither opens nor hides what else is known', () => {
      const lastInboundAt = iso(AT + skew + 1);
      expect(decide(whatsapp, { lastInboundAt, serviceWindowExpireAt: null })).toEqual(closed(null));
      expect(decide(whatsapp, { lastInboundAt, serviceWindowExpireAt: iso(AT - 1) })).toEqual(closed(AT - 1));
      expect(decide(whatsapp, { lastInboundAt, serviceWindowExpireAt: iso(later) })).toEqual(open(later));
      expect(decide(messenger, { lastInboundAt }, { sender: 'human' })).toEqual(windowUnknown);
    });

    test('scenario 4: the tolerance holds for the human agent window too', () => {
      const options = { sender: 'human', safetyMarginMs: 2 * DAY };
      expect(decide(messenger, { lastInboundAt: AT + skew }, options)).toEqual(humanAgent(AT + 5 * DAY));
      expect(decide(messenger, { lastInboundAt: AT + skew + 1 }, options)).toEqual(windowUnknown);
    });
  });
});

describe('rule 6, scenario 20: the later of the two counts, and a refusal beats both', () => {
  test.each<[name: string, contact: unknown, decision: Decision]>([
    [
      'Bird says open, the inbound closed',
      { serviceWindowExpireAt: iso(later), lastInboundAt: iso(AT - 2 * DAY) },
      open(later),
    ],
    [
      'Bird says closed, the inbound open',
      { serviceWindowExpireAt: iso(AT - HOUR), lastInboundAt: iso(AT - HOUR) },
      open(AT + 23 * HOUR),
    ],
    ['Bird says null, the inbound open', { serviceWindowExpireAt: null, lastInboundAt: iso(AT) }, open(AT + DAY)],
    ['both open, Bird later', { serviceWindowExpireAt: iso(AT + 2 * DAY), lastInboundAt: AT }, open(AT + 2 * DAY)],
    ['both open, the inbound later', { serviceWindowExpireAt: iso(later), lastInboundAt: AT }, open(AT + DAY)],
    ['both closed, Bird later', { serviceWindowExpireAt: iso(AT - 1), lastInboundAt: AT - 2 * DAY }, closed(AT - 1)],
    [
      'both closed, the inbound later',
      { serviceWindowExpireAt: iso(AT - DAY), lastInboundAt: AT - DAY - 5 },
      closed(AT - 5),
    ],
    ['Bird null, the inbound old', { serviceWindowExpireAt: null, lastInboundAt: AT - 2 * DAY }, closed(AT - DAY)],
  ])('%s', (_name, contact, decision) => {
    expect(decide(whatsapp, contact)).toEqual(decision);
  });

  test.each<[name: string, contact: object, decision: Decision]>([
    ['sent after the inbound: refuted', { lastInboundAt: AT - HOUR }, closed(null)],
    ['sent with the inbound: refuted', { lastInboundAt: AT - 10 * MINUTE }, closed(null)],
    ['sent one millisecond before the inbound', { lastInboundAt: AT - 10 * MINUTE + 1 }, open(AT + DAY - 599_999)],
    ["Bird's date from before it: refuted", { serviceWindowExpireAt: AT + DAY - 10 * MINUTE - 1 }, closed(null)],
    ["Bird's date from just then: refuted", { serviceWindowExpireAt: AT + DAY - 10 * MINUTE }, closed(null)],
    [
      "Bird's date from one millisecond later stands",
      { serviceWindowExpireAt: AT + DAY - 10 * MINUTE + 1 },
      open(AT + DAY - 10 * MINUTE + 1),
    ],
    ['both from before: refuted', { serviceWindowExpireAt: later, lastInboundAt: AT - HOUR }, closed(null)],
    [
      "Bird's date from before, the inbound newer",
      { serviceWindowExpireAt: AT + 23 * HOUR, lastInboundAt: AT },
      open(AT + DAY),
    ],
    [
      "the inbound from before, Bird's date newer",
      { serviceWindowExpireAt: AT + DAY, lastInboundAt: AT - HOUR },
      open(AT + DAY),
    ],
    ['alone means closed', {}, closed(null)],
    ["with Bird's null", { serviceWindowExpireAt: null }, closed(null)],
    [
      'what it refutes does not name the end either',
      { serviceWindowExpireAt: AT - HOUR, lastInboundAt: AT - 2 * DAY },
      closed(null),
    ],
  ])('a message refused ten minutes ago, %s', (_name, contact, decision) => {
    expect(decide(whatsapp, { ...contact, refusedAt: iso(AT - 10 * MINUTE) })).toEqual(decision);
  });

  test('a refusal dated after the instant asked about refutes as well', () => {
    expect(decide(whatsapp, { lastInboundAt: AT, refusedAt: AT + HOUR })).toEqual(closed(null));
    expect(decide(whatsapp, { serviceWindowExpireAt: later, refusedAt: AT + HOUR })).toEqual(closed(null));
  });

  test.each<[name: string, value: unknown]>([['null', null], ['undefined', undefined], ...notInstants])(
    'a refusal dated %s is none',
    (_name, refusedAt) => {
      expect(decide(whatsapp, { ...openContact, refusedAt })).toEqual(open(later));
      expect(decide(whatsapp, { refusedAt })).toEqual(windowUnknown);
    },
  );

  test("the window of the platform, not 24 h, shows which message Bird's date is based on", () => {
    const contact = { serviceWindowExpireAt: AT + 10 * HOUR, refusedAt: AT - 20 * HOUR };
    expect(decide(whatsapp, contact)).toEqual(open(AT + 10 * HOUR));
    expect(decide({ platformId: 'tiktok' }, contact)).toEqual(closed(null));
  });

  describe.each<[platformId: string, durationMs: number]>([
    ['whatsapp', DAY],
    ['facebook', DAY],
    ['instagram', DAY],
    ['tiktok', 2 * DAY],
    ['wechat', 2 * DAY],
    ['viber', DAY],
    ['zalo', 2 * DAY],
    ['kakaotalk', 30 * DAY],
  ])('a date that no message can explain yet, on %s (field A1)', (platformId, durationMs) => {
    const ask = (contact: object): Decision => decide({ platformId }, contact);
    const furthest = AT + durationMs + 5 * MINUTE;

    test.each<[name: string, end: number, refusedAt: number, decision: Decision]>([
      ['the furthest that a message of now explains', furthest, AT - 1, open(furthest)],
      ['one millisecond further', furthest + 1, AT - 1, closed(null)],
      ['far ahead', AT + durationMs + 7 * DAY, AT - HOUR, closed(null)],
      ['explained, refused in the same millisecond', AT + durationMs - HOUR, AT - HOUR, closed(null)],
      [
        'explained, refused one millisecond before',
        AT + durationMs - HOUR,
        AT - HOUR - 1,
        open(AT + durationMs - HOUR),
      ],
    ])('%s', (_name, serviceWindowExpireAt, refusedAt, decision) => {
      expect(ask({ serviceWindowExpireAt, refusedAt })).toEqual(decision);
    });

    test('is believed where nothing was refused', () => {
      expect(ask({ serviceWindowExpireAt: furthest + 1 })).toEqual(open(furthest + 1));
    });
  });
});
