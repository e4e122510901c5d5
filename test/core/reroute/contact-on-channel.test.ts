import { describe, expect, test } from 'vitest';
import { contactOnChannel } from '../../../src/core/reroute/contact-on-channel.js';
import type { ContactIdentifier, RerouteContext } from '../../../src/core/reroute/policy.js';
import { toChannel } from '../../../src/core/reroute/to-channel.js';
import { AT, closed } from '../support.js';
import { ask, SMS, sendOf, textMessage } from './support.js';

const phone = { identifierKey: 'phonenumber', identifierValue: '+27000000001' };
const otherPhone = { identifierKey: 'phonenumber', identifierValue: '+27000000002' };
const email = { identifierKey: 'emailaddress', identifierValue: 'a@example.com' };
const onFacebook = { identifierKey: 'facebookid-509207435603226', identifierValue: '7013' };
const listed = ({ identifierKey, identifierValue }: typeof phone): ContactIdentifier => ({
  key: identifierKey,
  value: identifierValue,
});

interface Case {
  readonly contact: unknown;
  /** The platform of the channel to which the message may go instead. */
  readonly to?: string | undefined;
  readonly from?: string | undefined;
  readonly identifiers?: readonly ContactIdentifier[] | undefined;
}

/** Who is written to, and how often the contact's identifiers were asked for. */
async function reached({ contact, to, from = 'whatsapp', identifiers }: Case): Promise<readonly [unknown, number]> {
  let asked = 0;
  const context: RerouteContext = {
    send: { ...sendOf(textMessage('hello')), contact },
    decision: closed(AT),
    platform: from,
    at: AT,
    isDryRun: false,
    decline: () => undefined,
    decide: async () => closed(null),
    platformOf: async () => to,
    identifiers: async () => {
      asked += 1;
      return identifiers;
    },
  };
  return [await contactOnChannel(SMS, context), asked];
}

describe('the address that the send names (field B14)', () => {
  test.each<[name: string, contact: unknown, to: string, from: string, reached: object]>([
    ['a number, for SMS', phone, 'sms', 'whatsapp', phone],
    ['a number, for RCS', phone, 'rcs', 'whatsapp', phone],
    ['a number, for a call', phone, 'voice', 'whatsapp', phone],
    ['an address, for email', email, 'email', 'sms', email],
    ['one in a list', { id: 'c-1', identifiers: [phone] }, 'sms', 'whatsapp', phone],
    ['where it is really sent', { ...phone, platformAddress: '+27000000002' }, 'sms', 'whatsapp', otherPhone],
    ['where it is really sent, by id', { id: 'c-1', platformAddress: '+27000000002' }, 'sms', 'whatsapp', otherPhone],
    [
      'the same without +',
      { id: 'c-1', platformAddress: '27000000002' },
      'sms',
      'whatsapp',
      {
        ...phone,
        identifierValue: '27000000002',
      },
    ],
    [
      'the same in full width',
      { id: 'c-1', platformAddress: '＋27000000002' },
      'sms',
      'facebook',
      {
        ...phone,
        identifierValue: '＋27000000002',
      },
    ],
    ['an email address', { id: 'c-1', platformAddress: 'a@example.com' }, 'email', 'email', email],
    [
      'the same with a space before it',
      { id: 'c-1', platformAddress: ' +27000000002' },
      'sms',
      'facebook',
      { ...phone, identifierValue: ' +27000000002' },
    ],
    ['its own before those of a list', { ...phone, identifiers: [otherPhone] }, 'sms', 'whatsapp', phone],
    ...['+27 000-000 001', '(+27) 00/0000.001', '+27\u2011000000001', '\u202a+27000000001\u202c'].map(
      (value): [string, object, string, string, object] => {
        const written = { ...phone, identifierValue: value };
        return [`a number written as ${JSON.stringify(value)}`, written, 'sms', 'whatsapp', written];
      },
    ),
    ['platformAddress null', { ...phone, platformAddress: null }, 'sms', 'whatsapp', phone],
  ])('costs no read: %s', async (_name, contact, to, from, expected) => {
    expect(await reached({ contact, to, from })).toEqual([expected, 0]);
  });
});

describe('an address that the send does not name (field B6)', () => {
  test.each<[name: string, contact: unknown, to: string, identifiers: readonly ContactIdentifier[], reached: unknown]>([
    ['an id, for SMS', { id: 'c-1' }, 'sms', [listed(onFacebook), listed(phone)], phone],
    ['an id, for RCS', { id: 'c-1' }, 'rcs', [listed(phone)], phone],
    ['an id, for email', { id: 'c-1' }, 'email', [listed(phone), listed(email)], email],
    [
      'an id, for Telegram',
      { id: 'c-1' },
      'telegram',
      [{ key: 'telegramid-1', value: '5' }],
      {
        identifierKey: 'telegramid-1',
        identifierValue: '5',
      },
    ],
    ['an id of Messenger, for SMS', onFacebook, 'sms', [listed(onFacebook), listed(phone)], phone],
    ['a number, for email', phone, 'email', [listed(phone), listed(email)], email],
    ['nobody, for WhatsApp', {}, 'whatsapp', [listed(phone)], phone],
    ['nobody, for Viber', {}, 'viber', [listed(onFacebook), listed(phone)], phone],
    ['two numbers', { id: 'c-1' }, 'sms', [listed(phone), listed(otherPhone)], phone],
    [
      'an id of a user, kept as a number',
      { ...phone, identifierValue: 'US.1349120865530274' },
      'sms',
      [listed(phone)],
      phone,
    ],
    [
      'an id of Messenger in platformAddress',
      { id: 'c-1', platformAddress: '701312345' },
      'sms',
      [listed(phone)],
      phone,
    ],
    ['nobody, for SMS', { id: 'c-1' }, 'sms', [listed(onFacebook), listed(email)], 'no_address'],
    ['nothing at all', { id: 'c-1' }, 'sms', [], 'no_address'],
    ['a number that is none', { id: 'c-1' }, 'sms', [{ key: 'phonenumber', value: 'acme-support' }], 'no_address'],
    ['a group', { id: 'c-1' }, 'sms', [{ key: 'phonenumber', value: '12025550123-1600000000@g.us' }], 'no_address'],
    ['an email address that is none', phone, 'email', [{ key: 'emailaddress', value: 'a' }], 'no_address'],
    ['an id of another platform, for Telegram', { id: 'c-1' }, 'telegram', [listed(phone)], 'no_address'],
  ])('is read, once: %s', async (_name, contact, to, identifiers, expected) => {
    expect(await reached({ contact, to, from: 'facebook', identifiers })).toEqual([expected, 1]);
  });

  test.each<[name: string, contact: unknown, to: string | undefined]>([
    ['of an id', { id: 'c-1' }, 'sms'],
    ['of an id of Messenger', onFacebook, 'sms'],
    ['of nobody', undefined, 'sms'],
  ])('is not known where Bird does not say: %s', async (_name, contact, to) => {
    expect((await reached({ contact, to }))[0]).toBe('address_unresolved');
  });

  test('is not known where the policy’s caller lists no addresses', async () => {
    const circumstances = { platformOf: async () => 'sms' };
    const policy = toChannel({ channels: [SMS] });
    const { declined } = await ask(policy, { ...sendOf(textMessage('hello')), contact: { id: 'c-1' } }, circumstances);
    expect(declined).toEqual(['address_unresolved']);
  });

  test.each<[name: string, contact: unknown, to: string | undefined, reached: object | string]>([
    ['nobody, on a channel that cannot be read', undefined, undefined, 'address_unresolved'],
    ['an id, on Messenger', { id: 'c-1' }, 'facebook', { id: 'c-1' }],
    ['an id, on WhatsApp', { id: 'c-1' }, 'whatsapp', { id: 'c-1' }],
    ['a number, on Instagram', phone, 'instagram', phone],
    ['an id, on a platform that is not in the table', { id: 'c-1' }, 'pigeon', { id: 'c-1' }],
    ['an id, on a channel that cannot be read', { id: 'c-1' }, undefined, { id: 'c-1' }],
  ])('is not read where the window is enough, or nothing is known: %s', async (_name, contact, to, expected) => {
    expect(await reached({ contact, to })).toEqual([expected, 0]);
  });
});
