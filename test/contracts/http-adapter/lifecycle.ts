import { createGuard, freeformGuard, type Middleware, type SendRequest } from 'freeform-guard';
import { describe, expect, it, vi } from 'vitest';
import { keepSecret } from '../../support/canary.js';
import { createSmallWorld, type Framework, signal, startService, until } from '../../support/service.js';
import { recordingLogger, textMessage, type World } from '../../support/world.js';
import { startWith } from './scene.js';

/** How the middleware is created and mounted, and what it does beside an application that fails, or a client that leaves. */
export function describeLifecycle(framework: Framework): void {
  const start = startWith(framework);

  describe('mounted twice', () => {
    it('decides once [R17]', async () => {
      const world = await createSmallWorld();
      const guard = freeformGuard(world.guard);
      const service = await startService(world, { framework, guards: [guard, guard, freeformGuard(world.guard)] });
      world.customerWrites();
      expect((await service.send()).status).toBe(202);
      expect(world.guard.stats().decisions).toEqual({ service_window_open: 1 });
    });

    it('decides once with two copies of the package [R17]', async () => {
      const world = await createSmallWorld();
      vi.resetModules();
      const copy = await import('freeform-guard');
      expect(copy.createGuard).not.toBe(createGuard);
      const other = copy.createGuard({
        workspaces: { [world.workspace.id]: world.workspaceOptions },
        clock: world.sandbox.clock,
        logger: recordingLogger([]),
      });
      const guards = [freeformGuard(world.guard), copy.freeformGuard(other)];
      const service = await startService(world, { framework, guards });
      world.customerWrites();
      const reply = await service.send();
      expect([reply.status, reply.window]).toEqual([202, 'verdict=allow;reason=service_window_open, source=bird']);
      expect(other.stats().decisions).toEqual({});
    });

    it('lets a guard decide that knows the request, where an earlier one did not', async () => {
      const world = await createSmallWorld();
      const resolve = (): SendRequest => world.send();
      const guards = [
        freeformGuard(world.guard),
        freeformGuard(world.guard, { skip: () => true, resolve }),
        freeformGuard(world.guard, { resolve: async () => undefined }),
        freeformGuard(world.guard, { resolve }),
      ];
      const service = await startService(world, { framework, guards });
      expect((await service.call('/reply', { words: 1 })).status).toBe(409);
      expect(world.guard.stats().decisions).toEqual({ service_window_closed: 1 });
    });
  });

  describe('scenario 51: what goes wrong behind the guard', () => {
    const failing: readonly [string, Middleware][] = [
      ['hands an error on', (_req, _res, next) => next(new Error('downstream'))],
      [
        'throws',
        () => {
          throw new Error('downstream');
        },
      ],
      [
        'hands an error on later',
        (_req, _res, next) => {
          setImmediate(() => next(new Error('downstream')));
        },
      ],
    ];

    it.each(failing)('a handler that %s is not the guard’s: there is one answer [R10, R11]', async (_, handler) => {
      const { world, service } = await start({}, { handler });
      world.customerWrites();
      const [asked, remembered] = [await service.send(), await service.send()];
      expect(asked).toMatchObject({ status: 500, window: 'verdict=allow;reason=service_window_open, source=bird' });
      expect(remembered).toMatchObject({
        status: 500,
        window: 'verdict=allow;reason=service_window_open, source=memory',
      });
      expect(service.exchanges).toMatchObject([
        { nexts: 1, ends: 1 },
        { nexts: 1, ends: 1 },
      ]);
      expect(world.guard.stats().decisions).toEqual({ service_window_open: 2 });
      expect(world.logs).toEqual([]);
    });

    it('a body that the parser refused never reaches the guard [R12]', async () => {
      const { world, service } = await start();
      const reply = await service.call(service.path, '{"receiver":');
      expect(reply.status).toBeGreaterThanOrEqual(400);
      expect(reply.window).toBeUndefined();
      expect(service.exchanges).toEqual([]);
      expect(world.reads()).toBe(0);
    });
  });

  describe('a request that is over before it is decided', () => {
    /** Holds Bird's answers back until the returned function is called; `asked` settles with the first question. */
    function holdBird({ sandbox }: World): { readonly asked: Promise<void>; release(): void } {
      const asked = signal();
      const held = signal();
      sandbox.setFault(() => {
        asked.resolve();
        return { holdUntil: held.promise };
      });
      return { asked: asked.promise, release: () => held.resolve() };
    }

    const isLoggedOver = ({ logs }: World): boolean => logs.some(({ text }) => text.includes('was over before'));

    it.each([
      ['open', true],
      ['closed', false],
    ])('because the client left: nothing follows where the window is %s [R7]', async (_, isOpen) => {
      const { world, service } = await start();
      if (isOpen) world.customerWrites();
      const bird = holdBird(world);
      const call = service.open(service.path, textMessage());
      const failed = expect(call.reply).rejects.toMatchObject({ code: 'ECONNRESET' });
      await bird.asked;
      call.request.destroy();
      await failed;
      await until(() => service.exchanges[0]?.wasAborted === true);
      bird.release();
      await until(() => isLoggedOver(world));
      expect(service.exchanges).toMatchObject([{ nexts: 0, answers: 0, ends: 0 }]);
      expect(world.sandbox.messages()).toEqual([]);
    });

    it('because the client left: nothing follows when Bird never answers [R7]', async () => {
      const { world, service } = await start({ workspace: { onUnknown: 'block' } });
      const asked = signal();
      world.sandbox.setFault(() => {
        asked.resolve();
        return { stall: 'headers' };
      });
      const call = service.open(service.path, textMessage());
      const failed = expect(call.reply).rejects.toMatchObject({ code: 'ECONNRESET' });
      await asked.promise;
      call.request.destroy();
      await failed;
      await until(() => service.exchanges[0]?.wasAborted === true);
      world.sandbox.clock.advance(800);
      await until(() => isLoggedOver(world));
      expect(service.exchanges).toMatchObject([{ nexts: 0, answers: 0, ends: 0 }]);
    });

    it('because the client left: others who wait for the same read are answered [R7]', async () => {
      const { world, service } = await start();
      world.customerWrites();
      const bird = holdBird(world);
      const leaving = service.open(service.path, textMessage());
      const failed = expect(leaving.reply).rejects.toMatchObject({ code: 'ECONNRESET' });
      await bird.asked;
      const staying = service.send();
      await until(() => service.exchanges.length === 2);
      leaving.request.destroy();
      await failed;
      bird.release();
      expect((await staying).status).toBe(202);
    });

    it('because somebody else answered meanwhile: nothing follows [R8]', async () => {
      const hurry = signal();
      const impatient: Middleware = (_req, res, next) => {
        void hurry.promise.then(() => res.writeHead(504).end('too slow'));
        next();
      };
      const { world, service } = await start({}, { before: [impatient] });
      const bird = holdBird(world);
      const reply = service.send();
      await bird.asked;
      hurry.resolve();
      expect(await reply).toMatchObject({ status: 504, text: 'too slow', window: undefined });
      bird.release();
      await until(() => isLoggedOver(world));
      expect(service.exchanges).toMatchObject([{ nexts: 0, ends: 1 }]);
      expect(service.passed).toEqual([]);
    });

    it('because it was answered before: nothing follows, from memory or from Bird [R8]', async () => {
      const hasty: Middleware = (_req, res, next) => {
        res.end('done');
        next();
      };
      const { world, service } = await start({}, { before: [hasty] });
      world.customerWrites();
      expect((await service.send()).text).toBe('done');
      await until(() => isLoggedOver(world));
      await world.guard.check(world.send());
      expect((await service.send()).text).toBe('done');
      expect(service.exchanges).toMatchObject([
        { nexts: 0, answers: 0 },
        { nexts: 0, answers: 0 },
      ]);
      expect(world.sandbox.messages()).toEqual([]);
    });
  });

  describe('at creation', () => {
    it.each([
      ['no guard at all', undefined],
      ['null', null],
      ['text, which may be a key', 'sandbox-key-0123456789'],
      ['what only looks like a guard', { check: () => undefined }],
    ])('%s is a TypeError that does not repeat it', (_, guard) => {
      keepSecret('sandbox-key-0123456789');
      const create = (): Middleware => freeformGuard(guard as never);
      expect(create).toThrow(TypeError);
      expect(create).toThrow(/guard|options/);
      expect(create).not.toThrow(/sandbox-key/);
    });

    it.each([
      ['statusCode', { statusCode: 200 }, RangeError],
      ['statusCode', { statusCode: '409' }, TypeError],
      ['handler', { handler: true }, TypeError],
      ['resolve', { resolve: 'body' }, TypeError],
      ['skip', { skip: false }, TypeError],
      ['handlers', { handlers: () => undefined }, TypeError],
    ])('a wrong %s names the option', async (name, options, kind) => {
      const { guard } = await createSmallWorld();
      expect(() => freeformGuard(guard, options as never)).toThrow(kind);
      expect(() => freeformGuard(guard, options as never)).toThrow(`middlewareOptions.${name} `);
    });

    it('takes undefined for every option as absent, and options in the place of a guard', async () => {
      const world = await createSmallWorld();
      const absent = { skip: undefined, resolve: undefined, handler: undefined, statusCode: undefined };
      const { workspaceOptions, sandbox } = world;
      const middleware = freeformGuard(
        { workspaces: { [world.workspace.id]: workspaceOptions }, clock: sandbox.clock, logger: recordingLogger([]) },
        absent,
      );
      const service = await startService(world, { framework, guards: [middleware] });
      expect((await service.send()).status).toBe(409);
    });
  });
}
