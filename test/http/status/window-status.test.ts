import { EventEmitter, once } from 'node:events';
import { connect, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import express from 'express';
import express4 from 'express4';
import { memoryStore, type WindowQuery, type WindowStatusOptions, windowStatus } from 'freeform-guard';
import { describe, expect, it, onTestFinished } from 'vitest';
import { internalsOf } from '../../../src/guard/internals.js';
import { createWorld, HOUR, MINUTE, SECOND, turns } from '../../guard/support.js';
import { recordLetOut } from '../../support/canary.js';
import { PHONE, type World } from '../../support/world.js';
import { listen, openStream, queryOf, type StreamClient, type Told } from './support.js';

const DAY_MS = 24 * HOUR;

const serve = (world: World, options: Partial<WindowStatusOptions> = {}): Promise<string> =>
  listen((req, res) => windowStatus(world.guard, { resolve: () => queryOf(world), ...options })(req, res));

const iso = (at: number): string => new Date(at).toISOString();

async function askJson(url: string, init: RequestInit = {}): Promise<{ status: number; headers: Headers; body: Told }> {
  const response = await fetch(url, init);
  const text = await response.text();
  recordLetOut('an answer', [text, ...response.headers.values()]);
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}

const observe = (world: World, address = PHONE): void =>
  void world.guard.observeInbound({
    workspaceId: world.workspace.id,
    channelId: world.channel.id,
    address,
    at: world.sandbox.clock.now(),
  });

const verdicts = ({ told }: StreamClient): unknown[] => told.map(({ verdict }) => verdict);

describe('one answer', () => {
  it('says what guard.window says, as JSON that nobody keeps', async () => {
    const world = await createWorld();
    const url = await serve(world);
    world.customerWrites();
    const now = world.sandbox.clock.now();
    const { status, headers, body } = await askJson(url);
    expect(status).toBe(200);
    expect(body).toEqual({
      verdict: 'allow',
      reason: 'service_window_open',
      openUntil: iso(now + DAY_MS),
      closedAt: null,
      serverNow: iso(now),
    });
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('vary')).toBe('Accept');
    world.sandbox.clock.advance(25 * HOUR);
    const closed = await askJson(url);
    expect(closed.body).toMatchObject({ verdict: 'deny', openUntil: null, closedAt: iso(now + DAY_MS) });
  });

  it('gives the time as Bird has it', async () => {
    const world = await createWorld({ sandbox: { startAt: '2026-01-05T09:00:00Z' } });
    world.customerWrites();
    const { body } = await askJson(await serve(world));
    expect(body.serverNow).toBe('2026-01-05T09:00:00.000Z');
  });

  it('lets a human use a human-agent window where the application says so', async () => {
    const world = await createWorld({ platformId: 'messenger' });
    observe(world);
    await world.guard.window(queryOf(world));
    world.sandbox.clock.advance(30 * HOUR);
    expect((await askJson(await serve(world, { sender: 'human' }))).body).toMatchObject({
      verdict: 'allow',
      reason: 'human_agent_window',
    });
    expect((await askJson(await serve(world))).body.verdict).not.toBe('allow');
  });

  it('is a 404 where the application knows no such conversation, and a 405 for another method', async () => {
    const world = await createWorld();
    for (const nothing of [undefined, null]) {
      const unknown = await askJson(await serve(world, { resolve: async () => nothing }));
      expect(unknown).toMatchObject({ status: 404, body: { code: 'conversation_not_found' } });
    }
    const posted = await askJson(await serve(world), { method: 'POST' });
    expect(posted).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } });
    expect(posted.headers.get('allow')).toBe('GET, HEAD');
    expect(world.reads()).toBe(0);
    expect(await askJson(await serve(world), { method: 'HEAD' })).toMatchObject({ status: 200, body: {} });
  });

  it('hands an error of resolve to next, or answers 500 where there is none', async () => {
    const world = await createWorld();
    const failing = windowStatus(world.guard, { resolve: () => Promise.reject(new Error('no database')) });
    const errors: unknown[] = [];
    const url = await listen((req, res) =>
      failing(req, res, (error) => {
        errors.push(error);
        res.end('{}');
      }),
    );
    await askJson(url);
    expect(errors).toEqual([new Error('no database')]);
    // The error itself may hold anything.
    expect(world.logs).toEqual([
      expect.objectContaining({ level: 'error', text: 'Hook failed, so the window is not told' }),
    ]);
    expect(JSON.stringify(world.logs)).not.toContain('no database');
    expect(await askJson(await listen((req, res) => failing(req, res)))).toMatchObject({
      status: 500,
      body: { code: 'status_failed' },
    });
    const notAwaited = windowStatus(world.guard, { resolve: (() => 'a conversation') as never });
    expect((await askJson(await listen((req, res) => notAwaited(req, res)))).status).toBe(500);
  });

  it('refuses a query that is no JSON before a stream begins, and reads no more of an object than it needs', async () => {
    const world = await createWorld();
    const ask = async (more: object): Promise<number> => {
      const url = await serve(world, { resolve: () => ({ ...queryOf(world), ...more }) });
      return (await openStream(url)).res.statusCode ?? 0;
    };
    expect([await ask({ address: 31612345678n }), await ask({ rowNumber: 7n })]).toEqual([500, 200]);
  });

  it('works on Express 4 and 5, whose parameters resolve reads', async () => {
    const world = await createWorld();
    world.customerWrites();
    const handler = windowStatus(world.guard, {
      resolve: ({ params }: express.Request) => (params.id === 'window' ? queryOf(world) : undefined),
    });
    for (const app of [express().get('/:id', handler), express4().get('/:id', handler)]) {
      expect((await askJson(await listen(app))).body.verdict).toBe('allow');
    }
  });
});

describe('a stream', () => {
  it('tells the state, that the customer has written, and that the window has closed', async () => {
    const world = await createWorld();
    const { clock } = world.sandbox;
    const client = await openStream(await serve(world));
    expect(client.res.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    await expect.poll(() => client.told).toHaveLength(1);
    expect(client.told[0]).toMatchObject({ verdict: 'deny', closedAt: null, serverNow: iso(clock.now()) });
    expect(client.text()).toMatch(/^retry: \d+\n\n/);

    const wroteAt = clock.now();
    observe(world);
    await expect.poll(() => client.told).toHaveLength(2);
    expect(client.told[1]).toMatchObject({ verdict: 'allow', openUntil: iso(wroteAt + DAY_MS), closedAt: null });

    const reads = world.reads();
    clock.advance(DAY_MS);
    await expect.poll(() => client.told).toHaveLength(3);
    expect(client.told[2]).toMatchObject({ verdict: 'deny', reason: 'service_window_closed' });
    // The window's end cost one question; a day of watching cost a look at the channel each 10 minutes, at most.
    expect(world.reads() - reads).toBeLessThan(150);
  });

  it('says that nothing is known while Bird is away, and asks it less and less', async () => {
    const world = await createWorld();
    const { clock } = world.sandbox;
    world.sandbox.setFault(() => ({ status: 500 }));
    const client = await openStream(await serve(world));
    await expect.poll(() => client.told).toHaveLength(1);
    expect(client.told[0]).toMatchObject({ verdict: 'unknown', reason: 'lookup_failed' });
    const reads = world.reads();
    for (let minute = 0; minute < 10; minute += 1) {
      clock.advance(MINUTE);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(world.reads() - reads).toBeLessThan(20);
    world.sandbox.setFault(undefined);
    observe(world);
    expect(verdicts(client)).not.toContain('allow');
    // Virtual minutes pass faster than an answer comes, so the questions of some of them are late.
    await expect
      .poll(() => {
        clock.advance(MINUTE);
        return verdicts(client).at(-1);
      })
      .toBe('allow');
  });

  it('hears of a refusal, after which Bird is asked', async () => {
    const world = await createWorld();
    const { clock } = world.sandbox;
    world.customerWrites();
    const client = await openStream(await serve(world));
    await expect.poll(() => verdicts(client)).toEqual(['allow']);
    clock.advance(10 * SECOND);
    const ids = { workspaceId: world.workspace.id, channelId: world.channel.id, address: PHONE };
    await world.guard.observeRefusal({ ...ids, sentAt: clock.now(), code: 131047 });
    await expect.poll(() => verdicts(client).length).toBe(2);
    expect(verdicts(client)).toEqual(['allow', 'deny']);
  });

  it('hears what another request has learnt from Bird', async () => {
    const world = await createWorld();
    const client = await openStream(await serve(world));
    await expect.poll(() => verdicts(client)).toEqual(['deny']);
    world.customerWrites();
    await world.guard.check(world.send());
    await expect.poll(() => verdicts(client)).toEqual(['deny', 'allow']);
  });

  it('looks again for itself, where the customer has written and nobody has said so', async () => {
    const world = await createWorld();
    const client = await openStream(await serve(world));
    await expect.poll(() => verdicts(client)).toEqual(['deny']);
    world.customerWrites();
    world.sandbox.clock.advance(6 * MINUTE);
    await expect.poll(() => verdicts(client)).toEqual(['deny', 'allow']);
  });

  it('sees what another process has written into a store that it is not told about', async () => {
    const memory = memoryStore({ max: 10 });
    const shared = {
      get: async (key: never) => memory.get(key),
      merge: async (key: never, evidence: never) => memory.merge(key, evidence),
      forget: async (target: never) => memory.forget(target),
    };
    const world = await createWorld({ guard: { store: shared as never } });
    const client = await openStream(await serve(world));
    await expect.poll(() => verdicts(client)).toEqual(['deny']);
    const reads = world.reads();
    const { workspaceId, channelId = '' } = queryOf(world);
    await memory.merge({ workspaceId, channelId, address: PHONE }, { lastInboundAt: world.sandbox.clock.now() });
    world.sandbox.clock.advance(2 * SECOND);
    await expect.poll(() => verdicts(client)).toEqual(['deny', 'allow']);
    expect(world.reads()).toBe(reads);
  });

  it('is found by a conversation, whose window is known once the conversation was read', async () => {
    const world = await createWorld();
    const { workspace, channel, contact } = world;
    const conversation = workspace.addConversation({ channelId: channel.id, contactId: contact.id });
    const client = await openStream(
      await serve(world, { resolve: () => ({ workspaceId: workspace.id, conversationId: conversation.id }) }),
    );
    await expect.poll(() => verdicts(client)).toEqual(['deny']);
    const ids = { workspaceId: workspace.id, channelId: channel.id, contactId: contact.id };
    await world.guard.observeInbound({ ...ids, address: PHONE, at: world.sandbox.clock.now() });
    await expect.poll(() => verdicts(client)).toEqual(['deny', 'allow']);
  });

  it('sends a comment each 25 s, and nothing that was told already', async () => {
    const world = await createWorld();
    world.customerWrites();
    const client = await openStream(await serve(world));
    await expect.poll(() => client.told).toHaveLength(1);
    observe(world);
    world.sandbox.clock.advance(51 * SECOND);
    await expect.poll(() => client.text().match(/^:\n\n/gm)).toHaveLength(2);
    expect(client.told).toHaveLength(1);
  });

  it('ends with the guard, which takes no more of them', async () => {
    const world = await createWorld();
    const url = await serve(world);
    const client = await openStream(url);
    await expect.poll(() => client.told).toHaveLength(1);
    world.guard.close();
    await expect.poll(client.isEnded).toBe(true);
    expect(await askJson(url, { headers: { accept: 'text/event-stream' } })).toMatchObject({ status: 503 });
    expect((await askJson(url)).body).toMatchObject({ verdict: 'unknown', reason: 'lookup_failed' });
  });
});

describe('many streams', () => {
  it('are limited, and say when to come back', async () => {
    const world = await createWorld();
    const url = await serve(world, { maxConnections: 1 });
    const client = await openStream(url);
    const { status, headers, body } = await askJson(url, { headers: { accept: 'text/event-stream' } });
    expect({ status, code: body.code }).toEqual({ status: 503, code: 'too_many_streams' });
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await askJson(url)).status).toBe(200);
    client.close();
    await expect.poll(async () => (await openStream(url)).res.statusCode).toBe(200);
  });

  it('are limited, however many settle in one turn', async () => {
    const world = await createWorld();
    let settle = (): void => {};
    const query = new Promise<WindowQuery>((resolve) => {
      settle = () => resolve(queryOf(world));
    });
    const { fetch: tell } = windowStatus(world.guard, { resolve: () => query, maxConnections: 2 });
    const asked = Array.from({ length: 4 }, () => tell(streamRequest()));
    settle();
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 503, 503]);
    await Promise.all(answers.map(({ body }) => body?.cancel()));
  });

  it('keep no place over HTTP/2 for a client that left while its conversation was looked up', async () => {
    const world = await createWorld();
    const left = new EventEmitter();
    const resolve = async (): Promise<WindowQuery> => {
      stream.close();
      await once(left, 'gone');
      return queryOf(world);
    };
    const handler = windowStatus(world.guard, { resolve });
    const server = createHttp2Server((req, res) => {
      res.once('close', () => left.emit('gone'));
      handler(req as never, res as never);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    onTestFinished(() => {
      client.destroy();
      server.close();
    });
    const stream = client.request({ accept: 'text/event-stream' });
    await once(left, 'gone');
    await turns(10);
    expect(internalsOf(world.guard).watches.count).toBe(0);
  });

  it('stay with their contacts where the application changes the object that it gave', async () => {
    const world = await createWorld();
    const other = '+31612345002';
    world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value: other }] });
    const query = { ...queryOf(world), address: PHONE };
    const url = await serve(world, {
      resolve: ({ url = '' }) => {
        query.address = url.endsWith('?other') ? other : PHONE;
        return query;
      },
    });
    const mine = await openStream(url);
    await expect.poll(() => verdicts(mine)).toEqual(['deny']);
    const others = await openStream(`${url}?other`);
    observe(world, other);
    await expect.poll(() => verdicts(others)).toContain('allow');
    const reads = world.reads();
    world.sandbox.clock.advance(6 * MINUTE);
    await expect.poll(() => world.reads()).toBeGreaterThan(reads);
    expect(verdicts(mine)).toEqual(['deny']);
  });

  it('of one conversation share its questions', async () => {
    const world = await createWorld();
    const url = await serve(world);
    const clients = await Promise.all(Array.from({ length: 20 }, () => openStream(url)));
    await expect.poll(() => clients.every(({ told }) => told.length === 1)).toBe(true);
    // The channel, and the window.
    expect(world.reads()).toBe(2);
  });

  it('tell a message to all of its own and to no other', async () => {
    const world = await createWorld();
    const addresses = Array.from({ length: 50 }, (_, index) => `+316123450${String(index).padStart(2, '0')}`);
    for (const value of addresses) world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value }] });
    const url = await serve(world, { resolve: ({ url = '' }) => queryOf(world, addresses[Number(url.split('?')[1])]) });
    const clients = await Promise.all(
      addresses.flatMap((address, index) =>
        Array.from({ length: 10 }, async () => ({ address, ...(await openStream(`${url}?${index}`)) })),
      ),
    );
    expect(clients).toHaveLength(500);
    for (const address of addresses.slice(0, 2)) observe(world, address);
    const isTold = ({ told }: (typeof clients)[number]): boolean => told.some(({ verdict }) => verdict === 'allow');
    await expect.poll(() => clients.filter(isTold).length).toBe(20);
    expect(new Set(clients.filter(isTold).map(({ address }) => address))).toEqual(new Set(addresses.slice(0, 2)));
    for (const client of clients) client.close();
    await expect.poll(() => internalsOf(world.guard).watches.count).toBe(0);
  });

  it('cost Bird a few reads a second, however many there are', async () => {
    const world = await createWorld();
    const addresses = Array.from({ length: 60 }, (_, index) => `+316123451${String(index).padStart(2, '0')}`);
    const url = await serve(world, { resolve: ({ url = '' }) => queryOf(world, addresses[Number(url.split('?')[1])]) });
    for (const value of addresses) world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value }] });
    await Promise.all(addresses.map((_, index) => openStream(`${url}?${index}`)));
    await expect.poll(() => world.reads()).toBeGreaterThan(5);
    for (let second = 0; second < 20; second += 1) {
      world.sandbox.clock.advance(SECOND);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(world.sandbox.readsInBusiestSecond()).toBeLessThanOrEqual(30);
  });
});

const streamRequest = (init: RequestInit = {}): Request =>
  new Request('http://example.com/window', { headers: { accept: 'text/event-stream' }, ...init });

describe('for hosts that take a Request', () => {
  const ask = (init: RequestInit = {}): Request => new Request('http://example.com/window', init);

  it('it answers, and knows a conversation by the request', async () => {
    const world = await createWorld();
    world.customerWrites();
    const resolve = ({ url }: Request): WindowQuery | undefined =>
      url.endsWith('/window') ? queryOf(world) : undefined;
    const { fetch: tell } = windowStatus(world.guard, { resolve });
    const response = await tell(ask());
    expect(await response.json()).toMatchObject({ verdict: 'allow', reason: 'service_window_open' });
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect((await tell(new Request('http://example.com/other'))).status).toBe(404);
    expect((await tell(ask({ method: 'POST' }))).headers.get('allow')).toBe('GET, HEAD');
    expect(await (await tell(ask({ method: 'HEAD' }))).text()).toBe('');
  });

  it('it streams, and ends with the client or the guard', async () => {
    const world = await createWorld();
    const { watches } = internalsOf(world.guard);
    const { fetch: tell } = windowStatus(world.guard, { resolve: (_request: Request) => queryOf(world) });
    const stream = async (): Promise<ReadableStreamDefaultReader<string>> => {
      const { body, headers } = await tell(ask({ headers: { accept: 'text/event-stream' } }));
      expect(headers.get('content-type')).toBe('text/event-stream');
      if (body === null) throw new Error('No body');
      return body.pipeThrough(new TextDecoderStream()).getReader();
    };
    const reader = await stream();
    const textUntil = async (word: string): Promise<string> => {
      for (let text = ''; ; ) {
        const { value = '', done } = await reader.read();
        text += value;
        if (done || text.includes(word)) return text;
      }
    };
    expect(await textUntil('deny')).toContain('retry:');
    observe(world);
    expect(await textUntil('allow')).toContain('"verdict":"allow"');
    await reader.cancel();
    expect(watches.count).toBe(0);

    const other = await stream();
    expect(watches.count).toBe(1);
    void world.guard.close();
    while (!(await other.read()).done);
    expect(watches.count).toBe(0);
  });

  it('it keeps no place for a client that left while the conversation was looked up, or later', async () => {
    const world = await createWorld();
    const { watches } = internalsOf(world.guard);
    const { fetch: tell } = windowStatus(world.guard, { resolve: async () => queryOf(world) });
    const leaving = [new AbortController(), new AbortController()] as const;
    const answers = leaving.map(({ signal }) => tell(streamRequest({ signal })));
    leaving[0].abort();
    await Promise.all(answers);
    expect(watches.count).toBe(1);
    leaving[1].abort();
    expect(watches.count).toBe(0);
  });
});

it('refuses options that it does not know, and what is no guard', async () => {
  const world = await createWorld();
  const resolve = (): undefined => undefined;
  const create = (options: unknown) => () => windowStatus(world.guard, options as never);
  expect(create({})).toThrow('windowStatus.resolve is missing');
  expect(create({ resolve, maxStreams: 3 })).toThrow('windowStatus.maxStreams is not a valid option');
  expect(create({ resolve, maxConnections: 0 })).toThrow(RangeError);
  expect(create({ resolve, sender: 'robot' })).toThrow("windowStatus.sender must be 'human' or 'automation'");
  expect(() => windowStatus({} as never, { resolve })).toThrow('guard must come from createGuard');
});
