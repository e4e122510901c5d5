import { describe, expect, test } from 'vitest';
import { contentOf, type MessageContent, withoutContent } from '../../../src/core/reroute/message-content.js';
import { contact } from './support.js';

const notCarried: MessageContent = { kind: 'none', reason: 'content_not_carried' };
const ambiguous: MessageContent = { kind: 'none', reason: 'ambiguous_message' };
const severalMedia: MessageContent = { kind: 'none', reason: 'several_media' };
const bodyOf = (type: string, content: unknown): object => ({ body: { type, [type]: content } });
const url = 'https://media.example/one';
const picture = { mediaUrl: url };
const paper = { mediaUrl: url, contentType: 'application/pdf', filename: 'one.pdf' };
const refuse = (): never => {
  throw new Error('refused');
};
const trap = (key: string, facts: object = {}): object =>
  Object.defineProperty({ ...facts }, key, { get: refuse, enumerable: true });

describe('what a message holds', () => {
  test.each<[name: string, message: unknown, content: MessageContent]>([
    ['a text', bodyOf('text', { text: 'hello' }), { kind: 'text', text: 'hello' }],
    ['an empty text', bodyOf('text', { text: '' }), { kind: 'text', text: '' }],
    [
      'a text with empty lists',
      bodyOf('text', { text: 'a', actions: [], attachments: [] }),
      { kind: 'text', text: 'a' },
    ],
    ['a text with null lists', bodyOf('text', { text: 'a', actions: null }), { kind: 'text', text: 'a' }],
    ['a text with actions', bodyOf('text', { text: 'a', actions: [{}] }), { kind: 'interactive', text: 'a' }],
    ['a text with attachments', bodyOf('text', { text: 'a', attachments: [{}] }), { kind: 'interactive', text: 'a' }],
    ['a text with actions in no list', bodyOf('text', { text: 'a', actions: {} }), { kind: 'interactive', text: 'a' }],
    ['a text with ACTIONS', bodyOf('text', { text: 'a', ACTIONS: [{}] }), { kind: 'interactive', text: 'a' }],
    ['a list', bodyOf('list', { text: 'a', items: [{}] }), { kind: 'interactive', text: 'a' }],
    ['a carousel with text', bodyOf('carousel', { text: 'a', items: [{}] }), { kind: 'interactive', text: 'a' }],
    ['a picture', bodyOf('image', { images: [picture] }), { kind: 'image', url, text: undefined }],
    ['a picture with caption', bodyOf('image', { images: [picture], text: 'a' }), { kind: 'image', url, text: 'a' }],
    [
      'a picture, caption null',
      bodyOf('image', { images: [picture], text: null }),
      { kind: 'image', url, text: undefined },
    ],
    ['a document', bodyOf('file', { files: [paper] }), { kind: 'file', url, text: undefined }],
    ['a document with caption', bodyOf('file', { files: [paper], text: 'a' }), { kind: 'file', url, text: 'a' }],
    [
      'a film',
      bodyOf('file', { files: [{ ...paper, contentType: 'video/mp4' }] }),
      { kind: 'file', url, text: undefined },
    ],
    [
      'a document with a parameter that reads like a sound',
      bodyOf('file', { files: [{ ...paper, contentType: 'application/pdf;name="audio/one.pdf"' }] }),
      { kind: 'file', url, text: undefined },
    ],
    [
      'content beside that of its type',
      { body: { type: 'text', text: { text: 'a' }, image: {} } },
      { kind: 'text', text: 'a' },
    ],
    ['template: null beside a body', { ...bodyOf('text', { text: 'a' }), template: null }, { kind: 'text', text: 'a' }],
    ['Body: null beside a body', { ...bodyOf('text', { text: 'a' }), Body: null }, { kind: 'text', text: 'a' }],
    ['no prototype', Object.assign(Object.create(null), bodyOf('text', { text: 'a' })), { kind: 'text', text: 'a' }],
  ])('%s', (_name, message, content) => {
    expect(contentOf(message)).toEqual(content);
  });

  test.each(['', ' ', '\n\t', '\u200b', '\u0001', '\u3164'])('scenario 33: %j is no caption', (text) => {
    const expected = { kind: 'image', url, text: undefined };
    expect(contentOf(bodyOf('image', { images: [picture], text }))).toEqual(expected);
  });

  test.each<[name: string, message: unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'hello'],
    ['a number', 1],
    ['an array', [bodyOf('text', { text: 'a' })]],
    ['a function', Object.assign(() => undefined, bodyOf('text', { text: 'a' }))],
    ['nothing', {}],
    ['body: null', { body: null }],
    ['body: a text', { body: 'hello' }],
    ['body: an array', { body: [{ type: 'text' }] }],
    ['no type', { body: { text: { text: 'a' } } }],
    ['no type, and two texts', { body: { text: { text: 'a' }, Text: { text: 'b' } } }],
    ['a type that is no text', { body: { type: ['text'], text: { text: 'a' } } }],
    ['a type without content', { body: { type: 'text' } }],
    ['a text that is null', bodyOf('text', null)],
    ['a text that is bare', bodyOf('text', 'hello')],
    ['a text that is a number', bodyOf('text', { text: 5 })],
    ['a text that is a String object', bodyOf('text', { text: Object('hello') })],
    ['a type in capitals', { body: { type: 'TEXT', text: { text: 'a' } } }],
    ['Type', { body: { Type: 'text', text: { text: 'a' } } }],
    ['the type __proto__', JSON.parse('{"body":{"type":"__proto__","__proto__":{"text":"a"}}}')],
    ['the type constructor', { body: { type: 'constructor' } }],
    ['a body that is inherited', Object.create(bodyOf('text', { text: 'a' }))],
    ['a text that is inherited', bodyOf('text', Object.create({ text: 'a' }))],
    ['scenario 36: html', bodyOf('html', { text: 'a', html: '<p>a</p>' })],
    ['scenario 36: a gif', bodyOf('gif', { text: 'a' })],
    ['scenario 36: a location', bodyOf('location', { coordinates: {} })],
    ['scenario 36: a section', bodyOf('section', { text: 'a' })],
    ['scenario 36: an authentication', bodyOf('authentication', { text: 'a' })],
    ['scenario 36: an action', bodyOf('action', { text: 'a' })],
    ['a kind that nobody knows', bodyOf('hologram', { text: 'a' })],
    ['a carousel without text', bodyOf('carousel', { items: [{}] })],
    ['a list without text', bodyOf('list', { items: [{}] })],
    ['scenario 35: a picture with actions', bodyOf('image', { images: [picture], actions: [{}] })],
    ['scenario 35: a picture without address', bodyOf('image', { images: [{}] })],
    ['scenario 35: a picture with a blank address', bodyOf('image', { images: [{ mediaUrl: ' ' }] })],
    ['scenario 35: a picture that is null', bodyOf('image', { images: [null] })],
    ['scenario 35: a caption that is no text', bodyOf('image', { images: [picture], text: 5 })],
    ['scenario 35: pictures that are no list', bodyOf('image', { images: picture })],
    ['scenario 35: no pictures', bodyOf('image', {})],
    ['scenario 35: a document with actions', bodyOf('file', { files: [paper], actions: [{}] })],
    ['scenario 35: a voice note', bodyOf('file', { files: [{ ...paper, contentType: 'audio/ogg; codecs=opus' }] })],
    ['scenario 35: a voice note, with a space', bodyOf('file', { files: [{ ...paper, contentType: ' audio/ogg' }] })],
    ['scenario 35: a voice note in capitals', bodyOf('file', { files: [{ ...paper, contentType: 'AUDIO/OGG' }] })],
  ])('%s is not carried', (_name, message) => {
    expect(contentOf(message)).toEqual(notCarried);
  });

  test.each<[name: string, message: unknown]>([
    ['two pictures', bodyOf('image', { images: [picture, picture] })],
    ['an empty list of pictures', bodyOf('image', { images: [] })],
    ['two documents', bodyOf('file', { files: [paper, paper] })],
  ])('scenario 35: %s are more or less than the one that a header takes', (_name, message) => {
    expect(contentOf(message)).toEqual(severalMedia);
  });

  test.each<[name: string, message: unknown]>([
    ['a template beside a body', { ...bodyOf('text', { text: 'a' }), template: { projectId: 'p' } }],
    ['an empty template beside a body', { ...bodyOf('text', { text: 'a' }), template: {} }],
    ['a template alone', { template: { projectId: 'p' } }],
    ['Template beside a body', { ...bodyOf('text', { text: 'a' }), Template: { projectId: 'p' } }],
    ['Body beside body', { ...bodyOf('text', { text: 'a' }), Body: { type: 'text', text: { text: 'b' } } }],
    ['BODY alone', { BODY: { type: 'text', text: { text: 'a' } } }],
    ['Receiver', { ...bodyOf('text', { text: 'a' }), Receiver: { contacts: [contact] } }],
    ['a text beside the body', { ...bodyOf('text', { text: 'a' }), text: { text: 'b' } }],
    ['a picture beside the body, in capitals', { ...bodyOf('text', { text: 'a' }), IMAGE: {} }],
    ['__proto__', JSON.parse('{"body":{"type":"text","text":{"text":"a"}},"__proto__":{"template":{}}}')],
    ['two bodies of text', { body: { type: 'text', text: { text: 'a' }, Text: { text: 'b' } } }],
    ['two types', { body: { type: 'text', Type: 'image', text: { text: 'a' } } }],
    ['two texts', bodyOf('text', { text: 'a', TEXT: 'b' })],
    ['two lists of pictures', bodyOf('image', { images: [picture], Images: [picture, picture] })],
    ['a caption that only Bird might read', bodyOf('image', { images: [picture], Text: 'caption' })],
    ['a text that only Bird might read', bodyOf('text', { Text: 'a' })],
  ])('%s is ambiguous', (_name, message) => {
    expect(contentOf(message)).toEqual(ambiguous);
  });

  test.each<[name: string, message: unknown]>([
    ['of the message', trap('body')],
    ['of another spelling', trap('Body', bodyOf('text', { text: 'a' }))],
    ['of the body', { body: trap('type') }],
    ['of the content', bodyOf('text', trap('text'))],
    ['of the pictures', bodyOf('image', { images: [trap('mediaUrl')] })],
    ['of a proxy', new Proxy({}, { ownKeys: refuse, getOwnPropertyDescriptor: refuse })],
  ])('a getter that throws is not carried: %s', (_name, message) => {
    expect(contentOf(message)).toEqual(notCarried);
  });
});

describe('what is kept beside the content', () => {
  const kept = {
    reference: 'r-1',
    tags: ['a'],
    scheduledFor: '2026-06-16T12:00:00Z',
    meta: { extraInformation: { useCase: 'transactional' } },
    validity: 60,
    replyTo: { id: 'm-1' },
    participantType: 'accessKey',
    recipients: [contact],
    capFrequency: false,
    somethingNew: null,
  };

  test('is everything that is neither content nor receiver', () => {
    const message = { ...bodyOf('text', { text: 'a' }), receiver: { contacts: [contact] }, template: null, ...kept };
    expect(withoutContent(message)).toEqual(kept);
  });

  test.each(
    'body template receiver text html image file gif location carousel list section authentication action'.split(' '),
  )('is not %s, in any letter case', (key) => {
    const spellings = [key, key.toUpperCase(), `${key.slice(0, 1).toUpperCase()}${key.slice(1)}`];
    for (const spelling of spellings) expect(withoutContent({ [spelling]: { a: 1 }, ...kept })).toEqual(kept);
  });

  test('is nothing that came as __proto__', () => {
    const rest = withoutContent(JSON.parse('{"__proto__":{"reference":"r"},"tags":[]}'));
    expect(rest).toEqual({ tags: [] });
    expect(Reflect.get(rest, 'reference')).toBeUndefined();
    expect(Object.getPrototypeOf(rest)).toBe(Object.prototype);
  });

  test.each<[name: string, message: unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'hello'],
    ['a number', 1],
  ])('is nothing of %s', (_name, message) => {
    expect(withoutContent(message)).toEqual({});
  });
});
