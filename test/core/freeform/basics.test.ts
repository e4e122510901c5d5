import { afterEach, describe, expect, test, vi } from 'vitest';
import { canSendFreeform, decideFreeform } from '../../../src/core/freeform.js';
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
  notInstants,
  open,
  permanentSession,
  platformUnknown,
  whatsapp,
  windowUnknown,
} from '../support.js';
import { denied, later, messenger, openContact, sms } from './facts.js';

describe('canSendFreeform', () => {
  test.each<[name: string, contact: unknown, answer: boolean]>([
    ['true for allow', openContact, true],
    ['false for deny', { serviceWindowExpireAt: null }, false],
    ['false for unknown', {}, false],
  ])('%s', (_name, contact, answer) => {
    expect(canSendFreeform(whatsapp, contact as object, { at: AT })).toBe(answer);
  });

  test('passes its options on', () => {
    expect(canSendFreeform(whatsapp, openContact, { at: later })).toBe(false);
    expect(canSendFreeform(whatsapp, openContact, { at: AT, safetyMarginMs: 3 * HOUR })).toBe(false);
  });
});

describe('the instant of the question', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each<[name: string, options: object | undefined]>([
    ['no options', undefined],
    ['empty options', {}],
    ['at: undefined', { at: undefined }],
  ])('is now by default: %s', (_name, options) => {
    vi.useFakeTimers({ now: AT });
    expect(decideFreeform(whatsapp, { serviceWindowExpireAt: iso(AT + 1) }, options)).toEqual(open(AT + 1));
    vi.setSystemTime(AT + 1);
    expect(decideFreeform(whatsapp, { serviceWindowExpireAt: iso(AT + 1) }, options)).toEqual(closed(AT + 1));
  });

  test('is now too where the options are null', () => {
    vi.useFakeTimers({ now: AT });
    expect(decideFreeform(whatsapp, openContact, null as never)).toEqual(open(later));
  });

  test.each<[name: string, at: unknown]>([
    ['a Date', new Date(AT)],
    ['epoch milliseconds', AT],
    ['an ISO string with offset, though the type asks for less', iso(AT)],
  ])('is given as %s', (_name, at) => {
    expect(decide(whatsapp, { serviceWindowExpireAt: AT + 1 }, { at })).toEqual(open(AT + 1));
    expect(decide(whatsapp, { serviceWindowExpireAt: AT }, { at })).toEqual(closed(AT));
  });

  test.each<[name: string, at: unknown]>([['null', null], ...notInstants])(
    'gives window_unknown, open or closed, when it is %s',
    (_name, at) => {
      expect(decide(whatsapp, openContact, { at })).toEqual(windowUnknown);
      expect(decide(whatsapp, { serviceWindowExpireAt: null }, { at })).toEqual(windowUnknown);
      expect(decide(whatsapp, { lastInboundAt: AT }, { at })).toEqual(windowUnknown);
      expect(decide(messenger, { lastInboundAt: AT }, { at, sender: 'human' })).toEqual(windowUnknown);
    },
  );

  test('does not matter where no time is asked for: such answers stand even when it is invalid', () => {
    const at = Number.NaN;
    expect(decide(sms, {}, { at })).toEqual(noServiceWindow);
    expect(decide(whatsapp, { isPermanentSession: true }, { at })).toEqual(permanentSession);
    expect(decide({ ...whatsapp, status: 'paused' }, openContact, { at })).toEqual(denied('channel_inactive'));
    expect(decide(whatsapp, { ...openContact, optedOut: true }, { at })).toEqual(denied('opted_out'));
    expect(decide({ platformId: 'pigeon' }, openContact, { at })).toEqual(platformUnknown);
  });

  test.each<[at: number, decision: Decision]>([
    [later - 1, open(later)],
    [later, closed(later)],
    [later + 35 * DAY, closed(later)],
  ])('scenario 48: may lie in the future, for a scheduled send (%d)', (at, decision) => {
    expect(decide(whatsapp, openContact, { at })).toEqual(decision);
    expect(decide(whatsapp, openContact, { at: new Date(at) })).toEqual(decision);
  });

  test('scenario 48: an inbound known today opens a future instant only within its own window', () => {
    const contact = { lastInboundAt: AT, serviceWindowExpireAt: null };
    expect(decide(whatsapp, contact, { at: AT + DAY - 1 })).toEqual(open(AT + DAY));
    expect(decide(whatsapp, contact, { at: AT + DAY })).toEqual(closed(AT + DAY));
  });
});

describe('the order of the rules: the earlier one speaks', () => {
  const paused = { status: 'paused', capabilities: { messaging: { messaging: { status: 'paused' } } } };
  const capped = { status: 'active', capabilities: { messaging: { messaging: { status: 'paused' } } } };
  const gone = { optedOut: true, isPermanentSession: true, ...openContact };

  test.each<[name: string, channel: object, contact: object, decision: Decision]>([
    ['1 before 2 and 3', { ...paused, platformId: 'sms' }, gone, denied('channel_inactive')],
    ['2 before 3', { ...capped, platformId: 'sms' }, gone, denied('outgoing_unavailable')],
    ['3 before 4: no window', { platformId: 'sms' }, gone, denied('opted_out')],
    ['3 before 4: unknown platform', { platformId: 'pigeon' }, gone, denied('opted_out')],
    ['3 before 5', whatsapp, gone, denied('opted_out')],
    ['4 before 5', { platformId: 'sms' }, { isPermanentSession: true }, noServiceWindow],
    ['4 before 6', { platformId: 'sms' }, { serviceWindowExpireAt: '' }, noServiceWindow],
    ['5 before 6', whatsapp, { isPermanentSession: true, serviceWindowExpireAt: '' }, permanentSession],
    ['6 before 9', { platformId: 'tiktok' }, { serviceWindowExpireAt: null, messagesSinceInbound: 99 }, closed(null)],
  ])('%s', (_name, channel, contact, decision) => {
    expect(decide(channel, contact)).toEqual(decision);
  });
});

describe('facts that cannot be read', () => {
  const throwing = (key: string): object =>
    Object.defineProperty({}, key, {
      enumerable: true,
      get: () => {
        throw new Error('read');
      },
    });

  test.each(['serviceWindowExpireAt', 'lastInboundAt', 'refusedAt', 'isPermanentSession', 'optedOut'])(
    'a getter that throws for %s decides nothing',
    (key) => {
      expect(decide(whatsapp, throwing(key))).toEqual(malformed);
    },
  );

  test('... unless an earlier rule has spoken without it', () => {
    expect(decide({ ...whatsapp, status: 'paused' }, throwing('optedOut'))).toEqual(denied('channel_inactive'));
    expect(decide(sms, throwing('serviceWindowExpireAt'))).toEqual(noServiceWindow);
  });

  test('accessors that work are read: only what is inherited is not', () => {
    const contact = Object.defineProperty({}, 'serviceWindowExpireAt', { get: () => iso(later) });
    expect(decide(whatsapp, contact)).toEqual(open(later));
    expect(decide(whatsapp, Object.create(contact))).toEqual(windowUnknown);
    expect(decide(Object.create(whatsapp), openContact)).toEqual(open(later));
    expect(decide(Object.create(sms), {})).toEqual(platformUnknown);
  });
});
