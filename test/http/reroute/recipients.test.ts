import { holdUntilReply, type Middleware, type ReroutePolicy } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { aTemplate, phone, startRerouting, textTo } from '../../support/reroute.js';
import { PHONE, textMessage } from '../../support/world.js';
import { advanceUntil, CLOSED, OTHER_PHONE, sends, THIRD_PHONE } from './support.js';

describe('scenario 46: several recipients', () => {
  const all = (): Record<string, unknown> => textTo([OTHER_PHONE, PHONE, THIRD_PHONE], 'the same for all of you');

  it('of which one can be reached in no way stop together, and nothing stays of what was done', async () => {
    const hold = holdUntilReply();
    const notThird: ReroutePolicy = (context) =>
      JSON.stringify(context.send.contact).includes(THIRD_PHONE) ? { action: 'block' } : undefined;
    const { world, service } = await startRerouting(() => [notThird, hold]);
    for (const value of [OTHER_PHONE, THIRD_PHONE]) world.addCustomer(value);
    const reply = await service.send(all());
    expect(reply.status).toBe(409);
    expect(reply.body.contacts).toMatchObject([
      { declined: ['other_recipients'] },
      { declined: ['other_recipients'] },
      { verdict: 'deny' },
    ]);
    expect(await hold.pending(world.workspace.id)).toEqual([]);
    expect(sends(world)).toEqual([]);
  });

  it('are split: one as it is, one in a template, and one that nothing carries is left out and counted', async () => {
    const notThird: ReroutePolicy = (context) =>
      JSON.stringify(context.send.contact).includes(THIRD_PHONE) ? { action: 'block' } : undefined;
    const { world, service } = await startRerouting(() => [notThird, aTemplate()], { workspace: { onMixed: 'split' } });
    world.addCustomer(OTHER_PHONE, true);
    world.addCustomer(THIRD_PHONE);
    const reply = await service.send(all());
    expect(reply.window).toBe(`${CLOSED}, recipients=3, action=reroute, sends=2, blocked=1`);
    const { body, freeformGuard } = service.passed[0] ?? {};
    expect(body).toEqual({ ...all(), receiver: { contacts: [phone(OTHER_PHONE)] } });
    expect(freeformGuard?.outcomes.map(({ action }) => action)).toEqual(['send', 'reroute', 'block']);
    expect(freeformGuard?.sends?.map(({ message }) => message.receiver)).toEqual([
      { contacts: [phone(OTHER_PHONE)] },
      { contacts: [phone(PHONE)] },
    ]);
  });

  it('are split where there is no policy: those who are open get it', async () => {
    const { world, service } = await startRerouting(() => 'block', { workspace: { onMixed: 'split' } });
    world.addCustomer(OTHER_PHONE, true);
    const reply = await service.send(textTo([OTHER_PHONE, PHONE], 'the same for both of you'));
    expect([reply.status, reply.window]).toEqual([202, `${CLOSED}, recipients=2, sends=1, blocked=1`]);
    expect(world.arrivals()).toMatchObject([{ to: OTHER_PHONE, kind: 'text' }]);
  });

  it('are refused together by a split where all are closed', async () => {
    const { world, service } = await startRerouting(() => 'block', { workspace: { onMixed: 'split' } });
    world.addCustomer(OTHER_PHONE);
    expect((await service.send(textTo([OTHER_PHONE, PHONE], 'the same for both of you'))).status).toBe(409);
  });

  it('of which some wait and some get nothing are answered 202 by a split', async () => {
    const hold = holdUntilReply();
    const notOther: ReroutePolicy = (context) =>
      JSON.stringify(context.send.contact).includes(OTHER_PHONE) ? { action: 'block' } : undefined;
    const { world, service } = await startRerouting(() => [notOther, hold], { workspace: { onMixed: 'split' } });
    world.addCustomer(OTHER_PHONE);
    const reply = await service.send(textTo([OTHER_PHONE, PHONE], 'the same for both of you'));
    expect([reply.status, reply.window]).toEqual([
      202,
      `${CLOSED}, recipients=2, action=hold, sends=0, held=1, blocked=1`,
    ]);
    const [waiting] = await hold.pending(world.workspace.id);
    expect(waiting?.message.receiver).toEqual({ contacts: [phone(PHONE)] });
  });

  it.each(['block', 'split'] as const)('in mode observe, with %s, would be what enforcing does', async (onMixed) => {
    const { world, service } = await startRerouting(() => aTemplate(), { workspace: { mode: 'observe', onMixed } });
    world.addCustomer(OTHER_PHONE, true);
    const message = textTo([OTHER_PHONE, PHONE], 'the same for both of you');
    const { window } = await service.send(message);
    expect(window).toContain(`would-be=${onMixed === 'block' ? 'block' : 'reroute'}`);
    expect(service.passed[0]?.body).toEqual(message);
  });
});

describe('scenario 52: ten thousand contacts in one request', () => {
  it('cost no more than two reads per window, within the budget, and settle by the deadline', async () => {
    const settledAfter: number[] = [];
    const handler: Middleware = (_req, res) => {
      settledAfter.push(world.sandbox.clock.now() - startedAt);
      res.end('sent');
    };
    const { world, service } = await startRerouting(() => aTemplate(), {
      workspace: { lookupBurst: 10, onMixed: 'split', onUnknown: 'reroute' },
      sandbox: { readsPerSecond: 50 },
      service: { handler, before: [(_req, _res, next) => begin(next)], middleware: { maxRecipients: 10_000 } },
    });
    let startedAt = 0;
    const begin = (next: () => void): void => {
      startedAt = world.sandbox.clock.now();
      next();
    };
    const contacts = Array.from({ length: 10_000 }, (_, index) => {
      const value = `+3164${1_000_000 + index}`;
      return { id: world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value }] }).id };
    });
    const sent = service.send(textMessage({ receiver: { contacts } }));
    await advanceUntil(world, sent);
    expect((await sent).window).toBe(`${CLOSED}, recipients=10000, action=reroute, sends=10000`);
    const { sends: instead = [] } = service.passed[0]?.freeformGuard ?? {};
    expect(instead.map(({ message }) => message.receiver)).toEqual(
      contacts.map((contact) => ({ contacts: [contact] })),
    );
    const reads = new Map<string, number>();
    for (const { method, path } of world.sandbox.requests()) {
      if (method === 'GET') reads.set(path, (reads.get(path) ?? 0) + 1);
    }
    expect(Math.max(...reads.values())).toBeLessThanOrEqual(2);
    expect(world.sandbox.readsInBusiestSecond()).toBeLessThanOrEqual(50);
    expect(settledAfter[0]).toBeLessThanOrEqual(800);
  });
});
