import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import connectApp from 'connect';
import express from 'express';
import express4 from 'express4';
import {
  type BirdEvent,
  createGuard,
  type Middleware,
  type OptOutEvent,
  type Store,
  webhookReceiver,
} from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { countOf, deferred, turns } from '../../guard/support.js';
import { keepSecret } from '../../support/canary.js';
import { onExpress4, onExpress5, until } from '../../support/service.js';
import { createWorld, PHONE, TEXT, type World } from '../../support/world.js';
import {
  frameworks,
  HOUR,
  inboundEvent,
  KEY,
  MINUTE,
  openSocket,
  outboundEvent,
  startEndpoint,
} from './webhook-endpoint.js';

const MIB = 1024 * 1024;
const allows = { action: 'send', decision: { verdict: 'allow', reason: 'service_window_open' }, source: 'memory' };

describe.each(frameworks)('on %s', (_name, framework) => {
  it('a signed message of a customer is accepted, and its reply needs no read of the window', async () => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world, { framework });
    const event = inboundEvent(world);
    expect(await endpoint.post(event)).toMatchObject({ status: 200, body: { code: 'accepted' } });
    expect(world.guard.peek(world.send())).toMatchObject(allows);
    expect(countOf(world.sandbox, 'contact')).toBe(0);
    await until(() => endpoint.events.length > 0);
    expect(endpoint.events).toEqual([event]);
  });

  it.each<[string, Parameters<Awaited<ReturnType<typeof startEndpoint>>['post']>[1]]>([
    ['another key', { signingKey: 'another key' }],
    ['another URL', { url: 'https://example.com/webhook' }],
    ['a timestamp that is none', { timestamp: '1e9' }],
    ['no signature', { headers: { 'messagebird-signature': undefined } }],
    ['no timestamp', { headers: { 'messagebird-request-timestamp': undefined } }],
    ['an empty signature', { headers: { 'messagebird-signature': '' } }],
    ['another timestamp than the one signed', { headers: { 'messagebird-request-timestamp': '1767603600' } }],
  ])('%s: 401, the same for all [W5, S6]', async (_case, options) => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world, { framework });
    const { status, body } = await endpoint.post(inboundEvent(world), options);
    expect({ status, body }).toEqual({
      status: 401,
      body: { code: 'signature_invalid', message: 'Invalid signature' },
    });
    expect(world.guard.peek(world.send())).toBeUndefined();
    expect(world.sandbox.requests()).toEqual([]);
    expect(endpoint.events).toEqual([]);
  });

  it.each(['GET', 'PUT', 'DELETE'])('%s: 405', async (method) => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world, { framework });
    const { status, headers, body } = await endpoint.post(inboundEvent(world), { method });
    expect({ status, allow: headers.allow, code: body.code }).toEqual({
      status: 405,
      allow: 'POST',
      code: 'method_not_allowed',
    });
  });

  it('a body that was parsed without its bytes: 500 with a hint, since nothing else can be verified [W6]', async () => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world, { framework, before: [framework.json()] });
    const { status, body } = await endpoint.post(inboundEvent(world));
    expect({ status, code: body.code }).toEqual({ status: 500, code: 'raw_body_required' });
    expect(body.message).toContain('req.rawBody = bytes');
    expect(world.logs).toMatchObject([{ level: 'warn', fields: { cause: 'raw_body_required' } }]);
    expect(world.guard.peek(world.send())).toBeUndefined();
  });

  it('a body that stops coming: 408 after 5 s of the clock, and the connection is closed [W15, S9]', async () => {
    const world = await createWorld();
    const arrivals: IncomingMessage[] = [];
    const note: Middleware = (req, _res, next) => next(void arrivals.push(req));
    const endpoint = await startEndpoint(world, { framework, before: [note] });
    const socket = connect(endpoint.port, '127.0.0.1');
    const answer = openSocket(socket);
    socket.write('POST /webhooks/bird HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"service":');
    await until(() => arrivals.length > 0);
    // A byte now and then gains no time.
    for (let second = 1; second < 5; second += 1) {
      world.sandbox.clock.advance(1_000);
      const arrived = once(arrivals[0] as IncomingMessage, 'data');
      socket.write(' ');
      await arrived;
    }
    await turns();
    world.sandbox.clock.advance(999);
    await turns();
    expect(socket.bytesRead).toBe(0);
    world.sandbox.clock.advance(1);
    expect(await answer).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"body_too_slow"/);
  });

  it('a body of more than 1 MiB: 413 without reading the rest, and the connection is closed [W15, S9]', async () => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world, { framework });
    for (const start of [`Content-Length: ${100 * MIB}\r\n\r\n`, 'Transfer-Encoding: chunked\r\n\r\n']) {
      const socket = connect(endpoint.port, '127.0.0.1');
      const answer = openSocket(socket);
      socket.write(`POST /webhooks/bird HTTP/1.1\r\nHost: x\r\n${start}`);
      if (start.includes('chunked')) socket.write(`${(MIB + 1).toString(16)}\r\n${'x'.repeat(MIB + 1)}`);
      expect(await answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*"code":"body_too_large"/);
    }
  });

  it('a client that leaves before its body is whole is not missed', async () => {
    const world = await createWorld();
    const arrivals: IncomingMessage[] = [];
    const note: Middleware = (req, _res, next) => next(void arrivals.push(req));
    const endpoint = await startEndpoint(world, { framework, before: [note] });
    const socket = connect(endpoint.port, '127.0.0.1');
    const answer = openSocket(socket);
    socket.write('POST /webhooks/bird HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{');
    await until(() => arrivals.length > 0);
    socket.destroy();
    await answer;
    await until(() => arrivals[0]?.destroyed === true);
    await turns();
    expect(world.logs).toEqual([]);
    expect((await endpoint.post(inboundEvent(world))).status).toBe(200);
  });
});

describe('where the bytes come from [W6]', () => {
  const keepAs = (kept: (bytes: Buffer) => unknown) => ({
    verify: (req: object, _res: unknown, bytes: Buffer) => Object.assign(req, { rawBody: kept(bytes) }),
  });
  const keepRawBody = keepAs((bytes) => bytes);
  const keepRawText = keepAs(String);

  it.each<[string, Middleware, typeof onExpress5]>([
    ['req.rawBody that express.json kept, Express 5', express.json(keepRawBody), onExpress5],
    ['req.rawBody that express.json kept, Express 4', express4.json(keepRawBody), onExpress4],
    ['req.body of express.raw, Express 5', express.raw({ type: '*/*' }), onExpress5],
    ['req.body of express.raw, Express 4', express4.raw({ type: '*/*' }), onExpress4],
    ['req.rawBody that was kept as text, Express 5', express.json(keepRawText), onExpress5],
    ['req.rawBody that was kept as text, Express 4', express4.json(keepRawText), onExpress4],
    ['req.body of express.text, Express 5', express.text({ type: '*/*' }), onExpress5],
    ['req.body of express.text, Express 4', express4.text({ type: '*/*' }), onExpress4],
    ['the request behind a parser that had nothing to do, Express 5', express.urlencoded(), onExpress5],
    [
      'the request behind a parser that had nothing to do, Express 4',
      express4.urlencoded({ extended: false }),
      onExpress4,
    ],
    ['the request after others have waited', (_req, _res, next) => void turns(3).then(() => next()), onExpress5],
  ])('%s', async (_name, before, framework) => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world, { framework, before: [before] });
    expect((await endpoint.post(inboundEvent(world))).status).toBe(200);
    expect(world.guard.peek(world.send())).toMatchObject(allows);
  });

  it.each<[string, Middleware, typeof onExpress5]>([
    ['a body that was parsed, Express 5', express.json(), onExpress5],
    ['a body that was parsed, Express 4', express4.json(), onExpress4],
    ['a rawBody that is neither bytes nor text', express.json(keepAs(() => true)), onExpress5],
    [
      'an object that nobody has read from the request',
      (req, _res, next) => next(void Object.assign(req, { body: { a: 1 } })),
      onExpress5,
    ],
  ])('not from %s', async (_name, before, framework) => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world, { framework, before: [before] });
    expect((await endpoint.post(inboundEvent(world))).body.code).toBe('raw_body_required');
  });

  it('a text stands for its bytes in UTF-8', async () => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world, { before: [express.text({ type: '*/*' })] });
    const event = inboundEvent(world, { body: { type: 'text', text: { text: 'Grüße 👋 \u2028' } } });
    expect((await endpoint.post(event)).status).toBe(200);
  });

  it.each([
    ['bytes', express.raw({ type: '*/*', limit: '4mb' })],
    ['text', express.text({ type: '*/*', limit: '4mb' })],
  ])('%s that were kept have the same limit, in bytes', async (_name, before) => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world, { before: [before] });
    expect((await endpoint.post('x'.repeat(MIB))).status).toBe(400);
    expect((await endpoint.post('x'.repeat(MIB + 1))).status).toBe(413);
    expect((await endpoint.post(`x${'ü'.repeat(MIB / 2)}`)).status).toBe(413);
  });
});

describe('the signature', () => {
  it('covers the configured URL, whatever Host and path the request claims [W7, S7]', async () => {
    const world = await createWorld();
    const publicUrl = 'https://hooks.example.com/bird?tenant=1';
    const endpoint = await startEndpoint(world, { receiver: { publicUrl } });
    const headers = {
      host: 'hooks.example.com',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'hooks.example.com',
    };
    expect((await endpoint.post(inboundEvent(world), { headers })).status).toBe(200);
    for (const url of [endpoint.url, 'https://hooks.example.com/bird', `${publicUrl}&b=1`]) {
      expect((await endpoint.post(inboundEvent(world), { headers, url })).status).toBe(401);
    }
  });

  it('holds with each key of a rotation, until the old one is taken away [R15]', async () => {
    const world = await createWorld();
    const during = await startEndpoint(world, { receiver: { signingKeys: ['the old key', 'the new key'] } });
    for (const signingKey of ['the old key', 'the new key']) {
      expect((await during.post(inboundEvent(world), { signingKey })).status).toBe(200);
    }
    const after = await startEndpoint(world, { receiver: { signingKeys: ['the new key'] } });
    expect((await after.post(inboundEvent(world), { signingKey: 'the old key' })).status).toBe(401);
  });

  it('is checked before anything is parsed [W5]', async () => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world);
    expect((await endpoint.post('{"broken', { signingKey: 'another key' })).status).toBe(401);
    expect((await endpoint.post('{"broken')).status).toBe(400);
  });

  it('that fails is logged when that begins, and when an event is accepted again [W14]', async () => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world);
    const fail = (): Promise<unknown> => endpoint.post(inboundEvent(world), { signingKey: 'another key' });
    for (let count = 0; count < 3; count += 1) await fail();
    world.sandbox.clock.advance(MINUTE);
    await fail();
    const ids = { workspaceId: world.workspace.id, cause: 'signature_invalid' };
    expect(world.logs).toMatchObject([{ level: 'warn', fields: ids }]);
    await endpoint.post(inboundEvent(world));
    expect(world.logs.at(-1)?.fields).toEqual({ ...ids, failures: 4, lastedMs: MINUTE });
  });
});

describe('a signed body that is no event', () => {
  it.each([
    ['empty', ''],
    ['no JSON', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a text', '"event"'],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
  ])('%s: 400', async (_name, body) => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world);
    expect(await endpoint.post(body)).toMatchObject({ status: 400, body: { code: 'malformed_event' } });
  });

  it.each<[string, object]>([
    ['an empty object', {}],
    ['an event that nobody knows', { service: 'numbers', event: 'number.bought', payload: { id: '1' } }],
    ['a payload that is none', { service: 'channels', event: 'whatsapp.inbound', payload: null }],
  ])('%s: 200, for the application alone', async (_name, body) => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world);
    expect((await endpoint.post(body)).status).toBe(200);
    await until(() => endpoint.events.length > 0);
    expect(endpoint.events).toEqual([body]);
    expect(world.sandbox.requests()).toEqual([]);
  });
});

describe('whose channel it is', () => {
  it('is read once, and then known for 10 minutes [W17]', async () => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world);
    for (let count = 0; count < 20; count += 1) await endpoint.post(inboundEvent(world));
    expect(world.reads()).toBe(1);
    world.sandbox.clock.advance(10 * MINUTE);
    await endpoint.post(inboundEvent(world));
    expect(world.reads()).toBe(2);
  });

  it('another workspace: 403, nothing is learnt, and it costs one read [W11]', async () => {
    const world = await createWorld();
    const other = world.sandbox.addWorkspace();
    const { id: channelId } = other.addChannel({ platformId: 'whatsapp' });
    const endpoint = await startEndpoint(world);
    for (let count = 0; count < 3; count += 1) {
      const reply = await endpoint.post(inboundEvent(world, { channelId }));
      expect(reply).toMatchObject({ status: 403, body: { code: 'channel_not_found' } });
    }
    expect(world.guard.peek(world.send({ channelId }))).toBeUndefined();
    expect(endpoint.events).toEqual([]);
    expect(world.reads()).toBe(1);
    expect(world.logs.filter(({ level }) => level === 'warn')).toMatchObject([
      { fields: { workspaceId: world.workspace.id, cause: 'channel_not_found' } },
    ]);
  });

  it('scenario 25: an event signed for one workspace opens nothing in another that shares the phone [W11, S7]', async () => {
    const world = await createWorld();
    const other = world.sandbox.addWorkspace();
    const channel = other.addChannel({ platformId: 'whatsapp' });
    const options = { accessKey: other.accessKey, baseUrl: world.sandbox.url };
    world.guard.reload({ [world.workspace.id]: world.workspaceOptions, [other.id]: options });
    const url = 'https://hooks.example.com/bird';
    const ours = await startEndpoint(world, { receiver: { publicUrl: `${url}/ours` } });
    const theirs = await startEndpoint(world, { receiver: { publicUrl: `${url}/theirs`, workspaceId: other.id } });
    const event = inboundEvent(world);
    expect((await ours.post(event)).status).toBe(200);
    // Replayed to the other endpoint, with the signature that it has, and with the other's channel.
    expect((await theirs.post(event, { url: `${url}/ours` })).status).toBe(401);
    expect((await theirs.post(event)).status).toBe(403);
    const theirSend = world.send({ workspaceId: other.id, channelId: channel.id });
    expect(world.guard.peek(theirSend)).toBeUndefined();
    expect((await world.guard.check(theirSend)).decision.verdict).not.toBe('allow');
    expect(world.guard.peek(world.send())).toMatchObject(allows);
  });

  it('a new channel is found a minute later', async () => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world);
    const channelId = crypto.randomUUID();
    const post = (): Promise<{ status: number }> => endpoint.post(inboundEvent(world, { channelId }));
    expect((await post()).status).toBe(403);
    world.workspace.addChannel({ platformId: 'whatsapp', id: channelId });
    world.sandbox.clock.advance(MINUTE - 1);
    expect((await post()).status).toBe(403);
    world.sandbox.clock.advance(1);
    expect((await post()).status).toBe(200);
  });

  it('is remembered for longer while Bird cannot be read: no event has to come twice', async () => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world);
    await endpoint.post(inboundEvent(world));
    world.sandbox.setFault(({ kind }) => (kind === 'channel' ? { status: 500 } : undefined));
    for (let count = 0; count < 3; count += 1) {
      world.sandbox.clock.advance(10 * MINUTE);
      expect((await endpoint.post(inboundEvent(world))).status).toBe(200);
    }
    world.sandbox.setFault(({ kind }) => (kind === 'channel' ? { status: 404 } : undefined));
    world.sandbox.clock.advance(10 * MINUTE);
    expect((await endpoint.post(inboundEvent(world))).status).toBe(403);
  });

  it.each([
    ['Bird fails', { status: 500 }],
    ['Bird refuses the key', { status: 401 }],
    ['Bird answers what is no channel', { status: 200, body: {} }],
  ])('%s: 503, so that Bird repeats, and nothing is learnt', async (_name, fault) => {
    const world = await createWorld({ sandbox: { fault: ({ kind }) => (kind === 'channel' ? fault : undefined) } });
    const endpoint = await startEndpoint(world);
    const event = inboundEvent(world);
    expect(await endpoint.post(event)).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(endpoint.events).toEqual([]);
    world.sandbox.setFault(undefined);
    world.sandbox.clock.advance(MINUTE);
    expect((await endpoint.post(event)).status).toBe(200);
    expect(world.guard.peek(world.send())).toMatchObject(allows);
    await until(() => endpoint.events.length === 1);
  });

  it('a guard that is closed: 503 without a read, so that Bird repeats to the next process', async () => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world);
    world.guard.close();
    expect((await endpoint.post(inboundEvent(world))).status).toBe(503);
    expect(world.sandbox.requests()).toEqual([]);
  });

  it('a workspace that the guard does not have: 503', async () => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world, { receiver: { workspaceId: crypto.randomUUID() } });
    expect((await endpoint.post(inboundEvent(world))).status).toBe(503);
  });
});

describe('lateness', () => {
  it.each([
    [0, 200, 'accepted', true],
    [8 * HOUR, 200, 'accepted', true],
    [24 * HOUR - 10_001, 200, 'accepted', true],
    [24 * HOUR - 10_000, 200, 'accepted', false],
    [24 * HOUR, 200, 'accepted', false],
    [26 * HOUR, 200, 'accepted', false],
    [26 * HOUR + 1000, 200, 'ignored', false],
    [30 * HOUR, 200, 'ignored', false],
    [365 * 24 * HOUR, 200, 'ignored', false],
  ])('of %i ms: %i %s, open: %s [W3]', async (lateMs, status, code, isOpen) => {
    const world = await createWorld({ sandbox: { startAt: '2026-01-05T09:00:00Z' } });
    const endpoint = await startEndpoint(world);
    const event = inboundEvent(world);
    const timestamp = String(world.sandbox.clock.now() / 1000);
    world.sandbox.clock.advance(lateMs);
    expect(await endpoint.post(event, { timestamp })).toMatchObject({ status, body: { code } });
    expect(world.guard.peek(world.send())?.decision.verdict).toBe(isOpen ? 'allow' : undefined);
    await turns();
    expect(endpoint.events).toHaveLength(code === 'accepted' ? 1 : 0);
  });

  it('an old event that is signed anew is as old as its message [W4]', async () => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world);
    const event = inboundEvent(world);
    world.sandbox.clock.advance(27 * HOUR);
    expect((await endpoint.post(event)).body.code).toBe('ignored');
  });

  it('the window runs from the time of the platform, not from that of Bird or of the delivery [W3]', async () => {
    const world = await createWorld({ sandbox: { startAt: '2026-01-05T09:00:00Z' } });
    const endpoint = await startEndpoint(world);
    const wroteAt = world.sandbox.clock.now();
    const meta = { extraInformation: { timestamp: String(wroteAt / 1000) } };
    world.sandbox.clock.advance(2 * HOUR);
    await endpoint.post(inboundEvent(world, { meta }));
    expect(world.guard.peek(world.send())?.decision).toMatchObject({ validUntil: wroteAt + 24 * HOUR });
  });

  it('without the time of the platform the window counts only until one hour before its end', async () => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world);
    world.customerWrites();
    const wroteAt = world.sandbox.clock.now();
    await endpoint.post(inboundEvent(world, { meta: {} }));
    expect(world.guard.peek(world.send())?.decision).toMatchObject({ validUntil: wroteAt + 23 * HOUR });
    world.sandbox.clock.advance(23 * HOUR);
    expect(world.guard.peek(world.send())).toBeUndefined();
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'bird' });
  });

  it('a message from the future opens the window from now on [W12]', async () => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world);
    const now = world.sandbox.clock.now();
    const createdAt = new Date(now + 3 * HOUR).toISOString();
    const meta = { extraInformation: { timestamp: String(Math.floor(now / 1000) + 7200) } };
    await endpoint.post(inboundEvent(world, { createdAt, meta }));
    expect(world.guard.peek(world.send())?.decision).toMatchObject({ validUntil: now + 24 * HOUR });
  });
});

describe('onOptOut', () => {
  const saying = (text: string): Readonly<Record<string, unknown>> => ({ body: { type: 'text', text: { text } } });

  it.each(['whatsapp', 'sms-messagebird'])(
    'gets each opt-out word on %s once, and stops nothing',
    async (platformId) => {
      const world = await createWorld({ platformId });
      const heard: OptOutEvent[] = [];
      const onOptOut = (event: OptOutEvent): void => void heard.push(event);
      const endpoint = await startEndpoint(world, { receiver: { onOptOut } });
      const { channel, contact, workspace, sandbox } = world;
      const stop = inboundEvent(world, saying('STOP!'));
      for (const event of [stop, inboundEvent(world, saying('Stop by at five')), stop]) await endpoint.post(event);
      await until(() => endpoint.events.length === 2);
      const at = Math.floor(sandbox.clock.now() / 1000) * 1000;
      const about = { workspaceId: workspace.id, channelId: channel.id, contactId: contact.id, address: PHONE, at };
      expect(heard).toEqual([{ ...stop, ...about }]);
      expect((await world.guard.check(world.send())).decision.verdict).toBe('allow');
    },
  );

  it('hears nothing of the word elsewhere, nor of what the business itself has written', async () => {
    const world = await createWorld({ platformId: 'telegram' });
    const other = await createWorld();
    const heard: unknown[] = [];
    for (const [one, event] of [
      [world, inboundEvent(world, saying('stop'))],
      [other, outboundEvent(other, { ...saying('stop'), status: 'delivered', failure: undefined })],
    ] as const) {
      const endpoint = await startEndpoint(one, { receiver: { onOptOut: (word) => heard.push(word) } });
      expect((await endpoint.post(event)).status).toBe(200);
      await until(() => endpoint.events.length === 1);
    }
    expect(heard).toEqual([]);
  });

  it('that throws is logged by its name, without content', async () => {
    const world = await createWorld();
    const onOptOut = (event: OptOutEvent): never => {
      throw new Error(JSON.stringify(event));
    };
    const endpoint = await startEndpoint(world, { receiver: { onOptOut } });
    expect((await endpoint.post(inboundEvent(world, saying('Unsubscribe')))).status).toBe(200);
    await until(() => world.logs.length > 0);
    expect(world.logs).toMatchObject([{ level: 'error', fields: { hook: 'onOptOut' } }]);
  });
});

describe('onEvent', () => {
  it('is called once per message, event and status, however often Bird delivers [W1, W4]', async () => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world);
    const inbound = inboundEvent(world);
    const id = crypto.randomUUID();
    const statuses = ['accepted', 'sent', 'delivered'].map((status) => outboundEvent(world, { id, status }));
    const log = [inbound, ...statuses, inbound, ...statuses, inbound];
    await Promise.all(log.map((event) => endpoint.post(event)));
    for (const event of log) expect((await endpoint.post(event)).status).toBe(200);
    await turns();
    expect(endpoint.events).toHaveLength(4);
    expect(new Set(endpoint.events)).toEqual(new Set([inbound, ...statuses]));
  });

  it('is called for each change of a thing that is no message, but not for a repetition', async () => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world);
    const change = (name: string): object => {
      return {
        service: 'channels',
        event: 'channel.updated',
        payload: { id: world.channel.id, status: 'active', name },
      };
    };
    for (const name of ['one', 'two', 'one']) await endpoint.post(change(name));
    await turns();
    expect(endpoint.events).toEqual([change('one'), change('two')]);
  });

  it('runs after the answer, which does not wait for it [W18]', async () => {
    const world = await createWorld();
    let isAnswered = false;
    const seen: boolean[] = [];
    const onEvent = (): Promise<never> => {
      seen.push(isAnswered);
      return new Promise(() => {});
    };
    const note: Middleware = (_req, res, next) => {
      res.once('finish', () => {
        isAnswered = true;
      });
      next();
    };
    const endpoint = await startEndpoint(world, { before: [note], receiver: { onEvent } });
    expect((await endpoint.post(inboundEvent(world))).status).toBe(200);
    await until(() => seen.length > 0);
    expect(seen).toEqual([true]);
    expect((await endpoint.post(inboundEvent(world))).status).toBe(200);
  });

  it.each<[string, (event: BirdEvent) => unknown]>([
    [
      'throws',
      (event) => {
        throw new Error(JSON.stringify(event));
      },
    ],
    [
      'throws what is no error',
      () => {
        throw TEXT;
      },
    ],
    ['rejects', (event) => Promise.reject(new Error(JSON.stringify(event)))],
  ])('that %s is logged without content, and changes nothing [W18]', async (_name, onEvent) => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world, { receiver: { onEvent } });
    expect((await endpoint.post(inboundEvent(world))).status).toBe(200);
    await until(() => world.logs.length > 0);
    expect(world.logs).toMatchObject([{ level: 'error', fields: { hook: 'onEvent' } }]);
    expect(world.guard.peek(world.send())).toMatchObject(allows);
  });

  it('is not needed', async () => {
    const world = await createWorld();
    const endpoint = await startEndpoint(world, { receiver: { onEvent: undefined } });
    expect((await endpoint.post(inboundEvent(world))).status).toBe(200);
    await turns();
    expect(world.logs).toEqual([]);
  });
});

describe('a store that does not answer at once', () => {
  function slowStore(merge: Store['merge']): Store {
    return { get: async () => undefined, merge, forget: async () => {} };
  }

  it('is waited for: an event is answered when it is kept', async () => {
    const kept = deferred<void>();
    const world = await createWorld({ guard: { store: slowStore(() => kept.promise) } });
    const endpoint = await startEndpoint(world);
    let isAnswered = false;
    const reply = endpoint.post(inboundEvent(world)).then((answer) => {
      isAnswered = true;
      return answer;
    });
    await until(() => world.reads() > 0);
    await turns(50);
    expect(isAnswered).toBe(false);
    kept.resolve();
    expect((await reply).status).toBe(200);
  });

  it('and fails, or never answers, costs a read and no event', async () => {
    const secret = 'redis://user:password@host';
    keepSecret(secret);
    for (const merge of [() => Promise.reject(new Error(secret)), () => new Promise<void>(() => {})]) {
      const world = await createWorld({ guard: { store: slowStore(merge) } });
      const endpoint = await startEndpoint(world);
      world.customerWrites();
      const reply = endpoint.post(inboundEvent(world));
      await until(() => world.reads() > 0);
      await turns(50);
      world.sandbox.clock.advance(50);
      expect((await reply).status).toBe(200);
      await until(() => endpoint.events.length > 0);
    }
  });
});

describe('options', () => {
  const options = {
    publicUrl: 'https://hooks.example.com/bird',
    workspaceId: '52ad151f-f7b4-46f9-a5c6-d3318e650c84',
    signingKeys: [KEY],
  };
  const guard = createGuard({ workspaces: {} });

  it.each<[string, unknown, new (message: string) => Error]>([
    ['publicUrl', undefined, TypeError],
    ['publicUrl', 5, TypeError],
    ['publicUrl', '', RangeError],
    ['publicUrl', '/webhooks/bird', RangeError],
    ['publicUrl', 'http://hooks.example.com/bird', RangeError],
    ['publicUrl', 'ftp://hooks.example.com/bird', RangeError],
    ['publicUrl', 'https://user:password@hooks.example.com/bird', RangeError],
    ['publicUrl', 'https://hooks.example.com/bird#here', RangeError],
    ['workspaceId', undefined, TypeError],
    ['workspaceId', 5, TypeError],
    ['workspaceId', '..', RangeError],
    ['signingKeys', KEY, TypeError],
    ['signingKeys', [5], TypeError],
    ['signingKeys', new Array(1), TypeError],
    ['signingKeys', [], RangeError],
    ['signingKeys', [''], RangeError],
    ['signingKeys', [KEY, ' '], RangeError],
    ['onEvent', 'call', TypeError],
    ['onOptOut', true, TypeError],
    ['onEvents', () => {}, TypeError],
  ])('%s of %o is refused at creation, by its name and without a key [W16, S14]', (name, value, type) => {
    const create = (): unknown => webhookReceiver(guard, { ...options, [name]: value });
    expect(create).toThrow(type);
    expect(create).toThrow(name);
    expect(create).not.toThrow(KEY);
  });

  it('are needed', () => {
    expect(() => webhookReceiver(guard, undefined as never)).toThrow(TypeError);
    expect(() => webhookReceiver({} as never, options)).toThrow('createGuard');
  });

  it.each(['http://127.0.0.1:3000/x', 'http://localhost/x', 'http://[::1]:80/x', 'https://a.example/x?y=1'])(
    'publicUrl may be %s',
    (publicUrl) => {
      expect(webhookReceiver(guard, { ...options, publicUrl })).toBeTypeOf('function');
    },
  );

  it('are copied: what happens to the list of keys afterwards changes nothing', async () => {
    const world = await createWorld();
    const signingKeys = [KEY];
    const endpoint = await startEndpoint(world, { receiver: { signingKeys } });
    signingKeys[0] = 'another key';
    expect((await endpoint.post(inboundEvent(world))).status).toBe(200);
  });

  it('a workspace id may be written in upper case', async () => {
    const world = await createWorld();
    const workspaceId = world.workspace.id.toUpperCase();
    const endpoint = await startEndpoint(world, { receiver: { workspaceId } });
    await endpoint.post(inboundEvent(world));
    expect(world.guard.peek(world.send())).toMatchObject(allows);
  });
});

it('fits the routes of every framework without a cast', () => {
  const guard = createGuard({ workspaces: {} });
  const workspaceId = '52ad151f-f7b4-46f9-a5c6-d3318e650c84';
  const receiver = webhookReceiver(guard, { publicUrl: 'https://a.example/', workspaceId, signingKeys: [KEY] });
  express().post('/webhooks/bird', receiver);
  express4().post('/webhooks/bird', receiver);
  connectApp().use('/webhooks/bird', receiver);
  createServer(receiver);
  guard.close();
});

it('does nothing with a response that somebody else has given', async () => {
  const world = await createWorld();
  const answerFirst: Middleware = (_req, res, next) => {
    res.statusCode = 204;
    res.end();
    next();
  };
  const endpoint = await startEndpoint(world, { before: [answerFirst] });
  expect((await endpoint.post(inboundEvent(world))).status).toBe(204);
});

it('lets nothing out of what an event holds', async () => {
  const world: World = await createWorld();
  const endpoint = await startEndpoint(world);
  keepSecret('wamid.HBgLMzE2MTIzNDU2NzgVAgASGBQ');
  const parts = [{ platformReference: 'wamid.HBgLMzE2MTIzNDU2NzgVAgASGBQ' }];
  for (const event of [inboundEvent(world, { parts }), outboundEvent(world, { parts, reason: PHONE })]) {
    await endpoint.post(event);
    await endpoint.post(event, { signingKey: 'another key' });
    await endpoint.post({ ...event, payload: { ...event.payload, channelId: crypto.randomUUID() } });
  }
  expect(world.logs.length).toBeGreaterThan(0);
});
