import type { TemplateOptions } from 'freeform-guard/sandbox';
import { describe, expect, it } from 'vitest';
import { PHONE, type Reply, type Scene, START_AT, startSandbox, startScene, textTo } from './support.js';

const projectId = 'ce6a2fd6-b2fa-4f5a-a2cd-f3bd15883318';
const otherId = '0c0defe3-c98d-46d9-a9bf-febc1e08aa0c';
const locales = { en: 'Hello {{name}}, order {{order}} is on its way.', 'pt-BR': 'Olá {{name}}: {{order}}.' };
const fit = { name: 'Robert', order: '7' };

const unknown = { ends: 'rejected', name: 'touchpoint', code: '132001' };
const miscounted = { ends: 'rejected', name: 'touchpoint', code: '132000' };
const unfit = { ends: 'rejected', name: 'touchpoint', code: '132012' };
const misformed = { ends: 'sending_failed', name: 'whatsapp', code: '132012' };
const tooLong = { ends: 'sending_failed', name: 'whatsapp', code: '132005' };
const delivered = { ends: 'delivered', name: undefined, code: undefined };

function sendTemplate({ sendText }: Scene, fields: object): Promise<Reply> {
  return sendText({ body: undefined, template: { projectId, version: 'latest', locale: 'en', ...fields } });
}

/** How a template send ends, at the instant at which it has to. */
async function fate(scene: Scene, fields: object): Promise<object> {
  const { status, body } = await sendTemplate(scene, fields);
  expect([status, body.status]).toEqual([202, 'accepted']);
  scene.sandbox.clock.advance({ minutes: 2 });
  const message = scene.sandbox.messages().find(({ id }) => id === body.id);
  return { ends: message?.status, name: message?.failure?.source.name, code: message?.failure?.source.code };
}

async function startWith(options: Partial<TemplateOptions> = {}, platformId = 'whatsapp'): Promise<Scene> {
  const scene = await startScene({ platformId });
  scene.workspace.addTemplate({ projectId, locales, ...options });
  return scene;
}

describe('a template that is added', () => {
  it('is given back with ids of its own and the variables of its texts', async () => {
    const workspace = (await startSandbox()).addWorkspace();
    const template = workspace.addTemplate({ locales: { en: '{{b}} {{ a }} {{b}}', de: '{{c.d}}' } });
    expect(template).toEqual({
      projectId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      version: expect.stringMatching(/^[0-9a-f-]{36}$/),
      locales: { en: '{{b}} {{ a }} {{b}}', de: '{{c.d}}' },
      variables: ['b', 'a', 'c.d'],
      media: [],
      status: 'active',
    });
    expect(template.projectId).not.toBe(template.version);
  });

  it('is what was given, undefined being absent, and follows no later change of it', async () => {
    const workspace = (await startSandbox()).addWorkspace();
    const given = { projectId, version: 'v1', locales: { en: 'Hi' }, variables: ['link'], media: ['photo'] };
    const options = { ...given, status: 'pending', maxVariableLength: undefined } as const;
    const template = workspace.addTemplate(options);
    given.media.push('other');
    given.locales.en = 'Bye';
    expect(template).toEqual({ ...given, locales: { en: 'Hi' }, media: ['photo'], status: 'pending' });
  });

  const wrong: [string, unknown, typeof TypeError | typeof RangeError][] = [
    ['projectId', 'welcome', RangeError],
    ['projectId', 7, TypeError],
    ['version', 'latest', RangeError],
    ['version', '', RangeError],
    ['version', null, TypeError],
    ['locales', undefined, TypeError],
    ['locales', null, TypeError],
    ['locales', ['Hi'], TypeError],
    ['locales', { en: 1n }, TypeError],
    ['locales', {}, RangeError],
    ['locales', { en: '' }, RangeError],
    ['locales', { en_US: 'Hi' }, RangeError],
    ['locales', { en: 'Hi {{name' }, RangeError],
    ['locales', { en: 'Hi {{}}' }, RangeError],
    ['variables', 'name', TypeError],
    ['variables', [1], TypeError],
    ['variables', ['name', 'order', ''], RangeError],
    ['variables', ['name'], RangeError],
    ['media', [null], TypeError],
    ['media', ['name'], RangeError],
    ['status', 'rejected', RangeError],
    ['status', true, TypeError],
    ['maxVariableLength', 0, RangeError],
    ['maxVariableLength', 1.5, RangeError],
    ['maxVariableLength', Number.NaN, RangeError],
    ['maxVariableLength', '1024', TypeError],
    ['maxVariablesLength', 1024, TypeError],
    ['toString', 'x', TypeError],
  ];
  it.each(wrong)('is refused by name where it is wrong: %s is %o', async (name, value, error) => {
    const workspace = (await startSandbox()).addWorkspace();
    const add = (): unknown => workspace.addTemplate({ locales, [name]: value } as TemplateOptions);
    expect(add).toThrow(error);
    expect(add).toThrow(`addTemplate.${name} `);
  });

  it('has each version but once, though another template may have the same', async () => {
    const { workspace } = await startWith({ version: 'v1' });
    expect(() => workspace.addTemplate({ projectId, version: 'v1', locales })).toThrow(RangeError);
    expect(() => workspace.addTemplate({ projectId, version: 'v1', locales })).toThrow('addTemplate.version is taken');
    expect(workspace.addTemplate({ version: 'v1', locales })).toMatchObject({ version: 'v1' });
  });
});

describe('a template send', () => {
  const cases: [string, { template?: Partial<TemplateOptions>; fields: object; expected: object }][] = [
    ['that fits', { fields: { variables: fit }, expected: delivered }],
    ['of an unknown project', { fields: { projectId: otherId, variables: fit }, expected: unknown }],
    ['of no project but a name', { fields: { projectId: undefined, name: 'a', variables: fit }, expected: unknown }],
    [
      'of a version by its name',
      { template: { version: 'v1' }, fields: { version: 'v1', variables: fit }, expected: delivered },
    ],
    ['of an unknown version', { fields: { version: otherId, variables: fit }, expected: unknown }],
    ['of no version', { fields: { version: undefined, variables: fit }, expected: unknown }],
    ['in another of its locales', { fields: { locale: 'pt-BR', variables: fit }, expected: delivered }],
    ['in a locale that is not there', { fields: { locale: 'de', variables: fit }, expected: unknown }],
    ['in a wider locale', { fields: { locale: 'pt', variables: fit }, expected: unknown }],
    ['in a locale that every object has', { fields: { locale: 'toString', variables: fit }, expected: unknown }],
    ['in no locale', { fields: { locale: undefined, variables: fit }, expected: unknown }],
    ['that waits for approval', { template: { status: 'pending' }, fields: { variables: fit }, expected: unknown }],
    ['without parameters', { fields: {}, expected: miscounted }],
    ['without parameters, which needs none', { template: { locales: { en: 'Hi' } }, fields: {}, expected: delivered }],
    ['with null for both', { fields: { variables: null, parameters: null }, expected: miscounted }],
    ['with one missing', { fields: { variables: { name: 'Robert' } }, expected: miscounted }],
    ['with one too many', { fields: { variables: { ...fit, city: 'Utrecht' } }, expected: miscounted }],
    [
      'without one that stands in no text',
      { template: { variables: ['name', 'order', 'link'] }, fields: { variables: fit }, expected: miscounted },
    ],
    ['with null for a text', { fields: { variables: { ...fit, name: null } }, expected: unfit }],
    ['with an object for a text', { fields: { variables: { ...fit, name: {} } }, expected: unfit }],
    ['with a number', { fields: { variables: { ...fit, order: 7 } }, expected: delivered }],
  ];
  it.each(cases)('%s', async (_name, { template, fields, expected }) => {
    expect(await fate(await startWith(template), fields)).toEqual(expected);
  });

  const text = (value: unknown, key = 'name'): object => ({ type: 'string', key, value });
  it.each([
    ['a list', { parameters: [text('Robert'), text('7', 'order')] }, delivered],
    ['a list and a map', { parameters: [text('Robert')], variables: { order: '7' } }, delivered],
    ['a list without a value', { parameters: [{ type: 'string', key: 'name' }, text('7', 'order')] }, miscounted],
    [
      'a list with an entry too many',
      { parameters: [text('Robert'), text('7', 'order'), text('x', 'city')] },
      miscounted,
    ],
    [
      'a list with an entry without a key',
      { parameters: [{ type: 'string', value: 'x' }], variables: fit },
      miscounted,
    ],
    ['a list of other things', { parameters: ['Robert', 7] }, miscounted],
  ])('takes its parameters from %s', async (_name, fields, expected) => {
    expect(await fate(await startWith(), fields)).toEqual(expected);
  });

  const values: [string, string, object][] = [
    ['of 1 character', 'x', delivered],
    ['of 1024 characters', 'x'.repeat(1024), delivered],
    ['of 1025 characters', 'x'.repeat(1025), tooLong],
    ['of 1024 smileys', '\u{1F600}'.repeat(1024), delivered],
    ['of 1025 smileys', '\u{1F600}'.repeat(1025), tooLong],
    ['with four spaces in a row', 'a    b', delivered],
    ['with five spaces in a row', 'a     b', misformed],
    ['with five spaces, not in a row', 'a b  c  d', delivered],
    ['with a newline', 'a\nb', misformed],
    ['with a carriage return', 'a\rb', misformed],
    ['with a tab', 'a\tb', misformed],
    ['that is empty', '', misformed],
    ['that is blank', ' ', misformed],
    ['with braces', '{{order}}', delivered],
  ];
  it.each(values)('with a text %s', async (_name, value, expected) => {
    const fields = { variables: { ...fit, name: value } };
    expect(await fate(await startWith(), fields)).toEqual(expected);
    expect(await fate(await startWith({}, 'sms-messagebird'), fields)).toEqual(delivered);
  });

  it.each([
    [5, delivered],
    [6, tooLong],
  ])('with a length of its own of 5: %i characters', async (length, expected) => {
    const scene = await startWith({ maxVariableLength: 5 });
    expect(await fate(scene, { variables: { ...fit, name: 'x'.repeat(length) } })).toEqual(expected);
  });

  it.each([
    ['https://example.com/a.png', delivered],
    ['http://example.com/a.png', delivered],
    [`https://example.com/${'a'.repeat(1025)}`, delivered],
    ['ftp://example.com/a.png', unfit],
    ['https:example.com', unfit],
    ['https://', unfit],
    ['https://example.com/a b.png', unfit],
    ['a.png', unfit],
    ['', unfit],
    [7, unfit],
    [undefined, miscounted],
  ])('with the media URL %o', async (photo, expected) => {
    const scene = await startWith({ media: ['photo'] });
    expect(await fate(scene, { variables: { ...fit, photo } })).toEqual(expected);
  });
});

describe('latest', () => {
  it('is the version added last, while the others stay what they were', async () => {
    const scene = await startWith({ version: 'v1' });
    scene.workspace.addTemplate({ projectId, version: 'v2', locales: { en: 'Hello {{name}}' } });
    expect(await fate(scene, { variables: fit })).toEqual(miscounted);
    expect(await fate(scene, { version: 'v1', variables: fit })).toEqual(delivered);
    expect(await fate(scene, { version: 'v2', variables: { name: 'Robert' } })).toEqual(delivered);
    scene.workspace.addTemplate({ projectId, locales, status: 'pending' });
    expect(await fate(scene, { variables: fit })).toEqual(unknown);
  });

  it('is that of the instant at which a scheduled message is sent', async () => {
    const scene = await startWith();
    const scheduledFor = new Date(Date.parse(START_AT) + 3_600_000).toISOString();
    const template = { projectId, version: 'latest', locale: 'en', variables: { name: 'Robert' } };
    const { body } = await scene.sendText({ body: undefined, template, scheduledFor });
    scene.workspace.addTemplate({ projectId, locales: { en: 'Hello {{name}}' } });
    scene.sandbox.clock.advance({ hours: 1, minutes: 1 });
    expect(scene.statusOf(body.id)).toBe('delivered');
  });
});

describe('a template that is refused', () => {
  it.each([
    [{ variables: {} }, ['accepted', 'rejected'], 11_002],
    [{ variables: { ...fit, name: '' } }, ['accepted', 'processing', 'sending_failed'], 15_000],
  ])('with %j passes through %j', async (fields, statuses, code) => {
    const scene = await startWith();
    const { body } = await sendTemplate(scene, fields);
    const seen = new Set([scene.statusOf(body.id)]);
    for (let ms = 0; ms < 1000; ms += 100) {
      scene.sandbox.clock.advance(100);
      seen.add(scene.statusOf(body.id));
    }
    expect([...seen]).toEqual(statuses);
    const [message] = scene.sandbox.messages();
    expect(message).toMatchObject({ failure: { code, description: expect.stringContaining('name') } });
    expect(message?.reason).toMatch(/^details: .+; reason: .+; code: 1320\d\d$/);
  });

  it('is refused in a batch as well, alone', async () => {
    const scene = await startWith();
    const template = { projectId, version: 'latest', locale: 'en' };
    const { receiver } = textTo(PHONE);
    const messageRequests = [fit, {}].map((variables) => ({ receiver, template: { ...template, variables } }));
    await scene.post(`/channels/${scene.channel.id}/batch/messages`, { messageRequests });
    scene.sandbox.clock.advance({ minutes: 2 });
    expect(scene.sandbox.messages().map(({ status }) => status)).toEqual(['delivered', 'rejected']);
  });

  it.each([
    [fit, 'delivered'],
    [{}, 'rejected'],
  ])('or not in a conversation, with %j', async (variables, ends) => {
    const scene = await startWith();
    const { id } = scene.workspace.addConversation({ channelId: scene.channel.id, contactId: scene.contact.id });
    const { body } = await scene.post(`/conversations/${id}/messages`, {
      participantType: 'accessKey',
      participantId: otherId,
      template: { projectId, version: 'latest', locale: 'en', variables },
    });
    scene.sandbox.clock.advance({ minutes: 2 });
    expect(scene.statusOf(body.id)).toBe(ends);
    const conversation = await scene.get(`/conversations/${id}`);
    expect(conversation.body.lastMessageOutgoingAt).toBe(START_AT);
  });
});

describe('a workspace without templates', () => {
  it('takes every template, also beside a workspace that has some', async () => {
    const scene = await startScene();
    scene.sandbox.addWorkspace().addTemplate({ projectId, locales });
    expect(await fate(scene, { version: 'v9', variables: { name: '\n' } })).toEqual(delivered);
  });
});
