import { describe, expect, test } from 'vitest';
import type { Decision } from '../../../src/core/types.js';
import { AT, closed, DAY, decide, HOUR, iso, malformed, open, whatsapp, windowUnknown } from '../support.js';
import { denied, humanAgent, messenger, openContact } from './facts.js';

describe('rule 8, scenario 5: the safety margin', () => {
  const margin = 10_000;

  test.each<[name: string, end: number, decision: Decision]>([
    ['open: one millisecond outside the margin', AT + margin + 1, open(AT + 1)],
    ['closing: exactly the margin is left, closedAt is the true end', AT + margin, closed(AT + margin)],
    ['closing: one millisecond inside the margin', AT + margin - 1, closed(AT + margin - 1)],
    ['closing: one millisecond is left', AT + 1, closed(AT + 1)],
    ['closed: at the end', AT, closed(AT)],
    ['closed: after the end', AT - 1, closed(AT - 1)],
  ])('%s', (_name, end, decision) => {
    expect(decide(whatsapp, { serviceWindowExpireAt: iso(end) }, { safetyMarginMs: margin })).toEqual(decision);
    expect(decide(whatsapp, { lastInboundAt: iso(end - DAY) }, { safetyMarginMs: margin })).toEqual(decision);
  });

  test.each<[name: string, end: number, decision: Decision]>([
    ['open', AT + margin + 1, humanAgent(AT + 1)],
    ['closing', AT + margin, closed(AT + margin)],
    ['closed', AT, closed(AT)],
  ])('holds at the end of the human agent window: %s', (_name, end, decision) => {
    const contact = { lastInboundAt: iso(end - 7 * DAY) };
    expect(decide(messenger, contact, { sender: 'human', safetyMarginMs: margin })).toEqual(decision);
  });

  test.each<[name: string, safetyMarginMs: unknown]>([
    ['undefined', undefined],
    ['zero', 0],
    ['minus zero', -0],
  ])('is nothing by default: %s', (_name, safetyMarginMs) => {
    expect(decide(whatsapp, { serviceWindowExpireAt: AT + 1 }, { safetyMarginMs })).toEqual(open(AT + 1));
  });

  test('scenario 5: larger than the window, it leaves nothing open', () => {
    expect(decide(whatsapp, { lastInboundAt: AT }, { safetyMarginMs: DAY })).toEqual(closed(AT + DAY));
    expect(decide(whatsapp, { lastInboundAt: AT }, { safetyMarginMs: DAY - 1 })).toEqual(open(AT + 1));
  });

  test.each<[name: string, safetyMarginMs: unknown]>([
    ['negative', -1],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['null', null],
    ['a string', '10000'],
    ['a bigint', 10_000n],
    ['true', true],
    ['an object', {}],
    ['an array', [10_000]],
    ['a Date', new Date(10_000)],
  ])('gives window_unknown, open or closed, when it is %s', (_name, safetyMarginMs) => {
    expect(decide(whatsapp, openContact, { safetyMarginMs })).toEqual(windowUnknown);
    expect(decide(whatsapp, { serviceWindowExpireAt: null }, { safetyMarginMs })).toEqual(windowUnknown);
    expect(decide(messenger, { lastInboundAt: AT }, { safetyMarginMs, sender: 'human' })).toEqual(windowUnknown);
  });
});

describe('rule 9: the quota', () => {
  test.each<[platformId: string, quota: number, window: number]>([
    ['tiktok', 10, 2 * DAY],
    ['wechat', 5, 2 * DAY],
    ['viber', 5, DAY],
    ['zalo', 8, 2 * DAY],
  ])('scenario 39: %s allows %d messages after an inbound and refuses the next', (platformId, quota, window) => {
    const sent = (messagesSinceInbound: unknown): Decision =>
      decide({ platformId }, { lastInboundAt: AT, messagesSinceInbound });
    expect(sent(0)).toEqual(open(AT + window));
    expect(sent(quota - 1)).toEqual(open(AT + window));
    expect(sent(quota)).toEqual(denied('quota_spent'));
    expect(sent(quota + 1)).toEqual(denied('quota_spent'));
    expect(sent(Number.POSITIVE_INFINITY)).toEqual(denied('quota_spent'));
  });

  test.each<[name: string, messagesSinceInbound: unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['NaN', Number.NaN],
    ['negative', -1],
    ['a string', '10'],
    ['a bigint', 10n],
    ['an array', [10]],
    ['an object', { valueOf: () => 10 }],
  ])('scenario 39: a count that is %s is not counted', (_name, messagesSinceInbound) => {
    const contact = { lastInboundAt: AT, messagesSinceInbound };
    expect(decide({ platformId: 'tiktok' }, contact)).toEqual(open(AT + 2 * DAY));
  });

  test('scenario 39: it is spent within the window of Bird too', () => {
    const contact = { ...openContact, messagesSinceInbound: 10 };
    expect(decide({ platformId: 'tiktok' }, contact)).toEqual(denied('quota_spent'));
  });

  test('is not asked where the window is closed or unknown', () => {
    const tiktok = { platformId: 'tiktok' };
    expect(decide(tiktok, { serviceWindowExpireAt: null, messagesSinceInbound: 10 })).toEqual(closed(null));
    expect(decide(tiktok, { lastInboundAt: AT - 2 * DAY, messagesSinceInbound: 10 })).toEqual(closed(AT));
    expect(decide(tiktok, { messagesSinceInbound: 10 })).toEqual(windowUnknown);
    expect(decide(tiktok, { serviceWindowExpireAt: '', messagesSinceInbound: 10 })).toEqual(malformed);
    const wroteToday = { lastInboundAt: AT - HOUR, messagesSinceInbound: 10 };
    expect(decide(tiktok, { ...wroteToday, serviceWindowExpireAt: '' })).toEqual(malformed);
  });

  test('holds in the human agent window of a row that has both', () => {
    const platforms = { pigeon: { window: { durationMs: HOUR, humanAgentMs: DAY, quota: 2 } } };
    const ask = (messagesSinceInbound: number): Decision =>
      decide(
        { platformId: 'pigeon' },
        { lastInboundAt: AT - HOUR, messagesSinceInbound },
        { platforms, sender: 'human' },
      );
    expect(ask(1)).toEqual(humanAgent(AT + 23 * HOUR));
    expect(ask(2)).toEqual(denied('quota_spent'));
  });

  test('a quota of zero lets nothing through that is counted', () => {
    const platforms = { pigeon: { window: { durationMs: HOUR, quota: 0 } } };
    const ask = (messagesSinceInbound?: number): Decision =>
      decide({ platformId: 'pigeon' }, { lastInboundAt: AT, messagesSinceInbound }, { platforms });
    expect(ask(0)).toEqual(denied('quota_spent'));
    expect(ask()).toEqual(open(AT + HOUR));
  });

  test.each(['whatsapp', 'facebook', 'instagram', 'kakaotalk'])('there is none on %s', (platformId) => {
    const contact = { lastInboundAt: AT, messagesSinceInbound: 1_000_000 };
    expect(decide({ platformId }, contact).verdict).toBe('allow');
  });
});
