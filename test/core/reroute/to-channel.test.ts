import { describe, expect, test } from 'vitest';
import type { ContactIdentifier, SendToReroute } from '../../../src/core/reroute/policy.js';
import { type ToChannelOptions, toChannel } from '../../../src/core/reroute/to-channel.js';
import type { Decision } from '../../../src/core/types.js';
import { AT, closed, noServiceWindow, open, platformUnknown, windowUnknown } from '../support.js';
import {
  type Asked,
  ask,
  CONVERSATION,
  contact,
  deepFreeze,
  EMAIL,
  SMS,
  sendOf,
  textMessage,
  WHATSAPP,
  WORKSPACE,
} from './support.js';

const refuse = (): never => {
  throw new Error('refused');
};
const everywhere = (): Decision => noServiceWindow;
/** The decision for each channel by its id; any other is closed. */
const by =
  (decisions: Readonly<Record<string, Decision>>) =>
  ({ channelId = '' }: SendToReroute): Decision =>
    decisions[channelId] ?? closed(AT);
const declinedWith = (reason: string): object => ({ result: undefined, declined: [reason] });
const channelsOf = (sends: Asked['decided']): readonly unknown[] => sends.map(({ channelId }) => channelId);

describe('scenario 37: the first channel that is itself sendable', () => {
  test('gets the text, for the same number, and is asked about just what is sent', async () => {
    const policy = toChannel({ channels: [SMS] });
    const asked = await ask(policy, deepFreeze(sendOf(textMessage('hello'))), { decide: everywhere });
    const message = { body: { type: 'text', text: { text: 'hello' } }, receiver: { contacts: [contact] } };
    const decided = [{ workspaceId: WORKSPACE, channelId: SMS, contact, message }];
    const result = { action: 'reroute', sends: [{ channelId: SMS, message }], changes: ['channel'] };
    expect(asked).toEqual({ result, declined: [], decided });
    expect(asked.result?.sends?.[0]?.message).toBe(asked.decided[0]?.message);
  });

  test.each<
    [name: string, decisions: Readonly<Record<string, Decision>>, decided: readonly string[], sent: string | undefined]
  >([
    [
      'both allowed: only the first is asked about, and only it gets anything',
      { [SMS]: open(AT), [EMAIL]: open(AT) },
      [SMS],
      SMS,
    ],
    ['the first closed', { [EMAIL]: noServiceWindow }, [SMS, EMAIL], EMAIL],
    ['the first unknown', { [SMS]: windowUnknown, [EMAIL]: noServiceWindow }, [SMS, EMAIL], EMAIL],
    ['the first of an unknown platform', { [SMS]: platformUnknown, [EMAIL]: open(AT) }, [SMS, EMAIL], EMAIL],
    [
      'the first off',
      { [SMS]: { verdict: 'deny', reason: 'channel_inactive', closedAt: null }, [EMAIL]: open(AT) },
      [SMS, EMAIL],
      EMAIL,
    ],
    [
      'opted out of the first',
      { [SMS]: { verdict: 'deny', reason: 'opted_out', closedAt: null }, [EMAIL]: open(AT) },
      [SMS, EMAIL],
      EMAIL,
    ],
    ['none allowed', { [SMS]: windowUnknown }, [SMS, EMAIL], undefined],
  ])('%s', async (_name, decisions, decided, sent) => {
    const policy = toChannel({ channels: [SMS, EMAIL] });
    const asked = await ask(policy, sendOf(textMessage('hello')), { decide: by(decisions) });
    expect(channelsOf(asked.decided)).toEqual(decided);
    expect(asked.result?.sends?.map(({ channelId }) => channelId)).toEqual(sent && [sent]);
    expect(asked.declined).toEqual(sent ? [] : ['no_channel_open']);
  });

  test('goes by the order of the list', async () => {
    const policy = toChannel({ channels: [EMAIL, SMS] });
    const asked = await ask(policy, sendOf(textMessage('hello')), { decide: everywhere });
    expect(asked.result?.sends?.map(({ channelId }) => channelId)).toEqual([EMAIL]);
  });

  test.each([
    ['as it is', WHATSAPP, WHATSAPP],
    ['in capitals in the list', WHATSAPP.toUpperCase(), WHATSAPP],
    ['in capitals in the send', WHATSAPP, WHATSAPP.toUpperCase()],
  ])('is never the one that the message was for: %s [U19, R19]', async (_name, listed, channelId) => {
    const send = { ...sendOf(textMessage('hello')), channelId };
    const alone = await ask(toChannel({ channels: [listed] }), send, { decide: everywhere });
    expect(alone).toEqual({ ...declinedWith('no_channel_open'), decided: [] });
    const first = await ask(toChannel({ channels: [listed, SMS.toUpperCase()] }), send, { decide: everywhere });
    expect(channelsOf(first.decided)).toEqual([SMS]);
    expect(first.result?.sends?.length).toBe(1);
  });

  test('is any of the list where the send names no channel', async () => {
    const send = { ...sendOf(textMessage('hello')), channelId: undefined };
    const asked = await ask(toChannel({ channels: [SMS] }), send, { decide: everywhere });
    expect(channelsOf(asked.decided)).toEqual([SMS]);
  });

  test('is asked about once, however often it is listed [R19]', async () => {
    const asked = await ask(toChannel({ channels: [SMS, SMS.toUpperCase(), SMS] }), sendOf(textMessage('hello')));
    expect(channelsOf(asked.decided)).toEqual([SMS]);
  });

  test('is asked about before anything is given, and a failing answer gives nothing', async () => {
    const policy = toChannel({ channels: [SMS] });
    await expect(ask(policy, sendOf(textMessage('hello')), { decide: refuse })).rejects.toThrow('refused');
  });

  test('a list that changes later changes nothing', async () => {
    const channels = [SMS];
    const policy = toChannel({ channels });
    channels.push(EMAIL);
    channels[0] = WHATSAPP;
    const asked = await ask(policy, sendOf(textMessage('hello')), { decide: everywhere });
    expect(channelsOf(asked.decided)).toEqual([SMS]);
  });

  test('helps a channel that is off, which a template does not', async () => {
    const decision: Decision = { verdict: 'deny', reason: 'channel_inactive', closedAt: null };
    const asked = await ask(toChannel({ channels: [SMS] }), sendOf(textMessage('hello')), {
      decision,
      decide: everywhere,
    });
    expect(asked.result?.sends?.length).toBe(1);
  });

  test('scenario 44: helps nobody who has opted out', async () => {
    const decision: Decision = { verdict: 'deny', reason: 'opted_out', closedAt: null };
    const asked = await ask(toChannel({ channels: [SMS] }), sendOf(textMessage('hello')), {
      decision,
      decide: everywhere,
    });
    expect(asked).toEqual({ ...declinedWith('opted_out'), decided: [] });
  });

  test('takes nothing from a conversation, which belongs to its channel', async () => {
    const send = { ...sendOf(textMessage('hello')), conversationId: CONVERSATION };
    const asked = await ask(toChannel({ channels: [SMS] }), send, { decide: everywhere });
    expect(asked).toEqual({ ...declinedWith('conversation'), decided: [] });
  });
});

describe('what goes to another channel', () => {
  const reroute = (message: unknown): Promise<Asked> =>
    ask(toChannel({ channels: [SMS] }), deepFreeze(sendOf(message)), { decide: everywhere });

  test('is plain text as it was written, with all that is kept but what it replies to', async () => {
    const kept = { reference: 'r-1', tags: ['a'], scheduledFor: '2026-06-16T12:00:00Z', meta: { a: 1 }, validity: 60 };
    const others = { contacts: [contact, { id: 'somebody-else' }] };
    const text = ' one\n\ttwo     three ';
    const message = { ...textMessage(text), ...kept, replyTo: { id: 'm-1' }, receiver: others };
    const body = { type: 'text', text: { text } };
    const { result } = await reroute(message);
    expect(result?.sends?.[0]?.message).toEqual({ ...kept, body, receiver: { contacts: [contact] } });
  });

  test.each<[name: string, message: unknown]>([
    ['a text with buttons', { body: { type: 'text', text: { text: 'a', actions: [{}] } } }],
    ['a text with ACTIONS', { body: { type: 'text', text: { text: 'a', ACTIONS: [{}] } } }],
    ['a list', { body: { type: 'list', list: { text: 'a' } } }],
    ['a picture', { body: { type: 'image', image: { images: [{ mediaUrl: 'https://media.example/one' }] } } }],
    ['html', { body: { type: 'html', html: { text: 'a' } } }],
    ['a template beside the body', { ...textMessage('a'), template: { projectId: 'p' } }],
    ['Body beside body', { ...textMessage('a'), Body: {} }],
    ['Receiver', { ...textMessage('a'), Receiver: { contacts: [{ id: 'somebody-else' }] } }],
    ['a getter that throws', { body: Object.defineProperty({}, 'type', { get: refuse }) }],
    ['no message', undefined],
    ['null', null],
    ['an array', [textMessage('a')]],
  ])('is not %s', async (_name, message) => {
    const asked = await ask(toChannel({ channels: [SMS] }), sendOf(message), { decide: everywhere });
    expect(asked).toEqual({ ...declinedWith('no_channel_open'), decided: [] });
  });
});

describe('who is written to on another channel', () => {
  const phone = { identifierKey: 'phonenumber', identifierValue: '+27000000001' };
  const email = { identifierKey: 'emailaddress', identifierValue: 'a@example.com' };

  test.each<[name: string, contact: unknown, reached: object | undefined]>([
    ['by the same number', phone, phone],
    ['by the same email address', email, email],
    ['by the same contact', { id: 'c-1' }, { id: 'c-1' }],
    ['by the number before the contact', { id: 'c-1', ...phone }, phone],
    [
      'by the contact where the address is of one platform',
      { id: 'c-1', identifierKey: 'facebook', identifierValue: '1' },
      { id: 'c-1' },
    ],
    ['not by the address of one platform', { identifierKey: 'facebook', identifierValue: '1' }, undefined],
    ['without the selector, which is for one platform', { ...phone, platformAddressSelector: 'x' }, phone],
    ['not by a number that is none', { ...phone, identifierValue: 27 }, undefined],
    ['not by a number without its key', { identifierValue: '+27000000001' }, undefined],
    ['not by a key that is inherited', Object.create(phone), undefined],
    ['nobody', undefined, undefined],
    ['null', null, undefined],
    ['a text', '+27000000001', undefined],
    ['nothing known', {}, undefined],
  ])('%s', async (_name, contact, reached) => {
    const send = { ...sendOf(textMessage('hello')), contact };
    const asked = await ask(toChannel({ channels: [SMS] }), send, { decide: everywhere });
    expect(asked.decided.map((other) => other.contact)).toEqual(reached === undefined ? [] : [reached]);
    expect(asked.result?.sends?.map(({ message }) => message.receiver)).toEqual(reached && [{ contacts: [reached] }]);
  });

  test('is what the caller says, channel by channel', async () => {
    const seen: unknown[] = [];
    const who = (send: SendToReroute, channelId: string): object | undefined => {
      seen.push([send, channelId]);
      return channelId === EMAIL ? email : undefined;
    };
    const send = sendOf(textMessage('hello'));
    const asked = await ask(toChannel({ channels: [WHATSAPP, SMS, EMAIL], contact: who }), send, {
      decide: everywhere,
    });
    expect(seen).toEqual([
      [send, SMS],
      [send, EMAIL],
    ]);
    expect(asked.decided.map((other) => other.contact)).toEqual([email]);
    expect(asked.result?.sends).toEqual([
      {
        channelId: EMAIL,
        message: { body: { type: 'text', text: { text: 'hello' } }, receiver: { contacts: [email] } },
      },
    ]);
  });

  test.each<[name: string, value: unknown]>([
    ['null', null],
    ['a text', '+27000000001'],
    ['a list', [phone]],
    ['false', false],
  ])('is nobody where the caller gives %s', async (_name, value) => {
    const policy = toChannel({ channels: [SMS], contact: () => value as undefined });
    const asked = await ask(policy, sendOf(textMessage('hello')), { decide: everywhere });
    expect(asked).toEqual({ ...declinedWith('no_channel_open'), decided: [] });
  });
});

describe('why nobody is written to', () => {
  const byId = { ...sendOf(textMessage('hello')), contact: { id: 'c-1' } };
  const everyChannel = { platformOf: async (id: string) => (id === SMS ? 'sms' : id === EMAIL ? 'email' : 'whatsapp') };
  const onSms = { key: 'phonenumber', value: '+27000000001' };

  test.each<
    [name: string, channels: readonly string[], listed: readonly ContactIdentifier[] | undefined, reason: string]
  >([
    ['no address on the only channel', [SMS], [], 'no_address'],
    ['no address on any channel', [SMS, EMAIL], [], 'no_address'],
    ['no address on one, the other is closed', [EMAIL, SMS], [onSms], 'no_channel_open'],
    ['one is closed, no address on the other', [SMS, EMAIL], [onSms], 'no_channel_open'],
    ['not known', [SMS], undefined, 'address_unresolved'],
  ])('%s', async (_name, channels, listed, reason) => {
    const asked = await ask(toChannel({ channels }), byId, { ...everyChannel, identifiers: async () => listed });
    expect(asked).toMatchObject(declinedWith(reason));
  });
});

describe('how a message is converted', () => {
  const short = { body: { type: 'text', text: { text: 'short' } } };
  const list = { body: { type: 'list', list: { text: 'long' } }, receiver: { contacts: [{ id: 'somebody-else' }] } };

  test('is what the caller says, channel by channel, but its receiver is the one that was decided about', async () => {
    const seen: unknown[] = [];
    const convert = (message: unknown, channelId: string): object | undefined => {
      seen.push([message, channelId]);
      return channelId === EMAIL ? { ...short, receiver: list.receiver, RECEIVER: list.receiver } : undefined;
    };
    const asked = await ask(toChannel({ channels: [SMS, EMAIL], convert }), deepFreeze(sendOf(list)), {
      decide: everywhere,
    });
    expect(seen).toEqual([
      [list, SMS],
      [list, EMAIL],
    ]);
    const message = { ...short, receiver: { contacts: [contact] } };
    expect(asked.result?.sends).toEqual([{ channelId: EMAIL, message }]);
    expect(asked.decided).toEqual([{ workspaceId: WORKSPACE, channelId: EMAIL, contact, message }]);
  });

  test('may be not at all', async () => {
    const message = deepFreeze({ ...list, reference: 'r-1' });
    const policy = toChannel({ channels: [SMS], convert: (same) => Object(same) });
    const asked = await ask(policy, sendOf(message), { decide: everywhere });
    expect(asked.result?.sends?.[0]?.message).toEqual({ ...message, receiver: { contacts: [contact] } });
  });

  test.each<[name: string, value: unknown]>([
    ['null', null],
    ['a text', 'short'],
    ['a list', [short]],
    ['a promise that nobody awaits', Promise.resolve(short)],
    ['a Map', new Map(Object.entries(short))],
  ])('is a message that cannot be carried where the caller gives %s', async (_name, value) => {
    const policy = toChannel({ channels: [SMS], convert: () => value as undefined });
    const asked = await ask(policy, sendOf(list), { decide: everywhere });
    expect(asked).toEqual({ ...declinedWith('no_channel_open'), decided: [] });
  });

  test.each(['contact', 'convert'])('what %s throws is thrown on to the guard', async (option) => {
    const policy = toChannel({ channels: [SMS], [option]: refuse });
    await expect(ask(policy, sendOf(textMessage('hello')), { decide: everywhere })).rejects.toThrow('refused');
  });
});

describe('the options of toChannel', () => {
  const create = (options: unknown) => (): unknown => toChannel(options as ToChannelOptions);

  test.each<[name: string, options: object]>([
    ['channels alone', { channels: [SMS] }],
    ['the rest undefined', { channels: [SMS], contact: undefined, convert: undefined }],
    ['functions', { channels: [SMS, EMAIL.toUpperCase()], contact: () => undefined, convert: () => undefined }],
  ])('are right with %s', (_name, options) => {
    expect(create(options)()).toBeTypeOf('function');
  });

  test.each<[name: string, options: unknown, message: string]>([
    ['none', undefined, 'toChannel: options must be a plain object'],
    ['null', null, 'toChannel: options must be a plain object'],
    ['a list', [SMS], 'toChannel: options must be a plain object'],
    ['no channels', {}, 'toChannel.channels is missing'],
    ['channels undefined', { channels: undefined }, 'toChannel.channels is missing'],
    ['channels null', { channels: null }, 'toChannel.channels must be a non-empty array'],
    ['one channel', { channels: SMS }, 'toChannel.channels must be a non-empty array'],
    ['a Set', { channels: new Set([SMS]) }, 'toChannel.channels must be a non-empty array'],
    ['a misspelt option', { channels: [SMS], channel: SMS }, 'toChannel.channel is not a valid option'],
    ['contact that is no function', { channels: [SMS], contact }, 'toChannel.contact must be a function'],
    ['contact null', { channels: [SMS], contact: null }, 'toChannel.contact must be a function'],
    ['convert that is no function', { channels: [SMS], convert: 'text' }, 'toChannel.convert must be a function'],
  ])('throw a TypeError: %s', (_name, options, message) => {
    expect(create(options)).toThrow(TypeError);
    expect(create(options)).toThrow(message);
  });

  test.each<[name: string, channels: readonly unknown[]]>([
    ['no channel', []],
    ['what is no id', ['sms']],
    ['an empty text', ['']],
    ['an id with spaces around it', [` ${SMS}`]],
    ['an id and more', [`${SMS}\n`]],
    ['a number', [SMS, 5]],
    ['null', [SMS, null]],
    ['holes', new Array(2)],
  ])('throw a RangeError for a list with %s', (_name, channels) => {
    expect(create({ channels })).toThrow(RangeError);
    expect(create({ channels })).toThrow('toChannel.channels must be a non-empty array of channel ids');
  });
});
