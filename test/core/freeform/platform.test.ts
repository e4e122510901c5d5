import { describe, expect, test } from 'vitest';
import type { Decision } from '../../../src/core/types.js';
import {
  AT,
  closed,
  DAY,
  decide,
  HOUR,
  iso,
  malformed,
  noServiceWindow,
  open,
  platformUnknown,
  whatsapp,
  windowUnknown,
} from '../support.js';
import { denied, humanAgent, later, messenger, openContact, sms } from './facts.js';

describe('rule 4: the platform decides whether there is a window', () => {
  test('no window: allowed whatever is known of the contact', () => {
    const contacts = [undefined, null, {}, { serviceWindowExpireAt: null }, { serviceWindowExpireAt: iso(AT - DAY) }];
    for (const contact of [...contacts, { serviceWindowExpireAt: 'tomorrow' }, { refusedAt: iso(AT) }]) {
      expect(decide(sms, contact)).toEqual(noServiceWindow);
      expect(decide(sms, contact, { safetyMarginMs: Number.NaN })).toEqual(noServiceWindow);
    }
  });

  describe('a platform that the table does not know', () => {
    const pigeon = { platformId: 'pigeon', status: 'active' };

    test.each<[name: string, contact: unknown, decision: Decision]>([
      ["Bird's future date allows", { serviceWindowExpireAt: iso(AT + 1) }, open(AT + 1)],
      ['a date that is now does not', { serviceWindowExpireAt: iso(AT) }, platformUnknown],
      ['a past date closes nothing', { serviceWindowExpireAt: iso(AT - 1) }, platformUnknown],
      ['null closes nothing', { serviceWindowExpireAt: null }, platformUnknown],
      ['nothing known', {}, platformUnknown],
      ['no contact', undefined, platformUnknown],
      ['an inbound opens nothing: nobody knows for how long', { lastInboundAt: iso(AT) }, platformUnknown],
      ['a permanent session is not enough', { isPermanentSession: true }, platformUnknown],
      ['an unreadable date', { serviceWindowExpireAt: 'tomorrow' }, platformUnknown],
      ["a refusal takes Bird's date back", { ...openContact, refusedAt: iso(AT - DAY) }, platformUnknown],
      ['an unreadable refusal does not', { ...openContact, refusedAt: 'yesterday' }, open(later)],
    ])('%s', (_name, contact, decision) => {
      expect(decide(pigeon, contact)).toEqual(decision);
    });

    test('the margin is taken off', () => {
      expect(decide(pigeon, openContact, { safetyMarginMs: 3 * HOUR - 1 })).toEqual(open(AT + 1));
      expect(decide(pigeon, openContact, { safetyMarginMs: 3 * HOUR })).toEqual(platformUnknown);
      expect(decide(pigeon, openContact, { safetyMarginMs: Number.NaN })).toEqual(platformUnknown);
    });

    test.each<[name: string, channel: unknown]>([
      ['no channel', undefined],
      ['a channel of null', null],
      ['an empty channel', {}],
      ['platformId: null', { platformId: null }],
      ['platformId: a number', { platformId: 1 }],
      ['platformId: an array', { platformId: ['sms'] }],
      ['platformId: a String object', { platformId: Object('sms') }],
      ['platformId: empty', { platformId: '' }],
      ['platformId: another case', { platformId: 'SMS' }],
      ['a channel that is a string', 'whatsapp'],
      ['a channel that is a function', Object.assign(() => undefined, { platformId: 'sms' })],
    ])('%s', (_name, channel) => {
      expect(decide(channel, {})).toEqual(platformUnknown);
      expect(decide(channel, openContact)).toEqual(open(later));
    });
  });

  describe('rows of the caller', () => {
    const pigeon = { platformId: 'pigeon' };
    const inbound = { lastInboundAt: AT };

    test('add a platform', () => {
      const platforms = { pigeon: { window: { durationMs: HOUR, humanAgentMs: DAY, quota: 1 } } };
      expect(decide(pigeon, inbound, { platforms })).toEqual(open(AT + HOUR));
      expect(decide(pigeon, { ...inbound, messagesSinceInbound: 1 }, { platforms })).toEqual(denied('quota_spent'));
      expect(decide(pigeon, inbound, { platforms, at: AT + HOUR, sender: 'human' })).toEqual(humanAgent(AT + DAY));
      expect(decide(pigeon, { serviceWindowExpireAt: null }, { platforms })).toEqual(closed(null));
    });

    test('add a platform without a window', () => {
      expect(decide(pigeon, {}, { platforms: { pigeon: { window: null } } })).toEqual(noServiceWindow);
    });

    test('override a platform of the table, for every name that it goes by', () => {
      const platforms = { facebook: { window: { durationMs: HOUR } } };
      for (const platformId of ['facebook', 'messenger', 'facebook-messenger']) {
        expect(decide({ platformId }, inbound, { platforms })).toEqual(open(AT + HOUR));
      }
      expect(decide({ platformId: 'instagram' }, inbound, { platforms })).toEqual(open(AT + DAY));
    });

    test('replace the whole row, not parts of it', () => {
      const platforms = { facebook: { window: { durationMs: HOUR } } };
      expect(decide(messenger, inbound, { platforms, at: AT + HOUR, sender: 'human' })).toEqual(closed(AT + HOUR));
    });

    test('the exact platformId beats the platform that it belongs to', () => {
      const platforms = { 'sms-pigeon': { window: { durationMs: HOUR } }, sms: { window: { durationMs: DAY } } };
      expect(decide({ platformId: 'sms-pigeon' }, inbound, { platforms })).toEqual(open(AT + HOUR));
      expect(decide({ platformId: 'sms-messagebird' }, inbound, { platforms })).toEqual(open(AT + DAY));
    });

    test.each<[name: string, platforms: unknown]>([
      ['undefined', undefined],
      ['null', null],
      ['a string', 'whatsapp'],
      ['empty', {}],
      ['a row of undefined', { whatsapp: undefined }],
      ['a row of null', { whatsapp: null }],
    ])('no row given, the table holds: %s', (_name, platforms) => {
      expect(decide(whatsapp, inbound, { platforms })).toEqual(open(AT + DAY));
    });

    test.each<[name: string, platformId: unknown, key: string]>([
      ['a number', 1, '1'],
      ['an array', ['pigeon'], 'pigeon'],
      ['missing', undefined, 'undefined'],
      ['not in the table', 'pigeon', 'undefined'],
    ])('a row under another name is none, where platformId is %s', (_name, platformId, key) => {
      const platforms = { [key]: { window: null } };
      expect(decide({ platformId }, inbound, { platforms })).toEqual(platformUnknown);
    });

    test.each<[name: string, row: unknown]>([
      ['an empty object', {}],
      ['window: undefined', { window: undefined }],
      ['window: false', { window: false }],
      ['no duration', { window: {} }],
      ['a duration of zero', { window: { durationMs: 0 } }],
      ['a negative duration', { window: { durationMs: -1 } }],
      ['a duration of NaN', { window: { durationMs: Number.NaN } }],
      ['a duration in a string', { window: { durationMs: '3600000' } }],
      ['a human agent window in a string', { window: { durationMs: HOUR, humanAgentMs: '7d' } }],
      ['a human agent window of NaN', { window: { durationMs: HOUR, humanAgentMs: Number.NaN } }],
      ['a human agent window of null', { window: { durationMs: HOUR, humanAgentMs: null } }],
      ['a quota in a string', { window: { durationMs: HOUR, quota: '5' } }],
      ['a quota of null', { window: { durationMs: HOUR, quota: null } }],
      ['a negative quota', { window: { durationMs: HOUR, quota: -1 } }],
    ])('a row that is none makes the platform unknown, it never falls back to the table: %s', (_name, row) => {
      const options = { platforms: { whatsapp: row, facebook: row }, sender: 'human' };
      expect(decide(whatsapp, inbound, options)).toEqual(platformUnknown);
      expect(decide(messenger, { lastInboundAt: AT - 2 * DAY }, options)).toEqual(platformUnknown);
    });
  });
});

describe('rule 6: other platforms', () => {
  test('a human is no exception where the platform makes none', () => {
    for (const contact of [{ serviceWindowExpireAt: null }, { refusedAt: AT - HOUR }]) {
      expect(decide(whatsapp, contact, { sender: 'human' })).toEqual(closed(null));
    }
  });
});

describe('rule 6: KakaoTalk and Apple', () => {
  const kakaotalk = { platformId: 'kakaotalk' };
  const apple = { platformId: 'apple-business-chat' };
  const appleOpen: Decision = { verdict: 'allow', reason: 'service_window_open', validUntil: null };

  test.each<[name: string, contact: unknown, decision: Decision]>([
    ['30 days minus one millisecond', { lastInboundAt: AT - 30 * DAY + 1 }, open(AT + 1)],
    ['exactly 30 days', { lastInboundAt: AT - 30 * DAY }, closed(AT)],
    ['30 days and one millisecond', { lastInboundAt: AT - 30 * DAY - 1 }, closed(AT - 1)],
    ['closed by the customer', { lastInboundAt: AT - 2 * DAY, refusedAt: AT - DAY }, closed(null)],
    [
      'closed by the customer, who wrote again',
      { lastInboundAt: AT - HOUR, refusedAt: AT - DAY },
      open(AT + 719 * HOUR),
    ],
    ['closed by the customer, nothing else known', { refusedAt: AT }, closed(null)],
    ['never any inbound', { serviceWindowExpireAt: null }, closed(null)],
  ])('scenario 42: KakaoTalk, %s', (_name, contact, decision) => {
    expect(decide(kakaotalk, contact)).toEqual(decision);
  });

  test.each<[name: string, contact: unknown, decision: Decision]>([
    ['an inbound opens without an end', { lastInboundAt: AT - 3650 * DAY }, appleOpen],
    ['... also beside a null of Bird', { lastInboundAt: AT - DAY, serviceWindowExpireAt: null }, appleOpen],
    ["... and outlasts Bird's date", { lastInboundAt: AT - DAY, serviceWindowExpireAt: AT - HOUR }, appleOpen],
    ["Bird's null says nothing", { serviceWindowExpireAt: null }, windowUnknown],
    ['nothing known', {}, windowUnknown],
    ["Bird's future date opens", { serviceWindowExpireAt: later }, open(later)],
    ["Bird's past date closes", { serviceWindowExpireAt: AT - 1 }, closed(AT - 1)],
    ['an unreadable date', { serviceWindowExpireAt: 'tomorrow' }, malformed],
    ['refused: the customer left', { lastInboundAt: AT - DAY, refusedAt: AT - HOUR }, closed(null)],
    ["refused: Bird's date cannot be newer", { serviceWindowExpireAt: later, refusedAt: AT - DAY }, closed(null)],
    ['refused, then the customer wrote again', { lastInboundAt: AT - HOUR, refusedAt: AT - DAY }, appleOpen],
    ['refused, and null', { serviceWindowExpireAt: null, refusedAt: AT - DAY }, closed(null)],
    ['an inbound of the future is ignored', { lastInboundAt: AT + HOUR }, windowUnknown],
  ])('scenario 42: Apple, %s', (_name, contact, decision) => {
    expect(decide(apple, contact)).toEqual(decision);
  });

  test('a window without end has no margin either', () => {
    expect(decide(apple, { lastInboundAt: AT }, { safetyMarginMs: Number.MAX_VALUE })).toEqual(appleOpen);
  });
});
