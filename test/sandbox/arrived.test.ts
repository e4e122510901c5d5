import { describe, expect, it } from 'vitest';
import { PHONE, request, type Scene, SECOND_PHONE, START_AT, startScene, textTo } from './support.js';

const DAY = 86_400_000;
const startAt = Date.parse(START_AT);
const projectId = 'ce6a2fd6-b2fa-4f5a-a2cd-f3bd15883318';
const photo = 'https://example.com/a.png';

function customerWrites({ workspace, channel, contact }: Scene): void {
  for (const address of [PHONE, SECOND_PHONE]) {
    workspace.receiveInbound({ channelId: channel.id, contactId: contact.id, address });
  }
}

function asTemplate(template: object): object {
  return { body: undefined, template: { projectId, version: 'latest', locale: 'en', ...template } };
}

function textsOf({ sandbox }: Scene): string[] {
  return sandbox.arrived().map(({ text }) => text);
}

describe('what arrived', () => {
  it('is listed completely', async () => {
    const scene = await startScene();
    customerWrites(scene);
    scene.sandbox.clock.advance({ minutes: 1 });
    const { body } = await scene.sendText({ reference: 'order-7' });
    scene.sandbox.clock.advance({ minutes: 1 });
    expect(scene.sandbox.arrived()).toEqual([
      {
        workspaceId: scene.workspace.id,
        channelId: scene.channel.id,
        platformId: 'whatsapp',
        to: PHONE,
        contactId: scene.contact.id,
        kind: 'text',
        text: 'We are on it.',
        media: [],
        reference: 'order-7',
        messageId: body.id,
        at: startAt + 60_000,
      },
    ]);
  });

  it.each([
    [0, 0],
    [1999, 0],
    [2000, 1],
    [DAY, 1],
  ])('shows once the message is delivered: after %d ms %d', async (ms, count) => {
    const scene = await startScene();
    expect(scene.sandbox.arrived()).toEqual([]);
    customerWrites(scene);
    await scene.sendText();
    scene.sandbox.clock.advance(ms);
    expect(scene.sandbox.arrived()).toHaveLength(count);
  });

  it.each(['delivery_failed', 'sending_failed', 'rejected'] as const)(
    'is never a late text: %s',
    async (lateStatus) => {
      const scene = await startScene({ lateStatus });
      customerWrites(scene);
      scene.sandbox.clock.advance(DAY);
      await scene.sendText();
      scene.sandbox.clock.advance(2000);
      expect(scene.sandbox.arrived()).toEqual([]);
      customerWrites(scene);
      scene.sandbox.clock.advance(DAY);
      expect(scene.sandbox.arrived()).toEqual([]);
      expect(scene.sandbox.messages()).toHaveLength(1);
    },
  );

  it.each([
    ['a template beside a body', { template: { projectId, version: 'latest', locale: 'en' } }],
    ['a template that names nothing', { body: undefined, template: {} }],
    ['a template that does not fit', asTemplate({ variables: { city: 'Utrecht' } })],
    ['a message for nobody', { receiver: {} }],
  ])('is never %s', async (_, fields) => {
    const scene = await startScene();
    scene.workspace.addTemplate({ projectId, locales: { en: 'Hello' } });
    await scene.sendText(fields);
    scene.sandbox.clock.advance(DAY);
    expect(scene.sandbox.arrived()).toEqual([]);
  });

  it('has one entry per receiver', async () => {
    const scene = await startScene();
    customerWrites(scene);
    const contacts = [PHONE, SECOND_PHONE].map((platformAddress) => ({ id: scene.contact.id, platformAddress }));
    const { body } = await scene.sendText({ receiver: { contacts } });
    scene.sandbox.clock.advance(2000);
    expect(scene.sandbox.arrived()).toMatchObject([
      { to: PHONE, contactId: scene.contact.id, messageId: body.id },
      { to: SECOND_PHONE, contactId: scene.contact.id, messageId: body.id },
    ]);
  });

  it('stands in order of sending, a scheduled message at its instant, over all workspaces', async () => {
    const scene = await startScene();
    customerWrites(scene);
    const other = scene.sandbox.addWorkspace();
    const channel = other.addChannel({ platformId: 'sms-messagebird' });
    const withText = (text: string): object => ({ body: { type: 'text', text: { text } } });
    const scheduledFor = new Date(startAt + 60_000).toISOString();
    await scene.sendText({ ...withText('third'), scheduledFor });
    await scene.sendText(withText('first'));
    scene.sandbox.clock.advance(1000);
    const url = `${scene.sandbox.url}/workspaces/${other.id}/channels/${channel.id}/messages`;
    await request(url, other.accessKey, { ...textTo('+12025550177'), ...withText('second') });
    scene.sandbox.clock.advance({ minutes: 2 });
    expect(scene.sandbox.arrived().map(({ text, workspaceId, at }) => [text, workspaceId, at - startAt])).toEqual([
      ['first', scene.workspace.id, 0],
      ['second', other.id, 1000],
      ['third', scene.workspace.id, 60_000],
    ]);
  });

  it('comes through a conversation and a batch as well', async () => {
    const scene = await startScene();
    customerWrites(scene);
    const { id } = scene.workspace.addConversation({ channelId: scene.channel.id, contactId: scene.contact.id });
    const participant = { participantType: 'accessKey', participantId: projectId };
    const { body } = textTo(PHONE);
    await scene.post(`/conversations/${id}/messages`, { ...participant, body });
    await scene.post(`/conversations/${id}/messages`, { ...participant, ...asTemplate({ variables: { a: 'Hi' } }) });
    await scene.post(`/channels/${scene.channel.id}/batch/messages`, { messageRequests: [textTo(SECOND_PHONE), {}] });
    scene.sandbox.clock.advance({ minutes: 2 });
    expect(scene.sandbox.arrived().map(({ to, kind, text }) => [to, kind, text])).toEqual([
      [PHONE, 'text', 'We are on it.'],
      [PHONE, 'template', 'Hi'],
      [SECOND_PHONE, 'text', 'We are on it.'],
    ]);
  });
});

describe('the content of', () => {
  const bodies: [string, object, string, readonly string[]][] = [
    ['text', { text: 'Hi' }, 'Hi', []],
    ['text', { text: 'Hi', attachments: [{ mediaUrl: photo, filename: 'a.png' }] }, 'Hi', [photo]],
    ['html', { html: '<p>Hi</p>' }, '<p>Hi</p>', []],
    ['html', { html: '<p>Hi</p>', text: 'Hi' }, 'Hi', []],
    ['image', { images: [{ mediaUrl: photo }, { mediaUrl: `${photo}?2` }] }, '', [photo, `${photo}?2`]],
    ['image', { images: [{ mediaUrl: photo }], text: 'Your parcel' }, 'Your parcel', [photo]],
    ['image', {}, '', []],
    ['file', { files: [{ mediaUrl: photo, contentType: 'image/png' }], text: 'Bill' }, 'Bill', [photo]],
    ['gif', { mediaUrl: photo }, '', [photo]],
    ['location', { coordinates: { latitude: 1, longitude: 2 } }, '', []],
    ['carousel', { text: 'Choose', items: [{ title: 'One', mediaUrl: photo }, { title: 'Two' }] }, 'Choose', [photo]],
    ['list', { text: 7, items: null }, '', []],
  ];
  it.each(bodies)('a body of type %s with %j', async (type, inside, text, media) => {
    const scene = await startScene();
    customerWrites(scene);
    await scene.sendText({ body: { type, [type]: inside } });
    scene.sandbox.clock.advance(2000);
    expect(scene.sandbox.arrived()).toMatchObject([{ kind: type, text, media }]);
  });

  const string = (key: string, value: string): object => ({ type: 'string', key, value });
  it.each([
    ['en', { variables: { name: 'Robert', order: '7', photo } }, 'Hello Robert, order 7. Bye Robert!'],
    ['nl', { variables: { name: 'Robert', order: 7, photo } }, '7: Robert'],
    ['nl', { parameters: [string('photo', photo), string('order', '7'), string('name', 'R')] }, '7: R'],
    [
      'nl',
      { parameters: [string('name', 'A'), string('name', 'B')], variables: { name: 'C', order: '7', photo } },
      '7: B',
    ],
    ['nl', { variables: { name: '{{order}} $& $1', order: '7', photo } }, '7: {{order}} $& $1'],
  ])('a template in %s with %j', async (locale, fields, text) => {
    const scene = await startScene();
    const locales = { en: 'Hello {{name}}, order {{ order }}. Bye {{name}}!', nl: '{{order}}: {{name}}' };
    scene.workspace.addTemplate({ projectId, locales, media: ['photo'] });
    await scene.sendText(asTemplate({ locale, ...fields }));
    scene.sandbox.clock.advance(2000);
    expect(scene.sandbox.arrived()).toMatchObject([{ kind: 'template', text, media: [photo] }]);
  });

  it('a template of an older version, and of one that was the latest when it was sent', async () => {
    const scene = await startScene();
    scene.workspace.addTemplate({ projectId, version: 'v1', locales: { en: 'One' } });
    scene.workspace.addTemplate({ projectId, version: 'v2', locales: { en: 'Two' } });
    await scene.sendText(asTemplate({}));
    await scene.sendText(asTemplate({ version: 'v1' }));
    scene.workspace.addTemplate({ projectId, version: 'v3', locales: { en: 'Three' } });
    scene.sandbox.clock.advance(2000);
    expect(textsOf(scene)).toEqual(['Two', 'One']);
  });

  it.each([
    [{ variables: { name: 'Robert', order: '7' } }, 'Robert 7', []],
    [{ parameters: [string('order', '7'), { type: 'object', key: 'x', value: {} }, string('name', 'R')] }, '7 R', []],
    [{ parameters: [{ type: 'number', key: 'order', value: 7 }] }, '7', []],
    [{ attachments: [{ mediaUrl: photo }] }, '', [photo]],
    [{}, '', []],
  ])('a template nobody knows, in a workspace without any: %j', async (fields, text, media) => {
    const scene = await startScene();
    await scene.sendText(asTemplate(fields));
    scene.sandbox.clock.advance(2000);
    expect(scene.sandbox.arrived()).toMatchObject([{ kind: 'template', text, media }]);
  });
});
