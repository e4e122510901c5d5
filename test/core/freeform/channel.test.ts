import { describe, expect, test } from 'vitest';
import type { Decision } from '../../../src/core/types.js';
import { AT, decide, HOUR, iso, noServiceWindow, notInstants, open, whatsapp } from '../support.js';
import { denied, later, notFlags, openContact, sms } from './facts.js';

describe('rule 1: a channel that is switched off', () => {
  test.each(['active', 'preview'])('%s may send', (status) => {
    expect(decide({ ...whatsapp, status }, openContact)).toEqual(open(later));
  });

  test.each([
    'inactive',
    'disabled',
    'paused',
    'suspended',
    'archived',
    'deleted',
    'expired',
    'failed',
    'pending',
    'installing',
  ])('%s may not, on any platform, known or not', (status) => {
    for (const platformId of ['whatsapp', 'sms-messagebird', 'apple-business-chat', 'pigeon', undefined]) {
      expect(decide({ platformId, status }, { ...openContact, isPermanentSession: true })).toEqual(
        denied('channel_inactive'),
      );
    }
  });

  test.each<[name: string, status: unknown]>([
    ['a value that Bird may add', 'warming_up'],
    ['another case: ACTIVE', 'ACTIVE'],
    ['another case: Inactive', 'Inactive'],
    ['spaces around it', ' inactive '],
    ['an empty string', ''],
    ['the name of an inherited property', 'constructor'],
    ['null', null],
    ['undefined', undefined],
    ['a number', 0],
    ['false', false],
    ['an array that reads like one', ['inactive']],
    ['a String object', Object('inactive')],
  ])('any other status is let through: %s', (_name, status) => {
    expect(decide({ ...whatsapp, status }, openContact)).toEqual(open(later));
  });

  test('a missing status is let through', () => {
    expect(decide({ platformId: 'whatsapp' }, openContact)).toEqual(open(later));
  });
});

describe('rule 2: a messaging capability that is off or has run out', () => {
  const onMessaging = (capability: unknown): object => ({ messaging: { messaging: capability } });
  const onOutgoing = (capability: unknown): object => onMessaging({ status: 'active', outgoing: capability });
  const places = [
    ['messaging', onMessaging],
    ['outgoing', onOutgoing],
  ] as const;

  describe.each(places)('%s', (_place, at) => {
    test.each([
      'inactive',
      'disabled',
      'paused',
      'suspended',
      'archived',
      'deleted',
      'expired',
      'failed',
      'pending',
      'installing',
    ])('denies with status %s', (status) => {
      const capabilities = at({ status });
      expect(decide({ ...whatsapp, capabilities }, openContact)).toEqual(denied('outgoing_unavailable'));
      expect(decide({ ...sms, capabilities }, openContact)).toEqual(denied('outgoing_unavailable'));
      expect(decide({ platformId: 'pigeon', capabilities }, openContact)).toEqual(denied('outgoing_unavailable'));
    });

    test.each<[name: string, status: unknown]>([
      ['active', 'active'],
      ['preview', 'preview'],
      ['a value that Bird may add', 'text'],
      ['null', null],
      ['undefined', undefined],
      ['a number', 0],
      ['false', false],
    ])('lets a status through that is %s', (_name, status) => {
      expect(decide({ ...whatsapp, capabilities: at({ status }) }, openContact)).toEqual(open(later));
    });

    test.each<[name: string, expiresAt: unknown, decision: Decision]>([
      ['one millisecond ago', iso(AT - 1), denied('outgoing_unavailable')],
      ['at this very instant', iso(AT), denied('outgoing_unavailable')],
      ['one millisecond from now', iso(AT + 1), open(later)],
      ['as a past number', AT - 1, denied('outgoing_unavailable')],
      ['as a past Date', new Date(AT - 1), denied('outgoing_unavailable')],
      ['in the year 2000', '2000-01-01T00:00:00Z', denied('outgoing_unavailable')],
      ['a millisecond before the year 2000 (field A13)', '1999-12-31T23:59:59.999Z', open(later)],
      ["at Go's zero time (field A13)", '0001-01-01T00:00:00Z', open(later)],
      ["at Go's zero time, with an offset", '0001-01-01T00:00:00+00:00', open(later)],
      ['at the zero of Unix', '1970-01-01T00:00:00Z', open(later)],
      ['at 0', 0, open(later)],
      ['at -1', -1, open(later)],
      ['at a small number', 86_400, open(later)],
      ['at the zero of a Date', new Date(0), open(later)],
      ['null', null, open(later)],
      ['undefined', undefined, open(later)],
    ])('that runs out %s', (_name, expiresAt, decision) => {
      expect(decide({ ...whatsapp, capabilities: at({ status: 'active', expiresAt }) }, openContact)).toEqual(decision);
    });

    test.each(notInstants)('an end that is %s is no end', (_name, expiresAt) => {
      expect(decide({ ...whatsapp, capabilities: at({ expiresAt }) }, openContact)).toEqual(open(later));
    });
  });

  test.each<[name: string, capabilities: unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['empty', {}],
    ['a string', 'inactive'],
    ['an array', [{ status: 'inactive' }]],
    ['without messaging', { voice: { voice: { status: 'inactive' } } }],
    ['with a messaging group of null', { messaging: null }],
    ['with an empty group', { messaging: {} }],
    ['with a capability of null', onMessaging(null)],
    ['with outgoing: null', onOutgoing(null)],
    ['with a status on the group only', { messaging: { status: 'inactive' } }],
    ['with only the incoming side switched off', onMessaging({ incoming: { status: 'inactive' } })],
    ['with a leaf that is paused', onOutgoing({ mms: { status: 'inactive', paused: true } })],
    ['with an unrelated capability switched off', { messaging: { mms: { status: 'inactive' } } }],
  ])('capabilities that say nothing about outgoing messages are fine: %s', (_name, capabilities) => {
    expect(decide({ ...whatsapp, capabilities }, openContact)).toEqual(open(later));
  });

  test('one of the two being off is enough', () => {
    const capabilities = onMessaging({ status: 'paused', outgoing: { status: 'active' } });
    expect(decide({ ...whatsapp, capabilities }, openContact)).toEqual(denied('outgoing_unavailable'));
  });

  test('the end of a capability counts as of the instant asked about, and the margin does not move it', () => {
    const capabilities = onOutgoing({ expiresAt: iso(AT + HOUR) });
    expect(decide({ ...sms, capabilities }, {}, { safetyMarginMs: HOUR })).toEqual(noServiceWindow);
    expect(decide({ ...sms, capabilities }, {}, { at: AT + HOUR })).toEqual(denied('outgoing_unavailable'));
  });
});

describe('rule 3: a customer who opted out', () => {
  test.each(['whatsapp', 'facebook', 'sms-messagebird', 'email-sparkpost', 'apple-business-chat', 'pigeon', undefined])(
    'scenario 44: opt-out beats every window on %s',
    (platformId) => {
      const contact = { ...openContact, isPermanentSession: true, lastInboundAt: iso(AT), optedOut: true };
      expect(decide({ platformId }, contact)).toEqual(denied('opted_out'));
      expect(decide({ platformId }, contact, { sender: 'human' })).toEqual(denied('opted_out'));
    },
  );

  test.each(notFlags)('only true is an opt-out, not %s', (_name, optedOut) => {
    expect(decide(whatsapp, { ...openContact, optedOut })).toEqual(open(later));
  });
});
