import { afterEach, describe, expect, test, vi } from 'vitest';
import { canSendFreeform, decideFreeform } from '../../src/core/freeform.js';
import type { Decision } from '../../src/core/types.js';
import {
  AT,
  closed,
  DAY,
  decide,
  HOUR,
  iso,
  MINUTE,
  malformed,
  noServiceWindow,
  notInstants,
  open,
  permanentSession,
  platformUnknown,
  whatsapp,
  windowUnknown,
} from './support.js';

const messenger = { platformId: 'facebook', status: 'active' };
const sms = { platformId: 'sms-messagebird', status: 'active' };
const later = AT + 3 * HOUR;
const openContact = { serviceWindowExpireAt: iso(later) };

const denied = (reason: 'channel_inactive' | 'outgoing_unavailable' | 'opted_out' | 'quota_spent'): Decision => ({
  verdict: 'deny',
  reason,
  closedAt: null,
});
const humanAgent = (validUntil: number): Decision => ({ verdict: 'allow', reason: 'human_agent_window', validUntil });

const notFlags: Array<[name: string, value: unknown]> = [
  ['false', false],
  ['null', null],
  ['undefined', undefined],
  ['"true"', 'true'],
  ['1', 1],
  ['an object', {}],
  ['an array', [true]],
  ['a Boolean object', Object(true)],
];

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
    ['a word that Bird may add', 'warming_up'],
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
      ['a word that Bird may add', 'text'],
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

describe('rule 5: a permanent session', () => {
  test.each<[name: string, serviceWindowExpireAt: unknown]>([
    ['null', null],
    ['a past date', iso(AT - DAY)],
    ['this instant', iso(AT)],
    ['a future date', iso(later)],
    ['undefined', undefined],
    ['an unreadable date', 'tomorrow'],
  ])('scenario 16: overrides a date of %s', (_name, serviceWindowExpireAt) => {
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

  test("the window of the platform, not 24 h, tells what Bird's date was based on", () => {
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

describe('rule 8, scenario 5: the safety margin', () => {
  const margin = 10_000;

  test.each<[name: string, end: number, decision: Decision]>([
    ['open: one millisecond outside the margin', AT + margin + 1, open(AT + 1)],
    ['closing: exactly the margin is left, the true end is told', AT + margin, closed(AT + margin)],
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
