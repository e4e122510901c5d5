import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyMessage, isFromHuman, scheduledInstant } from '../../../src/bird/send/message.js';
import { timesAsLong } from '../../support/times-as-long.js';

const template = { projectId: 'ce6a2fd6-b2fa-4f5a-a2cd-f3bd15883318', version: 'latest', locale: 'en' };
const receiver = { contacts: [{ identifierKey: 'phonenumber', identifierValue: '+12025550123' }] };
const text = { type: 'text', text: { text: 'Hello' } };

/** As a body arrives: from JSON, where `__proto__` is a key like any other. */
const parse = (json: string): unknown => JSON.parse(json);

describe('classifyMessage', () => {
  it.each([
    ['a template', { receiver, template }],
    ['a template by name', { template: { name: 'order_update' } }],
    ['a template beside body: null', { receiver, template, body: null }],
    ['a template beside Body: null and body: undefined', { template, Body: null, body: undefined }],
    ['a template beside what is no content', { template, reference: 'x', tags: [], meta: {}, scheduledFor: 'x' }],
    ['a template beside TEMPLATE: null', { template, TEMPLATE: null }],
    [
      'a template beside content behind __proto__',
      parse(`{"template":${JSON.stringify(template)},"__proto__":{"body":{}}}`),
    ],
    ['the later of two templates', parse(`{"template":{},"template":${JSON.stringify(template)}}`)],
  ])('%s is a template [R3]', (_, message) => {
    expect(classifyMessage(message)).toBe('template');
  });

  it.each([
    ['a text', { receiver, body: text }],
    ['a receiver alone', { receiver }],
    ['a body alone', { body: {} }],
    ['a body of null alone', { body: null }],
    ['an authentication', { body: { type: 'authentication', authentication: {} } }],
    ['a list at the top', { list: { text: 'x' } }],
    ['template and body', { template, body: text }],
    ['template and an empty body', { template, body: {} }],
    ['template and a body of false', { template, body: false }],
    ['template and an empty text for a body', { template, body: '' }],
    ['template and Body', { template, Body: text }],
    ['template and BODY', { template, BODY: text }],
    ['template and body: null and Body', { template, body: null, Body: text }],
    ['template and text', { template, text: { text: 'x' } }],
    ['template and Image', { template, Image: {} }],
    ['template and Template', { template, Template: template }],
    ['Template alone', { Template: template }],
    ['template: {}', { template: {} }],
    ['template: null', { template: null }],
    ['template: undefined', { template: undefined }],
    ['template: true', { template: true }],
    ['template: [template]', { template: [template] }],
    ['template: a text', { template: 'order_update' }],
    ['a template without a name', { template: { version: 'latest', locale: 'en' } }],
    ['an empty projectId', { template: { projectId: '' } }],
    ['a projectId of spaces', { template: { projectId: ' ' } }],
    ['a projectId that is no text', { template: { projectId: 7 } }],
    ['a projectId of null and a name', { template: { projectId: null, name: ' ' } }],
    ['a projectId behind __proto__', parse('{"template":{"__proto__":{"projectId":"x"}}}')],
    ['an inherited projectId', { template: Object.create(template) }],
    ['the later of two templates', parse(`{"template":${JSON.stringify(template)},"template":{}}`)],
    ['the later of two bodies', parse(`{"template":${JSON.stringify(template)},"body":null,"body":{}}`)],
  ])('%s is free-form [R3]', (_, message) => {
    expect(classifyMessage(message)).toBe('freeform');
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a text', JSON.stringify({ template })],
    ['a number', 7],
    ['true', true],
    ['a list', [{ template }]],
    ['an empty object', {}],
    ['an object without a message', { hello: 'world' }],
    ['a template behind __proto__', parse(`{"__proto__":{"template":${JSON.stringify(template)}}}`)],
    ['an inherited template', Object.create({ template })],
    ['a buffer', Buffer.from(JSON.stringify({ template }))],
    ['a function', () => template],
    ['a Map', new Map([['template', template]])],
  ])('%s is unclassified', (_, message) => {
    expect(classifyMessage(message)).toBe('unclassified');
  });

  it('takes no time for a large body that nobody parsed', () => {
    const body = Buffer.alloc(5_000_000);
    const fewKeys = { ...Buffer.alloc(5_000) };
    expect(classifyMessage(body)).toBe('unclassified');
    // Key by key it takes a thousand times as long.
    const classify = (): unknown => classifyMessage(body);
    expect(timesAsLong(classify, () => Object.keys(fewKeys))).toBeLessThan(100);
  });

  const contentKeys = [
    'body',
    'text',
    'html',
    'image',
    'file',
    'gif',
    'location',
    'carousel',
    'list',
    'authentication',
  ];
  const anyCase = (word: string): fc.Arbitrary<string> =>
    fc.tuple(...[...word].map((letter) => fc.constantFrom(letter, letter.toUpperCase()))).map((all) => all.join(''));
  const content = fc.oneof(...contentKeys.map(anyCase));
  const isContent = (value: unknown): boolean => value !== null && value !== undefined;

  it('property: content under any letter case beside a template makes it free-form, wherever it stands [R3]', () => {
    const value = fc.jsonValue().filter(isContent);
    fc.assert(
      fc.property(content, value, fc.boolean(), (key, body, isFirst) => {
        const message = isFirst ? { [key]: body, template, receiver } : { template, receiver, [key]: body };
        expect(classifyMessage(message)).toBe('freeform');
      }),
    );
  });

  it('property: whatever is added to a free-form message, it never becomes a template [R3, S16]', () => {
    const freeform = fc.constantFrom<object>(
      { receiver, body: text },
      { body: text },
      { receiver, template, body: text },
      { template, Body: text },
      { template: {}, body: text },
    );
    const key = fc.oneof(
      fc.string(),
      content,
      anyCase('template'),
      fc.constantFrom('__proto__', 'constructor', 'meta'),
    );
    const junk = fc.array(fc.tuple(key, fc.oneof(fc.jsonValue(), fc.constant(template))), { maxLength: 6 });
    fc.assert(
      fc.property(freeform, junk, (message, added) => {
        const held = new Set(Object.keys(message));
        const entries = [...Object.entries(message), ...added.filter(([name]) => !held.has(name))];
        // As JSON, so that `__proto__` becomes a key of its own.
        const json = entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',');
        // A template that is added beside the content is still free-form.
        expect(classifyMessage(parse(`{${json}}`))).toBe('freeform');
      }),
      { numRuns: 500 },
    );
  });

  it('property: it answers for anything, and leaves it untouched', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withMap: true }), (message) => {
        const before = fc.stringify(message);
        expect(['template', 'freeform', 'unclassified']).toContain(classifyMessage(message));
        expect(fc.stringify(message)).toBe(before);
      }),
    );
  });
});

describe('scheduledInstant', () => {
  const at = Date.UTC(2026, 0, 5, 9);
  it.each([
    ['absent', {}, undefined],
    ['null', { scheduledFor: null }, undefined],
    ['undefined', { scheduledFor: undefined }, undefined],
    ['an instant', { scheduledFor: '2026-01-05T09:00:00Z' }, at],
    ['an instant with microseconds', { scheduledFor: '2026-01-05T09:00:00.000999Z' }, at],
    ['an instant in another offset', { scheduledFor: '2026-01-05T10:00:00+01:00' }, at],
    ['no offset', { scheduledFor: '2026-01-05T09:00:00' }, 'unreadable'],
    ['an empty text', { scheduledFor: '' }, 'unreadable'],
    ['seconds', { scheduledFor: at / 1000 }, 'unreadable'],
    ['an object', { scheduledFor: {} }, 'unreadable'],
    ['false', { scheduledFor: false }, 'unreadable'],
    ['behind __proto__', parse('{"__proto__":{"scheduledFor":"2026-01-05T09:00:00Z"}}'), undefined],
    ['of no message', null, undefined],
  ])('that is %s', (_, message, expected) => {
    expect(scheduledInstant(message)).toBe(expected);
  });
});

describe('isFromHuman', () => {
  it.each([
    { meta: { extraInformation: { useCase: 'conversation' } }, Meta: {} },
    { meta: { extraInformation: { useCase: 'conversation' }, extrainformation: {} } },
    { meta: { extraInformation: { useCase: 'conversation', uſeCase: 'marketing' } } },
  ])('is not sure of a human where there are two spellings: %j (field A17)', (message) => {
    expect(isFromHuman(message)).toBe(false);
  });

  const withUseCase = (useCase: unknown): object => ({ meta: { extraInformation: { useCase } } });
  it.each([
    ['conversation', withUseCase('conversation'), true],
    ['transactional', withUseCase('transactional'), true],
    ['marketing', withUseCase('marketing'), false],
    ['another case', withUseCase('Conversation'), false],
    ['a list', withUseCase(['conversation']), false],
    ['none', {}, false],
    ['null on the way', { meta: { extraInformation: null } }, false],
    ['behind __proto__', parse('{"meta":{"__proto__":{"extraInformation":{"useCase":"conversation"}}}}'), false],
    ['of no message', undefined, false],
  ])('with the use case %s is %s', (_, message, expected) => {
    expect(isFromHuman(message)).toBe(expected);
  });
});
