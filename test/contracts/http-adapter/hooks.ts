import type { GuardedRequest, Middleware, MiddlewareOptions, SendRequest } from 'freeform-guard';
import { describe, expect, it, vi } from 'vitest';
import { createSmallWorld, type Framework, signal, startService } from '../../support/service.js';
import { PHONE, TEXT, templateMessage, textMessage } from '../../support/world.js';
import { addCustomer, OTHER_PHONE, phone, startWith } from './scene.js';

/** What the hooks of the options may do, and what comes of one that fails. */
export function describeHooks(framework: Framework): void {
  const start = startWith(framework);

  describe('skip', () => {
    it('leaves a request untouched', async () => {
      const middleware: MiddlewareOptions = { skip: ({ headers }) => headers['x-internal'] === 'yes' };
      const { world, service } = await start({}, { middleware });
      const reply = await service.send(textMessage(), { headers: { 'x-internal': 'yes' } });
      expect([reply.status, reply.window]).toEqual([202, undefined]);
      expect(service.passed[0]).not.toHaveProperty('freeformGuard');
      expect(world.reads()).toBe(0);
      expect((await service.send()).status).toBe(409);
    });

    it.each([
      ['resolves with true', async () => true],
      ['resolves with false', async () => false],
      ['rejects', () => Promise.reject(new Error(`${PHONE} ${TEXT}`))],
    ])('that %s skips nothing, ends nothing, and is logged once (field D4)', async (_, answer) => {
      const skip = answer as unknown as () => boolean;
      const { world, service } = await start({}, { middleware: { skip } });
      for (let sends = 0; sends < 3; sends += 1) expect((await service.send()).status).toBe(409);
      expect(world.logs.filter(({ level }) => level === 'warn')).toMatchObject([{ fields: { hook: 'skip' } }]);
    });

    it('that throws leaves the send unknown [R9]', async () => {
      const skip = (): never => {
        throw new Error(`${PHONE} ${TEXT}`);
      };
      const { world, service } = await start({}, { middleware: { skip } });
      expect((await service.send()).window).toContain('verdict=unknown');
      expect(service.passed).toHaveLength(1);
      expect(world.logs).toContainEqual(
        expect.objectContaining({ level: 'error', fields: expect.objectContaining({ hook: 'skip' }) }),
      );
    });
  });

  describe('resolve', () => {
    type Resolve = NonNullable<MiddlewareOptions['resolve']>;
    const read = (req: Parameters<Resolve>[0]): Record<string, string> =>
      (req as unknown as { body?: never }).body ?? {};

    it.each([
      ['at once', false],
      ['as a promise', true],
    ])('reads a send out of any request, %s', async (_, isAsync) => {
      const world = await createSmallWorld();
      const resolve: Resolve = (req) => {
        const send = world.send({ message: { body: { type: 'text', text: { text: read(req).reply } } } });
        return isAsync ? Promise.resolve(send) : send;
      };
      const handler: Middleware = (_req, res) => void res.end('sent');
      const service = await startService(world, { framework, middleware: { resolve }, handler });
      expect((await service.call('/reply', { reply: TEXT })).body).toMatchObject({
        status: 409,
        code: 'service_window_closed',
        channelId: world.channel.id,
      });
      world.customerWrites();
      expect(await service.call('/reply', { reply: TEXT })).toMatchObject({ status: 200, text: 'sent' });
      expect(service.passed[0]?.freeformGuard?.original).toEqual({ reply: TEXT });
    });

    it.each<[string, Resolve]>([
      ['undefined', () => undefined],
      ['a promise of undefined', async () => undefined],
    ])("that gives %s leaves Bird's own requests to the guard, and others untouched", async (_, resolve) => {
      const { service } = await start({}, { middleware: { resolve } });
      expect(await service.send()).toMatchObject({ status: 409 });
      expect(await service.call('/reply', { reply: TEXT })).toMatchObject({ window: undefined });
    });

    it.each<[string, Resolve]>([
      ['null', () => null],
      ['a promise of null', async () => null],
      ['an empty list', () => []],
    ])("that gives %s says that the request is no send, also one of Bird's own", async (_, resolve) => {
      const { world, service } = await start({}, { middleware: { resolve } });
      expect(await service.send()).toMatchObject({ status: 202, window: undefined });
      expect(service.passed[0]).not.toHaveProperty('freeformGuard');
      expect(world.reads()).toBe(0);
    });

    it.each([false, true])('may give a list (promised: %s)', async (isAsync) => {
      const world = await createSmallWorld();
      addCustomer(world, true);
      const sends = [
        world.send({ contact: phone(OTHER_PHONE) }),
        world.send({ message: templateMessage() }),
        world.send(),
      ];
      const resolve: Resolve = () => (isAsync ? Promise.resolve(sends) : sends);
      const service = await startService(world, { framework, middleware: { resolve } });
      const reply = await service.call('/reply', {});
      expect(reply.window).toBe('verdict=deny;reason=service_window_closed, source=bird, recipients=3');
      expect(reply.body.contacts).toMatchObject([{ index: 0 }, { index: 1, reason: 'template' }, { index: 2 }]);
    });

    it('may give sends on several channels: the answer names the one that stops the request', async () => {
      const world = await createSmallWorld();
      const sms = world.workspace.addChannel({ platformId: 'sms-messagebird' });
      const resolve: Resolve = () => [world.send({ channelId: sms.id }), world.send()];
      const service = await startService(world, { framework, middleware: { resolve } });
      expect((await service.call('/reply', {})).body).toMatchObject({
        code: 'service_window_closed',
        channelId: world.channel.id,
        platform: 'whatsapp',
      });
    });

    it('may give sends of which some are of a channel that is off: those say nothing', async () => {
      const world = await createSmallWorld();
      const off = world.workspace.addChannel({ platformId: 'whatsapp' });
      const { id } = world.workspace;
      world.guard.reload({ [id]: { ...world.workspaceOptions, channels: { [off.id]: { mode: 'off' } } } });
      const resolve: Resolve = () => [world.send({ channelId: off.id }), world.send({ message: templateMessage() })];
      const service = await startService(world, { framework, middleware: { resolve } });
      expect((await service.call('/reply', {})).window).toBe('verdict=allow;reason=template, source=none');
      expect(service.passed[0]?.freeformGuard?.outcomes).toMatchObject([{ mode: 'off' }, { mode: 'enforce' }]);
    });

    it.each<[string, Resolve]>([
      [
        'throws',
        () => {
          throw new Error(`${PHONE} ${TEXT}`);
        },
      ],
      ['rejects', () => Promise.reject(new Error(`${PHONE} ${TEXT}`))],
      ['gives a list of null', () => [null] as never],
      ['promises a list of null', async () => [null] as never],
      ['gives text', () => `${TEXT}` as never],
      ['promises a number', async () => 42 as never],
    ])('that %s leaves the send unknown [R9]', async (_, resolve) => {
      const { world, service } = await start({}, { middleware: { resolve } });
      const reply = await service.send();
      expect(reply.window).toContain('verdict=unknown');
      expect(service.passed).toHaveLength(1);
      expect(world.logs).toContainEqual(
        expect.objectContaining({ level: 'error', fields: expect.objectContaining({ hook: 'resolve' }) }),
      );
      expect(world.reads()).toBe(0);
    });

    it('that outlasts the deadline leaves the send unknown, and its late answer is ignored [R9]', async () => {
      const world = await createSmallWorld();
      const { promise, resolve: settle } = signal<SendRequest>();
      const called = signal();
      const resolve: Resolve = () => {
        called.resolve();
        return promise;
      };
      const service = await startService(world, { framework, middleware: { resolve } });
      const reply = service.send();
      await called.promise;
      world.sandbox.clock.advance(799);
      expect(service.exchanges).toMatchObject([{ nexts: 0, answers: 0 }]);
      world.sandbox.clock.advance(1);
      expect((await reply).window).toContain('verdict=unknown');
      settle(world.send());
      await promise;
      expect(world.reads()).toBe(0);
      expect(service.exchanges).toMatchObject([{ nexts: 1, answers: 0 }]);
    });
  });

  describe('handler', () => {
    type Handler = NonNullable<MiddlewareOptions['handler']>;

    it('answers in the place of the guard', async () => {
      const seen: unknown[] = [];
      const handler: Handler = (req, res, _next, outcomes) => {
        seen.push(outcomes, (req as GuardedRequest).freeformGuard?.outcomes);
        res.statusCode = 418;
        res.end('write a template');
      };
      const { world, service } = await start({}, { middleware: { handler, statusCode: 400 } });
      const reply = await service.send();
      expect(reply).toMatchObject({ status: 418, text: 'write a template' });
      expect(reply.window).toContain('verdict=deny');
      expect(seen[0]).toMatchObject([{ action: 'block', decision: { reason: 'service_window_closed' } }]);
      expect(seen[1]).toBe(seen[0]);
      expect(world.sandbox.messages()).toEqual([]);
    });

    it('is not asked for what passes', async () => {
      const handler = vi.fn<Handler>();
      const { world, service } = await start({}, { middleware: { handler } });
      world.customerWrites();
      await service.send();
      await service.send({});
      expect(handler).not.toHaveBeenCalled();
    });

    it.each<[string, Handler]>([
      ['at once', (_req, _res, next) => next()],
      [
        'twice',
        (_req, _res, next) => {
          next();
          next();
        },
      ],
      [
        'later',
        async (_req, _res, next) => {
          await null;
          next();
        },
      ],
      [
        'and then throws',
        (_req, _res, next) => {
          next();
          throw new Error(`${PHONE} ${TEXT}`);
        },
      ],
      [
        'and then rejects',
        async (_req, _res, next) => {
          next();
          throw new Error(`${PHONE} ${TEXT}`);
        },
      ],
    ])('may let the request pass by next, %s [R10]', async (_, handler) => {
      const { world, service } = await start({}, { middleware: { handler } });
      expect((await service.send()).status).toBe(202);
      expect(world.sandbox.messages()).toHaveLength(1);
      expect(service.exchanges).toMatchObject([{ nexts: 1, answers: 0, ends: 1 }]);
    });

    it('is done before what it lets pass begins, so that it cannot catch what the application throws [R11]', async () => {
      const order: string[] = [];
      const handler: Handler = (_req, _res, next) => {
        next();
        order.push('handler');
      };
      const application: Middleware = (_req, res) => {
        order.push('application');
        res.end('sent');
      };
      const { service } = await start({}, { middleware: { handler }, handler: application });
      expect((await service.send()).text).toBe('sent');
      expect(order).toEqual(['handler', 'application']);
    });

    it('may hand an error on', async () => {
      const { service } = await start(
        {},
        { middleware: { handler: (_req, _res, next) => next(new Error('refused')) } },
      );
      expect((await service.send()).status).toBe(500);
      expect(service.passed).toEqual([]);
    });

    it.each<[string, Handler]>([
      [
        'throws',
        () => {
          throw new Error(`${PHONE} ${TEXT}`);
        },
      ],
      ['rejects', () => Promise.reject(new Error(`${PHONE} ${TEXT}`))],
      [
        'throws what is no error',
        () => {
          throw undefined;
        },
      ],
    ])('that %s leaves the answer to the guard [R9]', async (_, handler) => {
      const { world, service } = await start({}, { middleware: { handler } });
      expect(await service.send()).toMatchObject({ status: 409, body: { code: 'service_window_closed' } });
      expect(world.logs).toContainEqual(
        expect.objectContaining({ level: 'error', fields: expect.objectContaining({ hook: 'handler' }) }),
      );
    });

    it.each<[string, Handler]>([
      [
        'calls next',
        (_req, res, next) => {
          res.end('no');
          next();
        },
      ],
      [
        'throws',
        (_req, res) => {
          res.end('no');
          throw new Error(`${PHONE} ${TEXT}`);
        },
      ],
      [
        'rejects',
        async (_req, res) => {
          res.end('no');
          throw new Error(`${PHONE} ${TEXT}`);
        },
      ],
    ])('that answers and then %s has answered: the message is not sent', async (_, handler) => {
      const { world, service } = await start({}, { middleware: { handler } });
      expect((await service.send()).text).toBe('no');
      expect(world.sandbox.messages()).toEqual([]);
      expect(service.exchanges).toMatchObject([{ nexts: 0, answers: 1, ends: 1 }]);
    });

    it('that does nothing until the deadline leaves the answer to the guard [R9]', async () => {
      const called = signal<() => void>();
      const handler: Handler = (_req, _res, next) => called.resolve(next);
      const { world, service } = await start({}, { middleware: { handler } });
      const reply = service.send();
      const next = await called.promise;
      world.sandbox.clock.advance(800);
      expect(await reply).toMatchObject({ status: 409, body: { code: 'service_window_closed' } });
      expect(world.logs).toContainEqual(
        expect.objectContaining({ level: 'error', fields: expect.objectContaining({ hook: 'handler' }) }),
      );
      next();
      expect(service.exchanges).toMatchObject([{ nexts: 0, answers: 1, ends: 1 }]);
    });
  });
}
