import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeWebhookEvent } from '../../src/bird/webhook-event.js';

const CHANNEL = '52ad151f-f7b4-46f9-a5c6-d3318e650c84';
const CONTACT = 'd4e8935a-5f48-45a5-95a5-ee7ba1e2c5b4';
const CREATED_AT = '2026-01-05T09:00:04.900Z';
const CREATED = Date.parse(CREATED_AT);
const PLATFORM_AT = Date.parse('2026-01-05T09:00:00Z');

type Fields = Readonly<Record<string, unknown>>;

function example(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../fixtures/bird/${name}.json`, import.meta.url), 'utf8'));
}

function inbound(change: Fields = {}, event = 'whatsapp.inbound'): object {
  const contact = { id: CONTACT, identifierKey: 'phonenumber', identifierValue: '+31612345678' };
  const payload = {
    id: '404544c5-9920-45f1-8990-0855634ab7ac',
    channelId: CHANNEL,
    sender: { contact },
    body: { type: 'text', text: { text: 'Test' } },
    meta: { extraInformation: { timestamp: String(PLATFORM_AT / 1000) } },
    status: 'delivered',
    direction: 'incoming',
    createdAt: CREATED_AT,
    ...change,
  };
  return { service: 'channels', event, payload };
}

function outbound(change: Fields = {}, event = 'whatsapp.outbound'): object {
  const payload = {
    id: '404544c5-9920-45f1-8990-0855634ab7ac',
    channelId: CHANNEL,
    receiver: { contacts: [{ id: CONTACT, identifierKey: 'phonenumber', identifierValue: '+31612345678' }] },
    body: { type: 'text', text: { text: 'Test' } },
    status: 'sent',
    direction: 'outgoing',
    createdAt: CREATED_AT,
    lastStatusAt: '2026-01-05T09:02:00Z',
    ...change,
  };
  return { service: 'channels', event, payload };
}

const kindOf = (event: object): string => decodeWebhookEvent(event).kind;
const contact = { contactId: CONTACT, address: '+31612345678' };

describe('a customer message', () => {
  it('is dated by the platform where that is earlier: the delivery observed at Bird', () => {
    expect(decodeWebhookEvent(example('webhook.whatsapp.inbound.observed'))).toEqual({
      kind: 'customer_wrote',
      text: expect.any(String),
      channelId: CHANNEL,
      happenedAt: 1_702_496_037_000,
      contact: { contactId: CONTACT, address: '+3511111111' },
      wroteAt: 1_702_496_037_000,
      isPlatformTime: true,
    });
  });

  it.each(['sms', 'whatsapp', 'rcs'])('of the %s example in the documentation has no time of the platform', (name) => {
    const payload = example(`message.${name}.inbound.docs`) as { readonly createdAt: string };
    const event = { service: 'channels', event: `${name}.inbound`, payload };
    expect(decodeWebhookEvent(event)).toMatchObject({
      kind: 'customer_wrote',
      wroteAt: Date.parse(payload.createdAt),
      isPlatformTime: false,
    });
  });

  it('is dated by Bird where the clock of the platform is ahead', () => {
    const meta = { extraInformation: { timestamp: String(PLATFORM_AT / 1000 + 60) } };
    expect(decodeWebhookEvent(inbound({ meta }))).toMatchObject({ wroteAt: CREATED, isPlatformTime: true });
  });

  it.each([
    ['a number', PLATFORM_AT / 1000],
    ['milliseconds', String(PLATFORM_AT)],
    ['a fraction', '1767603600.5'],
    ['white space', ' 1767603600'],
    ['an ISO string', '2026-01-05T09:00:00Z'],
    ['null', null],
    ['nothing', undefined],
  ])('ignores a time of the platform that is %s', (_name, timestamp) => {
    const event = inbound({ meta: { extraInformation: { timestamp } } });
    expect(decodeWebhookEvent(event)).toMatchObject({ wroteAt: CREATED, isPlatformTime: false });
  });

  it.each(['text', 'html', 'image', 'file', 'gif', 'location', 'list'])('scenario 11: opens as %s', (type) => {
    expect(kindOf(inbound({ body: { type } }))).toBe('customer_wrote');
  });

  it('opens without a status, and has no text where that is none', () => {
    const body = { type: 'text', text: { text: 7 } };
    expect(decodeWebhookEvent(inbound({ status: undefined, body }))).toMatchObject({
      kind: 'customer_wrote',
      text: undefined,
    });
  });

  it('scenario 11: opens as a reply by button, which comes as a text', () => {
    const replyTo = { id: '404544c5-9920-45f1-8990-0855634ab7ac', type: 'click' };
    expect(kindOf(inbound({ replyTo }))).toBe('customer_wrote');
  });

  it.each([
    ['reaction', { type: 'reaction' }],
    ['system', { type: 'system' }],
    ['an edit', { type: 'edit' }],
    ['a call', { type: 'call' }],
    ['a template', { type: 'template' }],
    ['authentication', { type: 'authentication' }],
    ['a type in another case', { type: 'Text' }],
    ['no type', {}],
    ['null', null],
    ['nothing', undefined],
  ])('scenario 11: is doubtful as %s [W10]', (_name, body) => {
    expect(decodeWebhookEvent(inbound({ body }))).toMatchObject({ kind: 'doubtful', contacts: [contact] });
  });

  it.each([
    ['an echo of our own', { direction: 'outgoing' }],
    ['no direction', { direction: undefined }],
    ['another status', { status: 'deleted' }],
    ['no time', { createdAt: undefined }],
    ['a time without zone', { createdAt: '2026-01-05T09:00:00' }],
    ['a time as number', { createdAt: CREATED }],
  ])('scenario 10: is doubtful with %s [W12]', (_name, change) => {
    expect(decodeWebhookEvent(inbound(change))).toMatchObject({ kind: 'doubtful', contacts: [contact] });
  });

  it.each(['user_changed_number', 'customer_changed_number'])('%s takes the address away', (type) => {
    for (const change of [
      { body: { type: 'system', system: { type } } },
      { body: { type } },
      { meta: { extraInformation: { type } } },
      { meta: { extraInformation: { system: { type } } } },
    ]) {
      expect(decodeWebhookEvent(inbound(change))).toMatchObject({ kind: 'number_changed', contact });
    }
  });

  it('scenario 13: opens nothing on Instagram, where comments and mentions come as the same event [W10]', () => {
    expect(kindOf(inbound({}, 'instagram.inbound'))).toBe('maybe_wrote');
    expect(kindOf(inbound({}, 'facebook.inbound'))).toBe('customer_wrote');
    expect(kindOf(inbound({ sender: {} }, 'instagram.inbound'))).toBe('nothing');
    expect(kindOf(outbound({}, 'instagram.outbound'))).toBe('message_sent');
  });
});

describe('the contact of an event', () => {
  const sender = (change: Fields): object =>
    inbound({ sender: { contact: { id: CONTACT, identifierKey: 'phonenumber', identifierValue: '+1', ...change } } });

  it.each([
    ['written with separators', { identifierValue: '+31 (6) 1234-5678' }, '+31612345678'],
    ['without a plus', { identifierValue: '31612345678' }, '+31612345678'],
    ['in full-width digits', { identifierValue: '＋３１６１２３４５６７８' }, '+31612345678'],
    [
      'that is page-scoped',
      { identifierKey: 'facebookid-1', identifierValue: '27612960145016998' },
      '27612960145016998',
    ],
    ['that the platform knows under another name', { platformAddress: '+31687654321' }, '+31687654321'],
    [
      'in a list',
      { identifierKey: '', identifierValue: '', identifiers: [{ identifierValue: '+31612345678' }] },
      '+31612345678',
    ],
    ['that nobody can name, since a rule selects it', { platformAddressSelector: 'x' }, undefined],
    ['with empty texts', { identifierValue: '+31612345678', platformAddress: '' }, '+31612345678'],
  ])('has an address %s', (_name, change, address) => {
    expect(decodeWebhookEvent(sender(change))).toMatchObject({ contact: { contactId: CONTACT, address } });
  });

  it('may be known by its id alone, or by its address alone', () => {
    expect(decodeWebhookEvent(sender({ identifierValue: '' }))).toMatchObject({
      contact: { contactId: CONTACT, address: undefined },
    });
    expect(decodeWebhookEvent(sender({ id: 'x', identifierValue: '+31612345678' }))).toMatchObject({
      contact: { contactId: undefined, address: '+31612345678' },
    });
  });

  it('makes the event nothing where it is not known', () => {
    expect(kindOf(sender({ id: '', identifierValue: '' }))).toBe('nothing');
    expect(kindOf(inbound({ sender: { connector: {} } }))).toBe('nothing');
  });
});

describe('a message of the business', () => {
  it.each([
    ['accepted', 'message_sent'],
    ['processing', 'message_sent'],
    ['sent', 'message_sent'],
    ['delivered', 'message_sent'],
    ['scheduled', 'nothing'],
    ['deleted', 'nothing'],
    ['read', 'nothing'],
    ['rejected', 'message_lost'],
    ['sending_failed', 'message_lost'],
    ['delivery_failed', 'message_lost'],
    ['skipped', 'message_lost'],
    [undefined, 'nothing'],
  ])('with status %s is %s', (status, kind) => {
    expect(kindOf(outbound({ status }))).toBe(kind);
  });

  it('changed when its status did, and otherwise when it was sent', () => {
    const statusAt = Date.parse('2026-01-05T09:02:00Z');
    expect(decodeWebhookEvent(outbound())).toMatchObject({ happenedAt: statusAt, sentAt: CREATED });
    expect(decodeWebhookEvent(outbound({ lastStatusAt: undefined }))).toMatchObject({ happenedAt: CREATED });
  });

  it.each([
    ['an id', '404544c5-9920-45f1-8990-0855634ab7ac', true],
    ['128 characters', 'x'.repeat(128), true],
    ['129 characters', 'x'.repeat(129), false],
    ['a number', 7, false],
    ['a list', ['x'], false],
    ['nothing', undefined, false],
  ])('is known by an id that is %s: %s', (_name, id, isKnown) => {
    const event = decodeWebhookEvent(outbound({ id }));
    expect(event).toMatchObject({ kind: 'message_sent', messageId: isKnown ? id : undefined });
  });

  it('without a time is nothing, even if it was scheduled', () => {
    expect(kindOf(outbound({ createdAt: undefined }))).toBe('nothing');
    expect(kindOf(outbound({ createdAt: undefined, scheduledFor: '2026-01-06T09:00:00Z' }))).toBe('nothing');
  });

  it('to several contacts is sent to each that is known', () => {
    const contacts = [{ identifierValue: '+31612345678' }, {}, null, { identifierValue: '+31687654321' }];
    expect(decodeWebhookEvent(outbound({ receiver: { contacts } }))).toMatchObject({
      kind: 'message_sent',
      contacts: [{ address: '+31612345678' }, { address: '+31687654321' }],
    });
  });

  it('that is a template does not count', () => {
    expect(kindOf(outbound({ body: undefined, template: { projectId: 'x' } }))).toBe('nothing');
    expect(kindOf(outbound({ body: null }))).toBe('nothing');
  });

  const refused = (change: Fields): object => outbound({ status: 'delivery_failed', ...change });
  const source = (code: unknown): Fields => ({ failure: { code: 15_000, source: { name: 'whatsapp', code } } });

  it.each<[string, Fields]>([
    ['the code of WhatsApp', source('131047')],
    ['the code as a number', source(131_047)],
    ['the code of the on-premises API', source('470')],
    ['the subcode of Messenger', source('2018278')],
    ['the code and subcode of Instagram', source('10/2534022')],
    ['the name at the new Bird', source('service_window_expired')],
    ['the reason alone', { reason: 'details: Re-engagement message; reason: whatsapp; code: 131047' }],
    ['a subcode beside code 10', { failure: { source: { code: '10', subcode: 2_018_065 } } }],
    ['a subcode deeper down', { failure: { source: { error: { code: 10, error_subcode: '2018278' } } } }],
    ['the subcode in the reason', { reason: 'details: x; reason: facebook; code: 10; subcode: 2018278' }],
    ['a code marked in the description', { failure: { description: '(#131047) Re-engagement message' } }],
    ['the code of Vonage', source(1340)],
    ['the spent quota of WeChat', source('45047')],
    ['the reason by name', { reason: 'details: x; reason: service_window_expired; code: 7' }],
  ])('is refused by %s', (_name, change) => {
    for (const status of ['rejected', 'sending_failed', 'delivery_failed']) {
      expect(decodeWebhookEvent(refused({ ...change, status }))).toMatchObject({
        kind: 'message_refused',
        contacts: [contact],
        sentAt: CREATED,
      });
    }
  });

  it.each([131_026, '131049', '130472', '131056', '131048', '132000', '132001', '190', '551', '1545041', '63032'])(
    'scenario 22: is not refused by %s',
    (code) => {
      expect(kindOf(refused(source(code)))).toBe('message_lost');
    },
  );

  it.each([
    ['a code in the text alone', { reason: 'details: 131047 is not it; reason: other; code: 1' }],
    ['the example of an unknown subscriber', example('message.failed.fragment.docs') as Fields],
    ['an endless reason', { reason: `${'x;'.repeat(1000)}code: 131047` }],
    ['a reason that is no text', { reason: { code: '131047' } }],
  ])('is not refused by %s', (_name, change) => {
    expect(kindOf(refused(change))).toBe('message_lost');
  });

  it.each<[string, Fields]>([
    ['its description', { failure: { description: 'Sent outside of allowed window.', source: { code: '10' } } }],
    ['its own code', source('(#10) This message is sent outside of allowed window.')],
    [
      'its description, with the code in it',
      { failure: { description: '(#10) Message sent outside of allowed window' } },
    ],
    ['a field of its source', { failure: { source: { code: 10, message: 'outside of the allowed window' } } }],
    ['its reason', { reason: 'details: Sent outside of allowed window; reason: facebook; code: 10' }],
    ['its details', { ...source('10'), details: 'outside of allowed window' }],
  ])('that failed by code 10, with words about the window in %s, makes the guard ask (field A9)', (_name, change) => {
    expect(decodeWebhookEvent(refused(change))).toMatchObject({ kind: 'doubtful', contacts: [contact] });
  });

  it.each<[string, Fields]>([
    ['by code 10 and other words', { failure: { description: 'No permission', source: { code: '10' } } }],
    [
      'by another code and those words',
      { failure: { description: 'outside of allowed window', source: { code: 551 } } },
    ],
    ['deeper than anybody looks', { failure: { a: { b: { c: { d: { code: '131047' } } } } } }],
    [
      'behind a hundred fields',
      {
        failure: {
          ...Object.fromEntries(
            Array(101)
              .fill(0)
              .map((_, n) => [`f${n}`, n]),
          ),
          code: 131_047,
        },
      },
    ],
  ])('that failed %s is lost', (_name, change) => {
    expect(kindOf(refused(change))).toBe('message_lost');
  });

  it('is no refusal as long as it did not fail', () => {
    expect(kindOf(outbound({ status: 'sent', ...source('131047') }))).toBe('message_sent');
  });

  it.each([
    ['later', '2026-01-06T09:00:00Z', '2026-01-06T09:02:00Z', '2026-01-06T09:00:00Z'],
    ['earlier', '2026-01-05T08:00:00Z', '2026-01-05T09:02:00Z', CREATED_AT],
    ['a little later, and went at once', '2026-01-05T09:05:00Z', '2026-01-05T09:02:00Z', '2026-01-05T09:02:00Z'],
  ])('that was scheduled for %s was sent then', (_name, scheduledFor, lastStatusAt, sentAt) => {
    const event = refused({ ...source('131047'), scheduledFor, lastStatusAt });
    expect(decodeWebhookEvent(event)).toMatchObject({ kind: 'message_refused', sentAt: Date.parse(sentAt) });
  });

  it('to several contacts does not say whom a refusal concerns', () => {
    const contacts = ['+31612345678', '+31687654321'].map((identifierValue) => ({ identifierValue }));
    expect(decodeWebhookEvent(refused({ ...source('131047'), receiver: { contacts } }))).toMatchObject({
      kind: 'doubtful',
      contacts: [{ address: '+31612345678' }, { address: '+31687654321' }],
    });
  });

  it('without a time does not say what a refusal refutes', () => {
    expect(kindOf(refused({ ...source('131047'), createdAt: undefined }))).toBe('doubtful');
  });
});

describe('is nothing', () => {
  it.each<[string, unknown]>([
    ['an interaction', inbound({}, 'whatsapp.interaction')],
    ['a channel', { service: 'channels', event: 'channel.updated', payload: { id: CHANNEL } }],
    ['a conversation', example('webhook.conversation.updated.docs.truncated')],
    ['another service', { ...inbound(), service: 'numbers' }],
    ['a message of the business in another event', outbound({}, 'whatsapp.interaction')],
    ['an event without a platform', inbound({}, 'inbound')],
    ['an event of a platform without a name', inbound({}, '.inbound')],
    ['an event with more parts', inbound({}, 'a.whatsapp.inbound')],
    ['a channel id that is none', inbound({ channelId: '..' })],
    ['an outbound event of an incoming message', outbound({ direction: 'incoming' })],
    ['an outbound event to nobody', outbound({ receiver: { contacts: [] } })],
    ['an outbound event without a receiver', outbound({ receiver: undefined })],
    ['an outbound event whose contacts are no list', outbound({ receiver: { contacts: { id: CONTACT } } })],
    ['null', null],
    ['a list', []],
    ['a text', 'event'],
  ])('%s', (_name, event) => {
    expect(decodeWebhookEvent(event).kind).toBe('nothing');
  });

  it('what arrives through a prototype', () => {
    expect(decodeWebhookEvent(Object.create(inbound())).kind).toBe('nothing');
    expect(decodeWebhookEvent(JSON.parse(`{"__proto__":${JSON.stringify(inbound())}}`)).kind).toBe('nothing');
  });
});

it('scenario 12: a call is an event of the voice platform or none at all, and never opens', () => {
  for (const event of ['voice.inbound', 'whatsapp.call', 'voice.call']) {
    expect(kindOf(inbound({ body: { type: 'call' } }, event))).not.toBe('customer_wrote');
  }
});

it('the channel id is lower-case, however it came', () => {
  expect(decodeWebhookEvent(inbound({ channelId: CHANNEL.toUpperCase() })).channelId).toBe(CHANNEL);
});

it('throws for no input', () => {
  const anyField = fc.record({
    channelId: fc.constantFrom(CHANNEL, 'x', null),
    body: fc.anything(),
    sender: fc.anything(),
    receiver: fc.anything(),
    status: fc.anything(),
    failure: fc.anything(),
    reason: fc.anything(),
    meta: fc.anything(),
    createdAt: fc.oneof(fc.constant(CREATED_AT), fc.anything()),
  });
  fc.assert(
    fc.property(anyField, fc.constantFrom('whatsapp.inbound', 'whatsapp.outbound'), (payload, event) => {
      expect(decodeWebhookEvent({ service: 'channels', event, payload })).toHaveProperty('kind');
    }),
  );
});
