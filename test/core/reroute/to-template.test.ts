import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { RerouteResult, SendToReroute } from '../../../src/core/reroute/policy.js';
import { toTemplate } from '../../../src/core/reroute/to-template.js';
import type { ToTemplateOptions } from '../../../src/core/reroute/to-template-options.js';
import type { Decision } from '../../../src/core/types.js';
import { AT, closed } from '../support.js';
import {
  type Asked,
  ask,
  CONVERSATION,
  contact,
  deepFreeze,
  family,
  sendOf,
  textMessage,
  WHATSAPP,
  WORKSPACE,
} from './support.js';

const required = { projectId: 'project', locale: 'en', variable: 'message' };
const url = 'https://media.example/one';
const images = [{ mediaUrl: url }];
const files = [{ mediaUrl: url, contentType: 'application/pdf' }];
const bodyOf = (type: string, content: object): object => ({ body: { type, [type]: content } });
const refuse = (): never => {
  throw new Error('refused');
};

const reroute = (message: unknown, options: Partial<ToTemplateOptions> = {}): Promise<Asked> =>
  ask(toTemplate({ ...required, ...options }), deepFreeze(sendOf(message)));

/** The values of each send's template, in order. */
const valuesOf = ({ result }: Asked): readonly object[] =>
  (result?.sends ?? []).map(({ message }) => {
    const { parameters } = message.template as { parameters: readonly { key: string; value: string }[] };
    return Object.fromEntries(parameters.map(({ key, value }) => [key, value]));
  });

const localesOf = ({ result }: Asked): readonly unknown[] =>
  (result?.sends ?? []).map(({ message }) => Reflect.get(Object(message.template), 'locale'));

const declinedWith = (reason: string): Asked => ({ result: undefined, declined: [reason], decided: [] });

describe('scenario 32: a text becomes a template', () => {
  test('with the text in its variable, for the same contact on the same channel', async () => {
    const result: RerouteResult = {
      action: 'reroute',
      sends: [
        {
          channelId: WHATSAPP,
          message: {
            receiver: { contacts: [contact] },
            template: {
              projectId: 'project',
              version: 'latest',
              locale: 'en',
              parameters: [{ type: 'string', key: 'message', value: 'hello' }],
            },
          },
        },
      ],
      changes: ['template'],
    };
    expect(await reroute(textMessage('hello'))).toEqual({ result, declined: [], decided: [] });
  });

  test('of the version that is wanted', async () => {
    const { result } = await reroute(textMessage('hello'), { version: '7' });
    expect(result?.sends?.[0]?.message).toMatchObject({ template: { projectId: 'project', version: '7' } });
  });

  test('in a variable of any name', async () => {
    for (const variable of ['__proto__', 'constructor', '1']) {
      const { result } = await reroute(textMessage('hello'), { variable });
      const { parameters } = Object(result?.sends?.[0]?.message.template);
      expect(parameters).toEqual([{ type: 'string', key: variable, value: 'hello' }]);
    }
  });

  test('and nothing else of the message is lost, but its receiver is the contact that was decided about', async () => {
    const kept = {
      reference: 'r-1',
      tags: ['a'],
      scheduledFor: '2026-06-16T12:00:00Z',
      meta: { extraInformation: { useCase: 'transactional' } },
      validity: 60,
      replyTo: { id: 'm-1' },
    };
    const others = { contacts: [contact, { identifierKey: 'phonenumber', identifierValue: '+27000000002' }] };
    const asked = await reroute({ ...textMessage('hello'), receiver: others, ...kept });
    const { template, ...rest } = asked.result?.sends?.[0]?.message ?? {};
    expect(template).toBeDefined();
    expect(rest).toEqual({ ...kept, receiver: { contacts: [contact] } });
  });

  test.each<[name: string, wanted: Partial<ToTemplateOptions>, locale: string]>([
    ["the contact's", { contactLocale: () => 'de-CH', channelLocale: () => 'pt-PT' }, 'de'],
    ["the channel's", { contactLocale: () => undefined, channelLocale: () => 'pt-PT' }, 'pt_BR'],
    ["the workspace's", { contactLocale: () => undefined, channelLocale: () => undefined }, 'en_GB'],
    ["the workspace's, without functions", {}, 'en_GB'],
    [
      "the channel's where there is no template for the contact",
      { contactLocale: () => 'fr', channelLocale: () => 'pt' },
      'pt_BR',
    ],
    [
      "the workspace's where there is one for neither",
      { contactLocale: () => 'fr', channelLocale: () => 'zh-TW' },
      'en_GB',
    ],
    ["the workspace's where the contact's is no locale", { contactLocale: () => 'Deutsch!' }, 'en_GB'],
    ["the workspace's where the contact's is no text", { contactLocale: (() => null) as never }, 'en_GB'],
  ])('its locale is %s', async (_name, wanted, locale) => {
    const options = { locale: 'en-GB', locales: ['de', 'zh-Hans', 'pt_BR', 'en_GB'], ...wanted };
    expect(localesOf(await reroute(textMessage('hello'), options))).toEqual([locale]);
  });

  test("its locale is the workspace's where that is the only one", async () => {
    expect(localesOf(await reroute(textMessage('hello'), { contactLocale: () => 'de' }))).toEqual(['en']);
  });

  test.each<[options: Partial<ToTemplateOptions>, sent: string]>([
    [{ locale: 'en_US' }, 'en-US'],
    [{ locale: 'zh_Hant_TW' }, 'zh-Hant-TW'],
    [{ locale: 'en-US' }, 'en-US'],
    [{ locale: 'en_US', locales: ['de', 'en_US'] }, 'en_US'],
    [{ locale: 'en_US', locales: ['de', 'en-US'] }, 'en-US'],
    [{ locale: 'pt-br', locales: ['pt_BR'] }, 'pt_BR'],
    [{ locale: 'de', locales: ['de', 'pt-BR'], contactLocale: () => 'pt_PT' }, 'pt-BR'],
  ])('its locale is spelled as in the list, else as BCP 47 has it: %j (field B9)', async (options, sent) => {
    expect(localesOf(await reroute(textMessage('hello'), options))).toEqual([sent]);
  });

  test('the functions for locales get the send', async () => {
    const seen: SendToReroute[] = [];
    const remember = (send: SendToReroute): undefined => {
      seen.push(send);
    };
    const send = sendOf(textMessage('hello'));
    await ask(toTemplate({ ...required, contactLocale: remember, channelLocale: remember }), send);
    expect(seen).toEqual([send, send]);
    expect(seen[0]).toBe(send);
  });
});

describe('scenario 33: what would be refused is stopped', () => {
  test.each(['', ' ', '\n\t', '\u200b', '\u3164', '\u0000'])('a text of %j', async (text) => {
    expect(await reroute(textMessage(text))).toEqual(declinedWith('text_blank'));
  });

  test('a text that shows nothing and is too long besides', async () => {
    const asked = await reroute(textMessage('\u200b'.repeat(11)), { maxLength: 10, onTooLong: 'block' });
    expect(asked).toEqual(declinedWith('text_blank'));
  });

  test('a text of which one piece would be blank', async () => {
    expect(await reroute(textMessage('a \u200b\u200b b'), { maxLength: 2 })).toEqual(declinedWith('text_blank'));
  });

  test.each<[name: string, values: unknown, reason: string]>([
    ['empty', { name: '' }, 'variable_blank'],
    ['white space', { name: ' \n' }, 'variable_blank'],
    ['zero-width', { name: '\u200d' }, 'variable_blank'],
    ['one of two blank', { name: 'a', other: ' ' }, 'variable_blank'],
    ['a number', { name: 5 }, 'variable_blank'],
    ['null', { name: null }, 'variable_blank'],
    ['undefined', { name: undefined }, 'variable_blank'],
    ['too long', { name: 'x'.repeat(11) }, 'variable_too_long'],
    ['a promise', Promise.resolve({ name: 'a' }), 'variable_blank'],
    ['a Map', new Map([['name', 'a']]), 'variable_blank'],
    ['a text', 'name', 'variable_blank'],
    ['an array', ['a'], 'variable_blank'],
  ])('another variable that is %s', async (_name, values, reason) => {
    const variables = (() => values) as unknown as NonNullable<ToTemplateOptions['variables']>;
    const media = { image: { projectId: 'picture', mediaVariable: 'picture' } };
    for (const message of [textMessage('hello'), bodyOf('image', { images })]) {
      expect(await reroute(message, { variables, media, maxLength: 10 })).toEqual(declinedWith(reason));
    }
  });

  test('another variable at its longest, and tidied', async () => {
    const variables = (): Record<string, string> => ({ name: '  x\n\ty ', long: 'x'.repeat(10) });
    const asked = await reroute(textMessage('hello'), { variables, maxLength: 10 });
    expect(valuesOf(asked)).toEqual([{ name: 'x y', long: 'x'.repeat(10), message: 'hello' }]);
  });

  test.each<[name: string, values: unknown]>([
    ['none', {}],
    ['undefined', undefined],
    ['null', null],
  ])('other variables may be %s', async (_name, values) => {
    const asked = await reroute(textMessage('hello'), { variables: () => values as Record<string, string> });
    expect(valuesOf(asked)).toEqual([{ message: 'hello' }]);
  });

  test('other variables never take the place of the text', async () => {
    const asked = await reroute(textMessage('hello'), { variables: () => ({ message: 'other' }) });
    expect(valuesOf(asked)).toEqual([{ message: 'hello' }]);
  });

  test('other variables are made from the message', async () => {
    const variables = (message: unknown): Record<string, string> => ({ name: String(Object(message).reference) });
    const asked = await reroute({ ...textMessage('hello'), reference: 'r-1' }, { variables });
    expect(valuesOf(asked)).toEqual([{ name: 'r-1', message: 'hello' }]);
  });

  test.each(['contactLocale', 'channelLocale', 'variables'])(
    'what %s throws is thrown on to the guard',
    async (option) => {
      await expect(reroute(textMessage('hello'), { [option]: refuse })).rejects.toThrow('refused');
    },
  );
});

describe('scenario 34: white space and long texts', () => {
  test.each<[text: string, value: string, changes: readonly string[]]>([
    ['one two', 'one two', ['template']],
    ['one\r\ntwo\tthree     four', 'one two three four', ['template', 'white_space']],
    ['one\u00a0two\u2028three', 'one two three', ['template', 'white_space']],
    [' one ', 'one', ['template', 'white_space']],
  ])('%j becomes %j', async (text, value, changes) => {
    const asked = await reroute(textMessage(text));
    expect(valuesOf(asked)).toEqual([{ message: value }]);
    expect(asked.result?.changes).toEqual(changes);
  });

  test.each<[length: number, lengths: readonly number[]]>([
    [1023, [1023]],
    [1024, [1024]],
    [1025, [1024, 1]],
  ])('%d units by default', async (length, lengths) => {
    const asked = await reroute(textMessage('x'.repeat(length)));
    expect(valuesOf(asked).map((values) => Reflect.get(values, 'message').length)).toEqual(lengths);
    expect(asked.result?.changes).toEqual(lengths.length > 1 ? ['template', 'split'] : ['template']);
  });

  test.each<[text: string, isCarried: boolean]>([
    ['x'.repeat(10), true],
    ['x'.repeat(11), false],
    [`${'x'.repeat(10)}    `, true],
    [`xxxx${' '.repeat(40)}xxxxx`, true],
  ])(
    '%j is measured once its white space is tidy, and one that is longer is refused where that is wanted',
    async (text, isCarried) => {
      const asked = await reroute(textMessage(text), { maxLength: 10, onTooLong: 'block' });
      expect(asked.declined).toEqual(isCarried ? [] : ['text_too_long']);
      expect(asked.result?.sends?.length).toBe(isCarried ? 1 : undefined);
    },
  );

  test('the pieces come in order, each with the other variables and all that is kept', async () => {
    const message = { ...textMessage('one two\nthree four'), reference: 'r-1' };
    const asked = await reroute(message, { maxLength: 9, variables: () => ({ name: 'a' }) });
    expect(valuesOf(asked)).toEqual([
      { name: 'a', message: 'one two' },
      { name: 'a', message: 'three' },
      { name: 'a', message: 'four' },
    ]);
    expect(asked.result?.changes).toEqual(['template', 'white_space', 'split']);
    const rest = { reference: 'r-1', receiver: { contacts: [contact] }, template: expect.anything() };
    expect(asked.result?.sends).toEqual(Array(3).fill({ channelId: WHATSAPP, message: rest }));
  });

  test('one character that is too long by itself is never cut', async () => {
    expect(await reroute(textMessage(`a ${family}`), { maxLength: 10 })).toEqual(declinedWith('text_too_long'));
    expect(valuesOf(await reroute(textMessage(`a ${family}`), { maxLength: 11 }))).toEqual([
      { message: 'a' },
      { message: family },
    ]);
  });

  test.each<[pieces: number, isCarried: boolean]>([
    [99, true],
    [100, true],
    [101, false],
  ])('%d pieces: no more than a batch of Bird holds', async (pieces, isCarried) => {
    for (const text of ['x'.repeat(5 * pieces), 'xxxxx '.repeat(pieces), 'xxx '.repeat(pieces)]) {
      const asked = await reroute(textMessage(text), { maxLength: 5 });
      expect(asked.result?.sends?.length).toBe(isCarried ? pieces : undefined);
      expect(asked.declined).toEqual(isCarried ? [] : ['text_too_long']);
    }
  });

  test.each(['x', 'word ', family])('what cannot fit is not cut up first (field D2): %j', async (unit) => {
    const segment = vi.spyOn(Intl.Segmenter.prototype, 'segment');
    onTestFinished(() => segment.mockRestore());
    expect(await reroute(textMessage(unit.repeat(500_000)))).toEqual(declinedWith('text_too_long'));
    expect(segment).not.toHaveBeenCalled();
  });
});

describe('scenario 35: pictures and documents', () => {
  const media = {
    image: { projectId: 'picture', mediaVariable: 'link' },
    file: { projectId: 'paper', version: '2', mediaVariable: 'link', variable: 'caption' },
  };

  test.each<[name: string, message: object, reason: string]>([
    ['a picture without a template for it', bodyOf('image', { images }), 'media_without_template'],
    ['a document without a template for it', bodyOf('file', { files }), 'media_without_template'],
    ['several pictures', bodyOf('image', { images: [...images, ...images] }), 'several_media'],
    ['a voice note', bodyOf('file', { files: [{ mediaUrl: url, contentType: 'audio/ogg' }] }), 'content_not_carried'],
  ])('%s is declined', async (_name, message, reason) => {
    expect(await reroute(message)).toEqual(declinedWith(reason));
  });

  test('one is enough: a template for the other kind does not count', async () => {
    const { image, file } = media;
    expect(await reroute(bodyOf('file', { files }), { media: { image } })).toEqual(
      declinedWith('media_without_template'),
    );
    expect(await reroute(bodyOf('image', { images }), { media: { file } })).toEqual(
      declinedWith('media_without_template'),
    );
  });

  test('a picture goes into its template', async () => {
    const asked = await reroute({ ...bodyOf('image', { images }), reference: 'r-1' }, { media });
    expect(asked.result?.sends).toEqual([
      {
        channelId: WHATSAPP,
        message: {
          reference: 'r-1',
          receiver: { contacts: [contact] },
          template: {
            projectId: 'picture',
            version: 'latest',
            locale: 'en',
            parameters: [{ type: 'string', key: 'link', value: url }],
          },
        },
      },
    ]);
    expect(asked.result?.changes).toEqual(['template']);
  });

  test('a document goes into its template with its caption and the other variables, in the locale of the contact', async () => {
    const asked = await reroute(bodyOf('file', { files, text: 'read\nthis' }), {
      media,
      variables: () => ({ name: 'a', link: 'never', caption: 'never' }),
      contactLocale: () => 'de',
      locales: ['en', 'de'],
    });
    expect(valuesOf(asked)).toEqual([{ name: 'a', caption: 'read this', link: url }]);
    expect(localesOf(asked)).toEqual(['de']);
    expect(asked.result?.changes).toEqual(['template', 'white_space']);
    expect(asked.result?.sends?.[0]?.message).toMatchObject({ template: { projectId: 'paper', version: '2' } });
  });

  test.each<[name: string, message: object, reason: string | undefined]>([
    ['a caption without a variable for it', bodyOf('image', { images, text: 'look' }), 'caption_not_carried'],
    ['a blank caption without a variable for it', bodyOf('image', { images, text: ' ' }), undefined],
    ['no caption for a variable', bodyOf('file', { files }), 'text_blank'],
    ['a blank caption for a variable', bodyOf('file', { files, text: '\n' }), 'text_blank'],
    ['a caption that shows nothing', bodyOf('file', { files, text: '\u200b' }), 'text_blank'],
    ['a caption of control characters', bodyOf('file', { files, text: '\u0001' }), 'text_blank'],
    ['a caption at the limit', bodyOf('file', { files, text: 'x'.repeat(1024) }), undefined],
    [
      'a caption behind the limit, which is never split',
      bodyOf('file', { files, text: 'x'.repeat(1025) }),
      'text_too_long',
    ],
  ])('%s', async (_name, message, reason) => {
    const asked = await reroute(message, { media });
    expect(asked.declined).toEqual(reason === undefined ? [] : [reason]);
    expect(asked.result?.sends?.length).toBe(reason === undefined ? 1 : undefined);
  });
});

describe('what a template cannot carry whole', () => {
  test.each<[name: string, message: object]>([
    ['a text with buttons', bodyOf('text', { text: 'choose', actions: [{}] })],
    ['a list', bodyOf('list', { text: 'choose', items: [{}] })],
    ['a carousel', bodyOf('carousel', { text: 'choose', items: [{}] })],
  ])('scenario 36: of %s only the text is sent, and only where that is wanted', async (_name, message) => {
    expect(await reroute(message)).toEqual(declinedWith('interactive_content'));
    expect(await reroute(message, { onInteractive: 'block' })).toEqual(declinedWith('interactive_content'));
    const asked = await reroute(message, { onInteractive: 'text', maxLength: 3 });
    expect(valuesOf(asked)).toEqual([{ message: 'cho' }, { message: 'ose' }]);
    expect(asked.result?.changes).toEqual(['template', 'text_only', 'split']);
  });

  test.each(['html', 'gif', 'location', 'section', 'authentication', 'action', 'hologram'])(
    'scenario 36: %s is declined',
    async (type) => {
      const message = bodyOf(type, { text: 'a' });
      expect(await reroute(message, { onInteractive: 'text' })).toEqual(declinedWith('content_not_carried'));
    },
  );

  test.each<[name: string, message: unknown, reason: string]>([
    ['a template beside a body', { ...textMessage('a'), template: { projectId: 'p' } }, 'ambiguous_message'],
    ['Body beside body', { ...textMessage('a'), Body: {} }, 'ambiguous_message'],
    ['__proto__', JSON.parse('{"body":{"type":"text","text":{"text":"a"}},"__proto__":{}}'), 'ambiguous_message'],
    ['no message', undefined, 'content_not_carried'],
    ['null', null, 'content_not_carried'],
    ['an array', [textMessage('a')], 'content_not_carried'],
    ['a getter that throws', { body: Object.defineProperty({}, 'type', { get: refuse }) }, 'content_not_carried'],
  ])('%s is declined', async (_name, message, reason) => {
    expect(await ask(toTemplate(required), sendOf(message))).toEqual(declinedWith(reason));
  });
});

describe('a send into a conversation', () => {
  const other = { identifierKey: 'phonenumber', identifierValue: '+27000000002' };
  const send = (recipients?: readonly object[]): SendToReroute => ({
    workspaceId: WORKSPACE,
    channelId: WHATSAPP,
    conversationId: CONVERSATION,
    contact,
    message: {
      participantType: 'accessKey',
      participantId: 'p-1',
      ...(recipients && { recipients }),
      ...bodyOf('text', { text: 'hello' }),
    },
  });
  const sent = async (recipients?: readonly object[]): Promise<object> => {
    const { result } = await ask(toTemplate(required), deepFreeze(send(recipients)));
    const { template, ...rest } = result?.sends?.[0]?.message ?? {};
    expect(template).toMatchObject({ parameters: [{ key: 'message', value: 'hello' }] });
    return rest;
  };

  test('keeps its participant and its recipient, and gets no receiver', async () => {
    const participant = { participantType: 'accessKey', participantId: 'p-1' };
    expect(await sent()).toEqual(participant);
    expect(await sent([])).toEqual({ ...participant, recipients: [] });
    expect(await sent([contact])).toEqual({ ...participant, recipients: [contact] });
  });

  test('goes only to the one of several recipients that was decided about: each other has a send of its own', async () => {
    expect(await sent([other, contact])).toMatchObject({ recipients: [contact] });
  });

  test('needs no contact', async () => {
    const asked = await ask(toTemplate(required), { ...send(), contact: undefined });
    expect(asked.result?.sends?.length).toBe(1);
  });
});

describe('where no template helps', () => {
  test.each<Decision>([
    { verdict: 'deny', reason: 'channel_inactive', closedAt: null },
    { verdict: 'deny', reason: 'outgoing_unavailable', closedAt: null },
    { verdict: 'deny', reason: 'opted_out', closedAt: null },
    { verdict: 'unknown', reason: 'channel_not_found' },
  ])('scenario 44: $reason is no matter of time', async (decision) => {
    const asked = await ask(toTemplate(required), sendOf(textMessage('hello')), { decision });
    expect(asked).toEqual(declinedWith('reason_not_time'));
  });

  test.each<Decision>([
    closed(AT),
    closed(null),
    { verdict: 'deny', reason: 'quota_spent', closedAt: null },
    { verdict: 'unknown', reason: 'window_unknown' },
    { verdict: 'unknown', reason: 'lookup_failed' },
  ])('$reason is one', async (decision) => {
    const asked = await ask(toTemplate(required), sendOf(textMessage('hello')), { decision });
    expect(asked.result?.sends?.length).toBe(1);
  });

  test.each(['facebook', 'messenger', 'instagram', 'tiktok', 'apple-business-chat', 'sms', 'sms-messagebird'])(
    '%s has no templates',
    async (platform) => {
      const asked = await ask(toTemplate(required), sendOf(textMessage('hello')), { platform });
      expect(asked).toEqual(declinedWith('platform_without_templates'));
    },
  );

  test.each(['whatsapp', 'wechat', 'viber', 'zalo', 'kakaotalk', 'pigeon', 'constructor', '__proto__', undefined])(
    '%s has some, or may have',
    async (platform) => {
      const asked = await ask(toTemplate(required), sendOf(textMessage('hello')), { platform });
      expect(asked.result?.sends?.length).toBe(1);
    },
  );

  test.each([undefined, null, '+27000000001', [contact]])('a contact of %j is nobody to send to', async (nobody) => {
    const asked = await ask(toTemplate(required), { ...sendOf(textMessage('hello')), contact: nobody });
    expect(asked).toEqual(declinedWith('address_unresolved'));
  });
});

describe('for any message', () => {
  const anyOptions: fc.Arbitrary<ToTemplateOptions> = fc.record({
    projectId: fc.constant('project'),
    locale: fc.constantFrom('en', 'pt-BR'),
    variable: fc.constantFrom('message', '__proto__', 'constructor'),
    maxLength: fc.constantFrom(1, 5, 1024),
    onTooLong: fc.constantFrom('split', 'block'),
    onInteractive: fc.constantFrom('block', 'text'),
    media: fc.constantFrom(undefined, {
      image: { projectId: 'picture', mediaVariable: 'link' },
      file: { projectId: 'paper', mediaVariable: 'link', variable: 'caption' },
    }),
  });
  const anyText = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 30 }),
    fc.string({ unit: 'binary', maxLength: 30 }),
  );
  const rightly = fc.oneof(
    anyText.map((text) => bodyOf('text', { text })),
    anyText.map((text) => bodyOf('list', { text, items: [] })),
    anyText.map((text) => bodyOf('image', { images, text })),
    anyText.map((text) => bodyOf('file', { files, text })),
  );
  const contentKey = fc.constantFrom(
    'body',
    'Body',
    'template',
    'Template',
    'receiver',
    'RECEIVER',
    'text',
    'image',
    '__proto__',
  );
  const rest = fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('reference', 'tags')), fc.jsonValue());
  const crooked = fc.tuple(rightly, rest, fc.dictionary(contentKey, fc.anything(), { maxKeys: 2 }));
  const anyMessage = fc.oneof(
    fc.anything({
      withNullPrototype: true,
      withDate: true,
      withMap: true,
      withTypedArray: true,
      withSparseArray: true,
    }),
    fc.tuple(rest, rightly).map((parts) => Object.assign({}, ...parts)),
    crooked.map((parts) => Object.assign({}, ...parts)),
    fc
      .constantFrom('text', 'image', 'list')
      .chain((type) => fc.anything().map((content) => bodyOf(type, Object(content)))),
  );

  test('it never throws, and gives a template alone, for the contact that was decided about alone', async () => {
    let carried = 0;
    await fc.assert(
      fc.asyncProperty(anyMessage, anyOptions, async (message, options) => {
        const { result, declined } = await ask(toTemplate(options), sendOf(message));
        expect(result === undefined).toBe(declined.length === 1);
        expect(result?.sends?.length).not.toBe(0);
        for (const { channelId, message } of result?.sends ?? []) {
          carried += 1;
          expect(channelId).toBe(WHATSAPP);
          const keys = Object.keys(message);
          const content = /^(body|text|html|image|file|gif|location|carousel|list|section|authentication|action)$/i;
          expect(keys.filter((key) => content.test(key))).toEqual([]);
          expect(keys.filter((key) => /^(template|receiver|__proto__)$/i.test(key)).sort()).toEqual([
            'receiver',
            'template',
          ]);
          expect(message.receiver).toEqual({ contacts: [contact] });
        }
      }),
      { numRuns: 2_000 },
    );
    expect(carried).toBeGreaterThan(100);
  });

  test('what leaves is what Meta takes: no variable is blank, too long, or has white space other than single spaces', async () => {
    await fc.assert(
      fc.asyncProperty(rightly, anyOptions, async (message, options) => {
        for (const values of valuesOf(await ask(toTemplate(options), sendOf(message)))) {
          for (const value of Object.values(values).filter((value) => value !== url)) {
            expect(value).not.toMatch(/^[\s\p{Cc}\p{Cf}]*$|[^\S ]| {2}|\p{Cc}/u);
            expect(value.length).toBeLessThanOrEqual(options.maxLength ?? 1024);
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('the text that leaves is the text that was written, up to white space', async () => {
    const bare = (text: string): string => text.replace(/[\s\p{Cc}]/gu, '');
    await fc.assert(
      fc.asyncProperty(anyText, anyOptions, async (text, options) => {
        const asked = await ask(toTemplate(options), sendOf(textMessage(text)));
        const sent = valuesOf(asked).map((values) => Object.getOwnPropertyDescriptor(values, options.variable)?.value);
        if (asked.result !== undefined) expect(bare(sent.join(' '))).toBe(bare(text));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a hook that is async by mistake (field D4)', () => {
  const rejecting = (): Promise<never> => Promise.reject(new Error('refused'));

  // An unhandled rejection would fail the test run.
  test.each(['contactLocale', 'channelLocale'])('%s is passed over, and ends nothing', async (hook) => {
    const options = { [hook]: rejecting } as unknown as Partial<ToTemplateOptions>;
    expect(localesOf(await reroute(textMessage('hello'), options))).toEqual(['en']);
  });

  test('variables declines, and ends nothing', async () => {
    const options = { variables: rejecting } as unknown as Partial<ToTemplateOptions>;
    expect((await reroute(textMessage('hello'), options)).declined).toEqual(['variable_blank']);
  });
});
