import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSends, type SendRequest, undecidableReason } from '../../../src/bird/send/send-request.js';
import { timesAsLong } from '../../support/times-as-long.js';

const WS = '11111111-1111-4111-8111-111111111111';
const CH = '22222222-2222-4222-8222-222222222222';
const CV = '33333333-3333-4333-8333-333333333333';
const one = { identifierKey: 'phonenumber', identifierValue: '+12025550123' };
const two = { id: CV };
const message = { receiver: { contacts: [one] }, body: { type: 'text' } };
const post = (url: string, change: object = {}): Parameters<typeof readSends>[0] => ({
  method: 'POST',
  url,
  body: message,
  ...change,
});

describe('readSends: the path', () => {
  const channel = { workspaceId: WS, channelId: CH, contact: one, message };
  it.each([
    `/workspaces/${WS}/channels/${CH}/messages`,
    `/workspaces/${WS}/channels/${CH}/messages/`,
    `/workspaces/${WS}/channels/${CH}/messages?dryRun=true`,
    `/workspaces/${WS}/channels/${CH}/messages/?a=/workspaces/x/channels/y/messages`,
    `/workspaces/${WS}/channels/${CH}/messages#x`,
    `/WORKSPACES/${WS}/Channels/${CH}/mEssages`,
    `/bird/v1/workspaces/${WS}/channels/${CH}/messages`,
    `/workspaces/other/workspaces/${WS}/channels/${CH}/messages`,
    `//workspaces/${WS}/channels/${CH}/messages`,
    `http://localhost:3000/workspaces/${WS}/channels/${CH}/messages`,
    `/workspaces/${WS.replace('1', '%31')}/channels/${CH}/messages`,
  ])('%s is a send to a channel', (url) => {
    expect(readSends(post(url))).toEqual([channel]);
  });

  it.each([`/workspaces/${WS}/conversations/${CV}/messages`, `/x/Workspaces/${WS}/CONVERSATIONS/${CV}/messages/?y`])(
    '%s is a send into a conversation, whose recipients stand in the conversation',
    (url) => {
      expect(readSends(post(url))).toEqual([{ workspaceId: WS, conversationId: CV, message }]);
    },
  );

  it.each([
    '/',
    '',
    '/messages',
    `/workspaces/${WS}/channels/${CH}`,
    `/workspaces/${WS}/channels/${CH}/messages/123`,
    `/workspaces/${WS}/channels/${CH}/message`,
    `/workspaces/${WS}/channels/messages`,
    `/workspaces/${WS}/channels/${CH}/x/messages`,
    `/workspaces/${WS}/channels/${CH}/contacts/messages`,
    `/workspaces/${WS}/conversations/${CV}/batch/messages`,
    `/workspace/${WS}/channels/${CH}/messages`,
    `/workspaces/${WS}/contacts/search`,
    `/x?y=/workspaces/${WS}/channels/${CH}/messages`,
    `/workspaces/${WS}/channels/${CH}/presigned-upload`,
    `/workspaces/${WS}/channels/${CH}/messages/x`,
    `/workspaces/${WS}/channels/${CH}/%256Dessages`,
    `/workspaces/${WS}/channels/${CH}/messages/..`,
    `/workspaces/${WS}/channels/${CH}/messagesx`,
    `/workspaces/${WS}/navigators/${CV}/messages`,
    `//workspaces/${WS}/channels/messages`,
    '//messages',
  ])('%s is none', (url) => {
    expect(readSends(post(url))).toBeUndefined();
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'posts', undefined])('%s is none', (method) => {
    expect(readSends(post(`/workspaces/${WS}/channels/${CH}/messages`, { method }))).toBeUndefined();
  });

  it.each(['post', 'Post'])('a method in small letters is one, as hapi hands it on: %s (field A6)', (method) => {
    expect(readSends(post(`/workspaces/${WS}/channels/${CH}/messages`, { method }))).toEqual([channel]);
  });

  it.each(['/mess\tages', '/messages\r\n', '/messages ', '/messages\0', '/x/.\t./messages', '/\nmessages?a=b'])(
    'what fetch drops from a URL hides no send: %j (field A6)',
    (end) => {
      expect(readSends(post(`/workspaces/${WS}/channels/${CH}${end}`))).toEqual([channel]);
    },
  );

  it('what fetch drops from an id leaves the id', () => {
    expect(readSends(post(`/workspaces/\t${WS}/channels/${CH}\r\n/messages`))).toEqual([channel]);
  });

  it('is found where a mount has cut the path, and where middleware has rewritten it (field A6)', () => {
    const path = `/api/workspaces/${WS}/channels/${CH}/messages`;
    expect(readSends(post('/messages', { originalUrl: path }))).toEqual([channel]);
    expect(readSends(post(path, { originalUrl: '/elsewhere' }))).toEqual([channel]);
    const baseUrl = `/api/workspaces/${WS}/channels/${CH}`;
    expect(readSends(post('/messages', { originalUrl: '/v0/send', baseUrl }))).toEqual([channel]);
    const other = path.replace(CH, CV);
    expect(readSends(post(path, { originalUrl: other }))).toEqual([channel]);
    expect(readSends(post(`${path}/`, { originalUrl: other }))).toEqual([channel]);
    expect(readSends(post('/x', { originalUrl: `${path}/x`, baseUrl: path }))).toEqual([channel]);
    // Connect says no `baseUrl`.
    expect(readSends(post('/x', { originalUrl: `${path}/x` }))).toEqual([channel]);
    expect(readSends(post('/x', { originalUrl: `${path}/x`, baseUrl: '' }))).toEqual([channel]);
    expect(readSends(post('/x', { originalUrl: `${path}/y` }))).toBeUndefined();
    expect(readSends(post('/x', { originalUrl: '/elsewhere', baseUrl: path }))).toEqual([channel]);
    expect(readSends(post('/contacts', { originalUrl: `${baseUrl}/contacts`, baseUrl }))).toBeUndefined();
  });

  it.each([
    `/workspaces/${WS}/channels/${CH}/messages//`,
    `/workspaces/${WS}/channels/${CH}//messages`,
    `//workspaces/${WS}/channels/${CH}/messages`,
    `/workspaces/${WS}/channels/${CH}/messages%2F`,
    `/workspaces/${WS}/channels/${CH}/%6Dessages`,
    `/workspaces/${WS}/channels/${CH}/%4dESSAGES`,
    `/%77orkspaces/${WS}/channels/${CH}/messages`,
    `/workspaces/${WS}/./channels/${CH}/messages`,
    `/workspaces/${WS}/x/../channels/${CH}/messages`,
    `/workspaces/${WS}/x/%2e%2e/channels/${CH}/messages`,
    `/workspaces/${WS}/channels/${CH}/messages/.`,
    `/workspaces/${WS}/channels/${CH}/messages/%2E/`,
    `/workspaces/${WS}/channels/${CH}/messages/x/..`,
    `/workspaces/${WS}/channels/${CH}\\messages`,
    `/workspaces/${WS}/channels/${CH}\\messages#`,
    `\\workspaces\\${WS}\\channels\\${CH}\\messages`,
    `/workspaces/${WS}/channels/${CH}%5cmessages`,
    `/workspaces/${WS}/channels/${CH}/messages.json`,
    `http://example.com/workspaces/${WS}/channels/${CH}/messages`,
    `HTTP://example.com:8080\\workspaces/${WS}/channels/${CH}/messages?x#y`,
    `/workspaces/${WS}/channels/${CH}/messages#/x`,
    `/workspaces/${WS}/channels/${CH}/messages//..`,
    `/workspaces/${WS}/channels/${CH}/x//%2e%2e/../messages`,
    `/workspaces/${WS}/channels/${CH}/x//../messages`,
    `/workspaces/${WS}\\channels/${CH}/messages`,
    `/workspaces//${WS}/channels/${CH}/x//../../messages`,
    `workspaces/${WS}/channels/${CH}/messages`,
    // Parameters of a segment, and a query after a `;`.
    `/workspaces;v=1/${WS}/channels/${CH};w/messages`,
    `/workspaces/${WS}/channels/${CH}/messages;a/b`,
  ])('is found however it is spelled: %s (field A6)', (url) => {
    expect(readSends(post(url))).toEqual([channel]);
  });

  it.each([
    `/workspaces/${WS}/channels/${CH}/b%61tch/messages`,
    `/workspaces/${WS}/channels/${CH}/batch//messages`,
    `/workspaces/${WS}/channels/${CH}/BATCH/./messages`,
    `/workspaces/${WS}/channels/${CH}\\batch/messages`,
    `/workspaces/${WS}/channels/${CH}%2Fbatch/messages`,
  ])('is found as a batch however it is spelled: %s (field A6)', (url) => {
    const messageRequests = [message, message];
    expect(readSends(post(url, { body: { messageRequests } }))).toMatchObject([{ item: 0 }, { item: 1 }]);
  });

  it('keeps what cannot be decoded, so that the id is refused later', () => {
    const url = `/workspaces/%E0%A4%A/channels/${CH}/messages`;
    expect(readSends(post(url))).toMatchObject([{ workspaceId: '%E0%A4%A' }]);
    expect(readSends(post(`/workspaces/%2e%2e/channels/${CH}/messages`))).toMatchObject([{ workspaceId: '..' }]);
    const asRouted = `/workspaces/${WS}/workspaces/%2e%2e/channels/${CH}/messages`;
    expect(readSends(post(asRouted))).toMatchObject([{ workspaceId: '..' }]);
  });

  it('decodes a character of several bytes', () => {
    const url = `/workspaces/%C3%A9/channels/${CH}/messages`;
    expect(readSends(post(url))).toMatchObject([{ workspaceId: 'é' }]);
  });

  it.each([`channels/${CH}/messages/`, `conversations/${CV}/messages`])(
    'names one message, whatever list its body has: %s',
    (path) => {
      const body = { ...message, messageRequests: [message, message] };
      const sends = readSends(post(`/workspaces/${WS}/${path}`, { body }));
      expect(sends).toMatchObject([{ message: body }]);
      expect(sends).toHaveLength(1);
    },
  );
});

describe('readSends: route parameters', () => {
  const params = { workspaceId: WS, channelId: CH };

  it('count on a route of its own, whatever its path is called', () => {
    expect(readSends(post('/send', { params, route: {} }))).toMatchObject([{ workspaceId: WS, channelId: CH }]);
    expect(readSends(post('/', { originalUrl: `/t/${WS}/${CH}`, params }))).toMatchObject([{ channelId: CH }]);
    const conversation = { workspaceId: WS, conversationId: CV };
    expect(readSends(post('/x', { params: conversation, route: {} }))).toEqual([{ ...conversation, message }]);
  });

  it('win over the path, which may have been rewritten', () => {
    const url = `/workspaces/w/channels/c/messages`;
    expect(readSends(post(url, { params }))).toMatchObject([{ workspaceId: WS, channelId: CH }]);
  });

  it.each([undefined, '', '/', '/?x', '?x', '/#x'])(
    'count below app.use where nothing follows the mount: %s',
    (url) => {
      expect(readSends({ method: 'POST', url, params, body: message })).toMatchObject([{ channelId: CH }]);
    },
  );

  it('do not make a send of every route below app.use', () => {
    expect(readSends(post('/contacts?x=1', { params }))).toBeUndefined();
    expect(readSends(post('/contacts', { originalUrl: `/${WS}/${CH}/contacts`, params }))).toBeUndefined();
  });

  it.each([
    ['no object', 'x'],
    ['of other names', { ws: WS, ch: CH }],
    ['without the workspace', { channelId: CH }],
    ['without channel and conversation', { workspaceId: WS }],
    ['that are no texts', { workspaceId: [WS], channelId: CH }],
    ['inherited', Object.create(params)],
  ])('%s leave the path to say', (_, odd) => {
    const url = `/workspaces/w/channels/c/messages`;
    expect(readSends(post(url, { params: odd }))).toMatchObject([{ workspaceId: 'w', channelId: 'c' }]);
    expect(readSends(post('/send', { params: odd, route: {} }))).toBeUndefined();
  });

  it('may have no prototype, as those of Express 5', () => {
    const bare = Object.assign(Object.create(null), params);
    expect(readSends(post('/send', { params: bare, route: {} }))).toMatchObject([{ channelId: CH }]);
  });

  it('name a batch by the path or by the body', () => {
    const body = { messageRequests: [message, message] };
    expect(readSends(post('/send', { params, route: {}, body }))?.map(({ item }) => item)).toEqual([0, 1]);
    const both = { ...message, messageRequests: [message] };
    expect(readSends(post('/send', { params, route: {}, body: both }))).toEqual([
      { ...params, contact: one, message, item: 0 },
      { ...params, contact: one, message: both },
    ]);
    const url = `/workspaces/${WS}/channels/${CH}/batch/messages/`;
    expect(readSends(post(url, { params, route: {}, body: {} }))).toMatchObject([{ channelId: CH, message: null }]);
  });
});

describe('readSends: the body', () => {
  const url = `/workspaces/${WS}/channels/${CH}/messages`;
  const ids = { workspaceId: WS, channelId: CH };

  it('gives one send for each recipient, in order, each with the whole message', () => {
    const body = { receiver: { contacts: [one, two, one] }, body: {} };
    expect(readSends(post(url, { body }))).toEqual(
      [one, two, one].map((contact) => ({ ...ids, contact, message: body })),
    );
  });

  it.each([
    ['nothing', undefined, null],
    ['null', null, null],
    ['a text', 'x', 'x'],
    ['a list', [message], [message]],
    ['an empty object', {}, {}],
    ['no receiver', { body: {} }, { body: {} }],
    ['no contacts', { receiver: {} }, { receiver: {} }],
    ['empty contacts', { receiver: { contacts: [] } }, { receiver: { contacts: [] } }],
    ['contacts that are no list', { receiver: { contacts: one } }, { receiver: { contacts: one } }],
  ])('of %s is one send without a recipient', (_, body, expected) => {
    const [send, ...others] = readSends(post(url, { body })) ?? [];
    expect(others).toEqual([]);
    expect(send).toEqual({ ...ids, message: expected });
    expect(send).not.toHaveProperty('contact');
  });

  it('takes no recipients from a prototype', () => {
    const body = JSON.parse('{"__proto__":{"receiver":{"contacts":[{"id":"x"}]}},"body":{}}');
    expect(readSends(post(url, { body }))?.[0]).not.toHaveProperty('contact');
  });
});

describe('readSends: the recipients of a message into a conversation', () => {
  const url = `/workspaces/${WS}/conversations/${CV}/messages`;
  const ids = { workspaceId: WS, conversationId: CV };

  it('are those that it names', () => {
    const body = { body: {}, recipients: [one, two] };
    expect(readSends(post(url, { body }))).toEqual([
      { ...ids, contact: one, message: body },
      { ...ids, contact: two, message: body },
    ]);
  });

  it('are unknown where it names them in two spellings', () => {
    const body = { body: {}, recipients: [one], Recipients: [two] };
    expect(readSends(post(url, { body }))).toEqual([{ ...ids, contact: {}, message: body }]);
  });

  it('of a message to a channel are unknown where it names them in two spellings', () => {
    for (const receivers of [
      { receiver: { contacts: [one], Contacts: [two] } },
      { receiver: { contacts: [one] }, Receiver: { contacts: [two] } },
    ]) {
      const body = { body: {}, ...receivers };
      const sends = readSends(post(`/workspaces/${WS}/channels/${CH}/messages`, { body }));
      expect(sends).toEqual([{ workspaceId: WS, channelId: CH, message: body }]);
    }
  });
});

describe('readSends: a new conversation', () => {
  const url = `/api/workspaces/${WS}/conversations`;
  const ids = { workspaceId: WS, channelId: CH };
  const start = (change: object): ReturnType<typeof readSends> =>
    readSends(post(url, { body: { channelId: CH, ...change } }));
  const first = { body: { type: 'text' } };

  it('is no send without a first message, nor is another collection of the workspace', () => {
    expect(start({ participants: [one] })).toBeUndefined();
    const body = { initialMessage: first, participants: [one] };
    expect(readSends(post(`/api/workspaces/${WS}/contacts`, { body }))).toBeUndefined();
    expect(readSends(post(`/api/${WS}/conversations`, { body }))).toBeUndefined();
  });

  it('sends to the recipients of its first message', () => {
    const initialMessage = { ...first, recipients: [one] };
    expect(start({ initialMessage, participants: [two] })).toEqual([{ ...ids, contact: one, message: initialMessage }]);
  });

  it.each([[undefined], [[]], [null]])('sends to the participants where the message names %j', (recipients) => {
    const initialMessage = { ...first, recipients };
    const participants = [one, { ...two, type: 'contact' }, { id: CV, type: 'accessKey' }];
    expect(start({ initialMessage, participants })).toEqual([
      { ...ids, contact: one, message: initialMessage },
      { ...ids, contact: participants[1], message: initialMessage },
    ]);
  });

  it.each([[undefined], [[]], [one]])('with the participants %j is one send without a recipient', (participants) => {
    const sends = start({ initialMessage: first, participants });
    expect(sends).toEqual([{ ...ids, message: first }]);
    expect(sends?.[0]).not.toHaveProperty('contact');
  });

  it('has no channel where its id is no text', () => {
    const sends = start({ initialMessage: first, channelId: 7, participants: [one] });
    expect(sends).toEqual([{ workspaceId: WS, channelId: undefined, contact: one, message: first }]);
  });

  it.each([
    ['its message', { initialMessage: first, InitialMessage: first }],
    ['its message, the second alone', { InitialMessage: first }],
    ['its channel', { initialMessage: first, ChannelId: CV }],
    ['its participants', { initialMessage: first, participants: [one], Participants: [two] }],
    ['its recipients', { initialMessage: { ...first, recipients: [one], Recipients: [two] } }],
  ])('with two spellings of %s is one send that cannot be classified', (_, change) => {
    expect(start(change)).toEqual([{ ...ids, message: null }]);
  });
});

describe('readSends: a batch', () => {
  const url = `/workspaces/${WS}/channels/${CH}/batch/messages`;
  const ids = { workspaceId: WS, channelId: CH };

  it('gives the sends of every message, each with its position', () => {
    const many = { receiver: { contacts: [one, two] }, body: {} };
    const sends = readSends(post(url, { body: { messageRequests: [message, null, many] } }));
    expect(sends).toEqual([
      { ...ids, item: 0, contact: one, message },
      { ...ids, item: 1, message: null },
      { ...ids, item: 2, contact: one, message: many },
      { ...ids, item: 2, contact: two, message: many },
    ]);
  });

  it.each([
    ['nothing', undefined],
    ['an empty object', {}],
    ['an empty list', { messageRequests: [] }],
    ['what is no list', { messageRequests: message }],
    ['a list under another letter case', { MessageRequests: [message] }],
    ['a list behind __proto__', JSON.parse('{"__proto__":{"messageRequests":[{}]}}')],
    ['a bare list', [message]],
  ])('of %s is one send that cannot be classified', (_, body) => {
    expect(readSends(post(url, { body }))).toEqual([{ ...ids, message: null }]);
  });

  it.each([
    [100, 100, undefined],
    [101, 1, 'too_many_recipients'],
    [10_000, 1, 'too_many_recipients'],
  ])('of %i messages gives %i sends (field D1)', (length, count, reason) => {
    const messageRequests = Array.from({ length }, () => message);
    const sends = readSends(post(url, { body: { messageRequests } })) ?? [];
    expect(sends).toHaveLength(count);
    expect(sends.map(undecidableReason)).toEqual(sends.map(() => reason));
  });

  it.each([
    [1000, undefined, 1000],
    [1001, undefined, 1],
    [3, 3, 3],
    [4, 3, 1],
  ])('of one message to %i, where %s may be, gives %i sends (field D1)', (length, most, count) => {
    const contacts = Array.from({ length }, () => null);
    const sends = readSends(post(url, { body: { messageRequests: [{ ...message, receiver: { contacts } }] } }), most);
    expect(sends).toHaveLength(count);
    expect(undecidableReason(sends?.[0] as SendRequest)).toBe(count === 1 ? 'too_many_recipients' : undefined);
  });
});

describe('readSends', () => {
  it('property: it answers for anything that arrives', () => {
    const request = fc.record(
      {
        method: fc.constantFrom('POST', 'GET'),
        url: fc.oneof(
          fc.webUrl({ withQueryParameters: true }),
          fc.string(),
          fc.constant(`/workspaces/a/channels/b/messages`),
        ),
        originalUrl: fc.oneof(fc.constant(undefined), fc.string()),
        params: fc.anything(),
        route: fc.anything(),
        body: fc.oneof(fc.anything(), fc.record({ messageRequests: fc.array(fc.anything()) })),
      },
      { requiredKeys: ['method'] },
    );
    fc.assert(
      fc.property(request, (req) => {
        const sends = readSends(req as Parameters<typeof readSends>[0]);
        if (sends !== undefined) expect(sends.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['slashes', '/'.repeat(1_000_000)],
    ['segments', '/workspaces/x/channels'.repeat(50_000)],
    ['percent signs', `/workspaces/${'%'.repeat(500_000)}/channels/x/messages`],
    ['question marks', '?'.repeat(1_000_000)],
  ])('takes no time for a megabyte of %s [S9, S10]', (_, url) => {
    const characters = [...url];
    const read = (): unknown => readSends(post(url));
    expect(timesAsLong(read, () => characters.join(''))).toBeLessThan(10);
  });
});
