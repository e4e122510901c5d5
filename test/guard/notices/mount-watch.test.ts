import { describe, expect, it } from 'vitest';
import { LogOnce } from '../../../src/guard/notices/log-once.js';
import { MountWatch } from '../../../src/guard/notices/mount-watch.js';
import { createClock } from '../../../src/sandbox/clock.js';
import { type LogLine, recordingLogger } from '../../support/world.js';

const setUp = (): { watch: MountWatch; lines: LogLine[] } => {
  const lines: LogLine[] = [];
  return { watch: new MountWatch(new LogOnce({ clock: createClock(0), logger: recordingLogger(lines) })), lines };
};
const post = (body: unknown): { method: string; url: string; body: unknown } => ({ method: 'POST', url: '/', body });
const receiver = { contacts: [] };
const message = { level: 'warn', fields: { option: 'resolve' }, text: expect.stringContaining('give `resolve`') };
const noSend = { level: 'warn', fields: { posts: 20 }, text: expect.stringMatching(/20 POSTs and no send.*`resolve`/) };

describe('a POST that the guard takes for no send', () => {
  it.each([
    ['a message', { receiver, body: { type: 'text' } }],
    ['a template', { receiver, template: { projectId: 'p' } }],
    ['a batch', { messageRequests: [] }],
  ])('with %s is warned of, once: it passes undecided', (_, body) => {
    const { watch, lines } = setUp();
    watch.sawOther(post(body));
    watch.sawOther(post(body));
    expect(lines).toEqual([message]);
  });

  it.each([
    ['nothing', undefined],
    ['an empty object', {}],
    ['a text', 'hello'],
    ['contacts without content', { receiver }],
    ['content that is null', { receiver, body: null, template: null }],
    ['content without contacts', { body: { type: 'text' }, receiver: {} }],
    ['contacts that are no list', { body: { type: 'text' }, receiver: { contacts: 1 } }],
    ['requests that are no list', { messageRequests: 5 }],
    ['inherited content', Object.assign(Object.create({ body: {} }), { receiver })],
  ])('with %s is not warned of', (_, body) => {
    const { watch, lines } = setUp();
    watch.sawOther(post(body));
    expect(lines).toEqual([]);
  });

  it.each(['GET', 'PUT', 'HEAD', undefined])('is not meant where the method is %s', (method) => {
    const { watch, lines } = setUp();
    const request = { ...post({ messageRequests: [] }), method } as never;
    for (let count = 0; count < 40; count += 1) watch.sawOther(request);
    expect(lines).toEqual([]);
  });

  it('is warned of as the twentieth while no send has come, and never again', () => {
    const { watch, lines } = setUp();
    for (let count = 0; count < 19; count += 1) watch.sawOther(post({}));
    expect(lines).toEqual([]);
    watch.sawOther(post({}));
    expect(lines).toEqual([noSend]);
    for (let count = 0; count < 40; count += 1) watch.sawOther(post({}));
    expect(lines).toHaveLength(1);
  });

  it('is not warned of where a send has come', () => {
    const { watch, lines } = setUp();
    watch.hasSeenSend = true;
    for (let count = 0; count < 40; count += 1) watch.sawOther(post({}));
    expect(lines).toEqual([]);
  });

  it('with a message is warned of beside the other warning', () => {
    const { watch, lines } = setUp();
    for (let count = 0; count < 20; count += 1) watch.sawOther(post({ messageRequests: [] }));
    expect(lines).toEqual([message, noSend]);
  });
});
