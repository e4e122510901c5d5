import { Agent } from 'node:http';
import { freeformGuard, type Middleware } from 'freeform-guard';
import { describe, expect, it, vi } from 'vitest';
import { type Framework, sendPath } from '../../support/service.js';
import { PHONE, TEXT, textMessage } from '../../support/world.js';
import { HOUR, MISSING_PHONE, startWith, textTo } from './scene.js';

/** What becomes of a send that is allowed, denied, unknown or unclassified. */
export function describeVerdicts(framework: Framework): void {
  const start = startWith(framework);

  describe('a send that is allowed', () => {
    it('passes once, with a header, and reaches Bird', async () => {
      const { world, service } = await start();
      world.customerWrites();
      const reply = await service.send();
      expect(reply.status).toBe(202);
      expect(reply.window).toBe('verdict=allow;reason=service_window_open, source=bird');
      expect(world.sandbox.messages()).toHaveLength(1);
      expect(service.exchanges).toMatchObject([{ nexts: 1, answers: 0 }]);
    });

    it('shows its outcome and its original body to the handlers', async () => {
      const { world, service } = await start();
      world.customerWrites();
      await service.send();
      const [req] = service.passed;
      expect(req?.freeformGuard?.original).toBe(req?.body);
      expect(req?.body).toEqual(textMessage());
      expect(req?.freeformGuard?.outcomes).toMatchObject([
        { action: 'send', decision: { verdict: 'allow', reason: 'service_window_open' }, source: 'bird' },
      ]);
    });

    it('is decided from memory the second time, in the same tick and without a read', async () => {
      let isSynchronous = false;
      let guard: Middleware | undefined;
      const watched: Middleware = (req, res, next) => {
        let hasPassed = false;
        guard?.(req, res, (error) => {
          hasPassed = true;
          next(error);
        });
        isSynchronous = hasPassed;
      };
      const { world, service } = await start({}, { guards: [watched] });
      guard = freeformGuard(world.guard);
      world.customerWrites();
      await service.send();
      expect(isSynchronous).toBe(false);
      const reads = world.reads();
      const reply = await service.send();
      expect(isSynchronous).toBe(true);
      expect(reply.window).toBe('verdict=allow;reason=service_window_open, source=memory');
      expect(world.reads()).toBe(reads);
    });
  });

  describe('a send that is denied', () => {
    it('scenario 31: is answered 409 and never reaches Bird [S21]', async () => {
      const { world, service } = await start({ sandbox: { closedWindow: 'past' } });
      world.customerWrites();
      world.sandbox.clock.advance(25 * HOUR);
      const now = world.sandbox.clock.now();
      const reply = await service.send();
      expect(reply.status).toBe(409);
      expect(reply.window).toBe('verdict=deny;reason=service_window_closed, source=bird');
      expect(reply.headers).toMatchObject({
        'content-type': 'application/problem+json',
        'content-length': String(Buffer.byteLength(reply.text)),
        'cache-control': 'no-store',
      });
      expect(reply.headers).not.toHaveProperty('retry-after');
      expect(reply.body).toEqual({
        type: 'urn:freeform-guard:problem:service_window_closed',
        title: 'The customer service window is closed',
        status: 409,
        detail: expect.stringContaining('free-form message'),
        code: 'service_window_closed',
        message: reply.body.detail,
        channelId: world.channel.id,
        platform: 'whatsapp',
        closedAt: new Date(now - HOUR).toISOString(),
        checkedAt: new Date(now).toISOString(),
        source: 'bird',
        retryable: false,
        nextActions: [{ action: 'send_template' }, { action: 'wait_for_inbound' }],
        contacts: [{ index: 0, verdict: 'deny', reason: 'service_window_closed' }],
      });
      expect(world.sandbox.messages()).toEqual([]);
      expect(service.passed).toEqual([]);
    });

    it('scenario 8: has a closedAt of null where the customer never wrote', async () => {
      const { service } = await start();
      expect((await service.send()).body).toMatchObject({ code: 'service_window_closed', closedAt: null });
    });

    it('has no closedAt where the policy does not expose it [S21]', async () => {
      const { world, service } = await start({
        sandbox: { closedWindow: 'past' },
        workspace: { exposeExpiry: false },
      });
      world.customerWrites();
      world.sandbox.clock.advance(25 * HOUR);
      const reply = await service.send();
      expect(reply.status).toBe(409);
      expect(reply.body).not.toHaveProperty('closedAt');
    });

    it('proposes no template where the platform has none', async () => {
      const { service } = await start({ platformId: 'instagram' });
      expect((await service.send()).body).toMatchObject({
        platform: 'instagram',
        nextActions: [{ action: 'wait_for_inbound' }],
      });
    });

    it('names the channel where the channel is what stops it', async () => {
      const { world, service } = await start();
      world.workspace.setChannel(world.channel.id, { status: 'archived' });
      expect((await service.send()).body).toMatchObject({
        code: 'channel_inactive',
        status: 409,
        closedAt: null,
        nextActions: [{ action: 'check_channel' }],
      });
    });

    it('has the status that the options give', async () => {
      const { service } = await start({}, { middleware: { statusCode: 422 } });
      const reply = await service.send();
      expect(reply.status).toBe(422);
      expect(reply.body).toMatchObject({ status: 422, code: 'service_window_closed' });
    });

    it('leaves its connection in use', async () => {
      const { world, service } = await start();
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const statuses: number[] = [];
      const connections = new Set<number | undefined>();
      for (let turn = 0; turn < 3; turn += 1) {
        const call = service.open(service.path, textMessage(), { agent });
        call.request.once('socket', ({ localPort }) => localPort && connections.add(localPort));
        statuses.push((await call.reply).status);
        connections.add(call.request.socket?.localPort);
        if (turn === 1) world.customerWrites();
      }
      agent.destroy();
      expect(statuses).toEqual([409, 409, 202]);
      expect(connections.size).toBe(1);
    });
  });

  describe('a send that is unknown', () => {
    it('passes, flagged', async () => {
      const { world, service } = await start();
      const reply = await service.send(textTo(MISSING_PHONE));
      expect(reply.window).toBe('verdict=unknown;reason=contact_not_found, source=none');
      expect(service.passed).toHaveLength(1);
      expect(world.guard.stats().decisions).toEqual({ contact_not_found: 1 });
    });

    it('is answered 503 with Retry-After where the policy is to block', async () => {
      const { world, service } = await start({ workspace: { onUnknown: 'block' } });
      world.sandbox.setFault(({ kind }) => (kind === 'contact' ? { status: 501 } : undefined));
      const reply = await service.send();
      expect(reply.status).toBe(503);
      expect(reply.headers).toMatchObject({ 'retry-after': '1', 'content-type': 'application/problem+json' });
      expect(reply.body).toMatchObject({
        type: 'urn:freeform-guard:problem:lookup_failed',
        status: 503,
        code: 'lookup_failed',
        channelId: world.channel.id,
        source: 'none',
        retryable: true,
        nextActions: [{ action: 'retry_later' }],
        contacts: [{ index: 0, verdict: 'unknown', reason: 'lookup_failed' }],
      });
      expect(world.sandbox.messages()).toEqual([]);
    });

    it('keeps its 503 beside a status for denials', async () => {
      const { service } = await start({ workspace: { onUnknown: 'block' } }, { middleware: { statusCode: 400 } });
      expect((await service.send(textTo(MISSING_PHONE))).status).toBe(503);
    });

    it('passes or not as a function says, which gets the decision and the send', async () => {
      const onUnknown = vi.fn(() => 'block' as const);
      const { world, service } = await start({ workspace: { onUnknown } });
      expect((await service.send(textTo(MISSING_PHONE))).status).toBe(503);
      expect(onUnknown).toHaveBeenCalledExactlyOnceWith(
        { verdict: 'unknown', reason: 'contact_not_found' },
        expect.objectContaining({ workspaceId: world.workspace.id, channelId: world.channel.id }),
      );
    });

    it('passes where that function throws, and says so in the log without what was thrown [R9]', async () => {
      const onUnknown = (): never => {
        throw new Error(`${PHONE} ${TEXT}`);
      };
      const { world, service } = await start({ workspace: { onUnknown } });
      expect((await service.send(textTo(MISSING_PHONE))).window).toContain('verdict=unknown');
      expect(service.passed).toHaveLength(1);
      expect(world.logs).toContainEqual(
        expect.objectContaining({ level: 'error', fields: expect.objectContaining({ hook: 'onUnknown' }) }),
      );
    });

    it('of a workspace without options passes or not as the defaults say, without a read', async () => {
      const strangers = '00000000-0000-4000-8000-000000000000';
      for (const onUnknown of ['allow', 'block'] as const) {
        const { world, service } = await start({ guard: { defaults: { onUnknown } } });
        const path = sendPath(world).replace(world.workspace.id, strangers);
        const replies = [await service.call(path, textMessage()), await service.call(path, textMessage())];
        for (const { window } of replies) expect(window).toBe('verdict=unknown;reason=workspace_unknown, source=none');
        expect(service.passed).toHaveLength(onUnknown === 'allow' ? 2 : 0);
        expect(world.sandbox.requests().filter(({ method }) => method === 'GET')).toEqual([]);
        expect(world.logs.filter(({ level }) => level === 'warn')).toHaveLength(1);
      }
    });

    it('passes after the guard was closed, whatever the policy', async () => {
      const { world, service } = await start({ workspace: { onUnknown: 'block' } });
      world.guard.close();
      expect((await service.send()).window).toBe('verdict=unknown;reason=lookup_failed, source=none');
      expect(service.passed).toHaveLength(1);
      expect(world.reads()).toBe(0);
    });

    it('passes when the deadline is over, however long Bird takes', async () => {
      const { world, service } = await start();
      const asked = new Promise<void>((resolve) => {
        world.sandbox.setFault(() => {
          resolve();
          return { stall: 'headers' };
        });
      });
      const reply = service.send();
      await asked;
      world.sandbox.setFault(undefined);
      world.sandbox.clock.advance(800);
      expect((await reply).window).toBe('verdict=unknown;reason=deadline_exceeded, source=none');
      expect(service.passed).toHaveLength(1);
    });
  });

  describe('a message that cannot be classified', () => {
    it('passes, flagged', async () => {
      const { service } = await start();
      const reply = await service.send({ note: 'no message' });
      expect(reply.window).toBe('verdict=unknown;reason=unclassified_message, source=none');
      expect(service.passed).toHaveLength(1);
    });

    it('is answered 422 where the policy is to block', async () => {
      const { world, service } = await start({ workspace: { onUnknown: 'block' } });
      const reply = await service.send({});
      expect(reply.status).toBe(422);
      expect(reply.headers).not.toHaveProperty('retry-after');
      expect(reply.body).toMatchObject({
        status: 422,
        code: 'unclassified_message',
        retryable: false,
        nextActions: [{ action: 'correct_message' }],
      });
      expect(world.sandbox.messages()).toEqual([]);
    });

    it('is answered on a connection that stays in use, though nobody has read the body', async () => {
      const { service } = await start({ workspace: { onUnknown: 'block' } }, { parser: 'none' });
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const body = 'x'.repeat(200_000);
      expect((await service.call(service.path, body, { agent })).status).toBe(422);
      expect((await service.call(service.path, body, { agent })).status).toBe(422);
      agent.destroy();
    });
  });
}
