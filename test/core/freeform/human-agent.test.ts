import { describe, expect, test } from 'vitest';
import type { Decision } from '../../../src/core/types.js';
import { AT, closed, DAY, decide, HOUR, iso, malformed, open, windowUnknown } from '../support.js';
import { humanAgent, messenger } from './facts.js';

describe('rule 7: what does not speak of the human (field A2)', () => {
  const human = (contact: object): Decision => decide({ platformId: 'instagram' }, contact, { sender: 'human' });
  const bot = (contact: object): Decision => decide({ platformId: 'instagram' }, contact);
  const inbound = { lastInboundAt: AT - 30 * HOUR };

  test.each<[name: string, contact: object, human: Decision]>([
    ["Bird's null", { serviceWindowExpireAt: null }, windowUnknown],
    ["Bird's past date", { serviceWindowExpireAt: AT - 6 * HOUR }, windowUnknown],
    ["Bird's date of now", { serviceWindowExpireAt: AT }, windowUnknown],
    ['a refusal alone', { refusedAt: AT - HOUR }, windowUnknown],
    ['null and a refusal', { serviceWindowExpireAt: null, refusedAt: AT - HOUR }, windowUnknown],
    ['a past date and a refusal after it', { serviceWindowExpireAt: AT - HOUR, refusedAt: AT - 1 }, windowUnknown],
    ['an inbound of the future', { serviceWindowExpireAt: null, lastInboundAt: AT + HOUR }, windowUnknown],
    ["an inbound beside Bird's null", { ...inbound, serviceWindowExpireAt: null }, humanAgent(AT + 138 * HOUR)],
    ['a refusal at the end of the short window', { ...inbound, refusedAt: AT - 6 * HOUR }, humanAgent(AT + 138 * HOUR)],
    ['a refusal one millisecond before that', { ...inbound, refusedAt: AT - 6 * HOUR - 1 }, closed(null)],
    ['a refusal in the short window that Bird reports', { serviceWindowExpireAt: AT + 1, refusedAt: AT }, closed(null)],
    ['an inbound of 7 days ago', { lastInboundAt: AT - 7 * DAY, serviceWindowExpireAt: null }, closed(AT)],
  ])('%s', (_name, contact, decision) => {
    expect(human(contact)).toEqual(decision);
    expect(bot(contact)).toMatchObject({ verdict: 'deny', reason: 'service_window_closed' });
  });
});

describe('rule 7, scenario 40: the human agent window of Messenger and Instagram', () => {
  const since = (ms: number): object => ({ lastInboundAt: iso(AT - ms) });

  describe.each(['facebook', 'messenger', 'instagram'])('%s', (platformId) => {
    test.each<[name: string, contact: object, sender: unknown, decision: Decision]>([
      ['a human within 24 h', since(DAY - 1), 'human', open(AT + 1)],
      ['a human at exactly 24 h', since(DAY), 'human', humanAgent(AT + 6 * DAY)],
      ['a human one millisecond before 7 days', since(7 * DAY - 1), 'human', humanAgent(AT + 1)],
      ['a human at exactly 7 days', since(7 * DAY), 'human', closed(AT)],
      ['a human after 7 days', since(7 * DAY + 1), 'human', closed(AT - 1)],
      ['automation within 24 h', since(DAY - 1), 'automation', open(AT + 1)],
      ['automation at exactly 24 h', since(DAY), 'automation', closed(AT)],
      ['automation at 25 h', since(25 * HOUR), 'automation', closed(AT - HOUR)],
      ['nobody named at 25 h counts as automation', since(25 * HOUR), undefined, closed(AT - HOUR)],
      ['null at 25 h counts as automation', since(25 * HOUR), null, closed(AT - HOUR)],
      ['HUMAN at 25 h counts as automation', since(25 * HOUR), 'HUMAN', closed(AT - HOUR)],
      ['true at 25 h counts as automation', since(25 * HOUR), true, closed(AT - HOUR)],
    ])('%s', (_name, contact, sender, decision) => {
      expect(decide({ platformId }, contact, { sender })).toEqual(decision);
      expect(decide({ platformId }, { ...contact, serviceWindowExpireAt: null }, { sender })).toEqual(decision);
    });
  });

  test.each<[name: string, contact: unknown, decision: Decision]>([
    ['nothing known', {}, windowUnknown],
    ["Bird's date of 7 days is believed as it is", { serviceWindowExpireAt: AT + 6 * DAY }, open(AT + 6 * DAY)],
    [
      'the inbound counts although Bird says closed',
      { serviceWindowExpireAt: iso(AT - HOUR), lastInboundAt: iso(AT - 25 * HOUR) },
      humanAgent(AT + 7 * DAY - 25 * HOUR),
    ],
    [
      'the inbound counts although what Bird says is unreadable',
      { serviceWindowExpireAt: 'tomorrow', lastInboundAt: iso(AT - 25 * HOUR) },
      humanAgent(AT + 7 * DAY - 25 * HOUR),
    ],
    [
      'unreadable, and the 7 days have passed',
      { serviceWindowExpireAt: 'tomorrow', lastInboundAt: AT - 8 * DAY },
      malformed,
    ],
    [
      'a refusal within the 24 h of the inbound closes it',
      { lastInboundAt: iso(AT - 25 * HOUR), refusedAt: iso(AT - 2 * HOUR) },
      closed(null),
    ],
    [
      'an inbound after the refusal opens it again',
      { lastInboundAt: iso(AT - 25 * HOUR), refusedAt: iso(AT - 26 * HOUR) },
      humanAgent(AT + 7 * DAY - 25 * HOUR),
    ],
  ])('for a human, %s', (_name, contact, decision) => {
    expect(decide(messenger, contact, { sender: 'human' })).toEqual(decision);
  });

  test('for a human, inside the margin of the 24 h the 7 days apply', () => {
    const contact = { lastInboundAt: AT - DAY + 10_000 };
    expect(decide(messenger, contact, { sender: 'human', safetyMarginMs: 10_000 })).toEqual(humanAgent(AT + 6 * DAY));
  });

  test.each(['whatsapp', 'tiktok', 'viber', 'kakaotalk'])('a human gets no longer window on %s', (platformId) => {
    const contact = { lastInboundAt: AT - 31 * DAY };
    expect(decide({ platformId }, contact, { sender: 'human' }).verdict).toBe('deny');
  });
});
