import { guardRequest, type SendRequest } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { type Service, startService } from '../../support/service.js';
import { createWorld, type LogLine, textMessage, type World } from '../../support/world.js';

const told = ({ logs }: World): readonly LogLine[] => logs.filter(({ level }) => level !== 'debug' && level !== 'info');
const MANY = { fields: { posts: 20 }, text: expect.stringContaining('20 POSTs and no send') };
const MESSAGE = { fields: { option: 'resolve' }, text: expect.stringContaining('give `resolve`') };

async function start(resolve?: (req: unknown) => unknown): Promise<{ world: World; service: Service }> {
  const world = await createWorld();
  const middleware = resolve === undefined ? {} : { resolve: resolve as never };
  const handler = (_req: unknown, res: { end(text: string): unknown }): void => void res.end('passed');
  return { world, service: await startService(world, { middleware, handler: handler as never }) };
}

describe('a guard where no send comes by says so (field C2)', () => {
  it('once, at the twentieth POST', async () => {
    const { world, service } = await start();
    for (let posts = 0; posts < 19; posts += 1) await service.call('/reply', { text: 'Hello' });
    expect(told(world)).toEqual([]);
    for (let posts = 0; posts < 30; posts += 1) await service.call('/reply', { text: 'Hello' });
    expect(told(world)).toMatchObject([MANY]);
  });

  it('not where it has seen a send, nor for other methods', async () => {
    const { world, service } = await start();
    await service.send();
    for (let posts = 0; posts < 25; posts += 1) await service.call('/reply', { text: 'Hello' });
    const other = await start();
    for (let gets = 0; gets < 25; gets += 1) await other.service.call('/reply', undefined, { method: 'GET' });
    expect([...told(world), ...told(other.world)]).toEqual([]);
  });

  it.each(['POST', 'post'])('also on other hosts, which spell the method %s', async (method) => {
    const { guard, logs } = await createWorld();
    const request = { method, url: '/reply', body: { text: 'Hello' } };
    for (let posts = 0; posts < 20; posts += 1) expect(await guardRequest(guard, request)).toBeUndefined();
    expect(logs).toMatchObject([MANY]);
  });

  it.each<[string, object]>([
    ['a message', textMessage()],
    ['a template', { ...textMessage({ body: null }), template: { projectId: 'p' } }],
    ['a batch', { messageRequests: [textMessage()] }],
  ])('at once where a POST carries %s and nobody says where it goes', async (_name, body) => {
    const { world, service } = await start();
    for (let posts = 0; posts < 3; posts += 1) expect((await service.call('/reply', body)).text).toBe('passed');
    expect(told(world)).toMatchObject([MESSAGE]);
  });

  it('not of what has contacts and no content', async () => {
    const { world, service } = await start();
    await service.call('/reply', { receiver: { contacts: [] } });
    await service.call('/reply', { receiver: 'me', body: 'Hello' });
    expect(told(world)).toEqual([]);
  });
});

describe('a resolve hook (field C2, C3)', () => {
  it.each<[string, () => unknown]>([
    ['throws', () => Promise.reject(new Error('no'))],
    [
      'throws at once',
      () => {
        throw new Error('no');
      },
    ],
  ])('that %s is told of, and nobody is told to parse the body', async (_name, resolve) => {
    const { world, service } = await start(resolve);
    const reply = await service.call('/reply', { text: 'Hello' });
    expect(reply.window).toContain('reason=unclassified_message');
    expect(told(world)).toMatchObject([{ level: 'error', fields: { hook: 'resolve' } }]);
  });

  it.each<[string, unknown]>([
    ['a text', 'send'],
    ['a list of texts', ['send']],
    ['a promise of a number', Promise.resolve(7)],
  ])('that gives %s is told what to give', async (_name, resolved) => {
    const { world, service } = await start(() => resolved);
    const reply = await service.call('/reply', { text: 'Hello' });
    expect(reply.window).toContain('reason=unclassified_message');
    expect(told(world)).toMatchObject([
      { fields: { hook: 'resolve' }, text: expect.stringContaining('resolve gave what is no send') },
    ]);
  });

  it('that gives other fields is told which is missing', async () => {
    const { world, service } = await start(() => ({ workspace: 'a', channel: 'b', to: 'c' }) as unknown as SendRequest);
    await service.call('/reply', { text: 'Hello' });
    expect(told(world)).toMatchObject([{ fields: { field: 'workspaceId' } }]);
  });
});
