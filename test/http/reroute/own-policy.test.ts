import type { ReroutePolicy, RerouteResult } from 'freeform-guard';
import { describe, expect, it, vi } from 'vitest';
import { aTemplate, inTemplate, phone, type RerouteWorld, startRerouting } from '../../support/reroute.js';
import { signal, until } from '../../support/service.js';
import { PHONE, TEXT, templateMessage, textMessage } from '../../support/world.js';
import { CLOSED, OTHER_PHONE, sends, textOf } from './support.js';

describe('a policy of the user’s own', () => {
  const invalid: readonly (readonly [string, unknown])[] = [
    ['text', 'reroute'],
    ['a number', 42],
    ['an empty object', {}],
    ['an action of its own', { action: 'send' }],
    ['no sends', { action: 'reroute' }],
    ['an empty list', { action: 'reroute', sends: [] }],
    ['a list of null', { action: 'reroute', sends: [null] }],
    ['a message that is none', { action: 'reroute', sends: [{ channelId: 'a', message: TEXT }] }],
    ['a channel that is none', { action: 'reroute', sends: [{ channelId: 'sms', message: templateMessage() }] }],
    ['changes that are no list', { action: 'hold', changes: 'all of it' }],
    ['a note that is none', { action: 'hold', held: 'later' }],
    ['a note without its instant', { action: 'hold', held: { id: 'a', reference: 'b' } }],
    ['a note with an instant that is none', { action: 'hold', held: { id: 'a', reference: 'b', expiresAt: 9e20 } }],
    ['what throws when it is read', new Proxy({}, { get: () => fail() })],
    ['what throws when it is read again', throwingLater()],
  ];

  it.each(invalid)('that gives %s cannot help, and the next one is tried', async (_, result) => {
    const { world, service } = await startRerouting(() => [() => result as RerouteResult, aTemplate()]);
    const reply = await service.send();
    expect([reply.status, reply.window]).toEqual([202, `${CLOSED}, action=reroute, sends=1`]);
    expect(world.arrivals()).toMatchObject([{ kind: 'template', text: inTemplate(TEXT) }]);
    expect(world.logs.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  it.each<[string, (world: RerouteWorld) => object]>([
    ['as it was', () => textMessage()],
    [
      'with the receiver spelt otherwise',
      ({ contact }) => ({ Receiver: { contacts: [{ id: contact.id }] }, ...textOf(TEXT) }),
    ],
    ['with two receivers', () => ({ ...textMessage(), receiver: { contacts: [phone(OTHER_PHONE), phone(PHONE)] } })],
    ['beside a template', () => ({ ...templateMessage(), ...textOf(TEXT) })],
    ['beside a template, spelt otherwise', () => ({ ...templateMessage(), Body: { type: 'text' } })],
  ])('that gives free text on the closed channel, %s, does not get it out', async (_, messageOf) => {
    let world: RerouteWorld | undefined;
    const policy: ReroutePolicy = ({ send }) => ({
      action: 'reroute',
      sends: [{ channelId: send.channelId ?? '', message: { ...messageOf(world as RerouteWorld) } }],
    });
    const scene = await startRerouting(() => policy);
    world = scene.world;
    world.addCustomer(OTHER_PHONE, true);
    const reply = await scene.service.send();
    expect(reply.status).toBe(409);
    expect(reply.body.contacts).toMatchObject([{ declined: ['not_permitted'] }]);
    expect(sends(world)).toEqual([]);
  });

  it('that is too late learns by settle that its result is not used', async () => {
    const asked = signal();
    const late = signal<RerouteResult>();
    const settle = vi.fn();
    const { world, service } = await startRerouting(() => () => {
      asked.resolve();
      return late.promise;
    });
    const reply = service.send();
    await asked.promise;
    world.sandbox.clock.advance(799);
    expect(service.exchanges).toMatchObject([{ nexts: 0, answers: 0 }]);
    world.sandbox.clock.advance(1);
    expect((await reply).body.contacts).toMatchObject([{ declined: ['policy_failed'] }]);
    late.resolve({ action: 'hold', settle });
    await until(() => settle.mock.calls.length > 0);
    expect(settle.mock.calls).toEqual([[false]]);
  });

  it('learns once by settle that its result is used, and in mode observe that it is not', async () => {
    for (const mode of ['enforce', 'observe'] as const) {
      const settle = vi.fn();
      const expiresAt = 1e12;
      const policy: ReroutePolicy = () => ({ action: 'hold', held: { id: 'a', reference: 'b', expiresAt }, settle });
      const { service } = await startRerouting(() => policy, { workspace: { mode } });
      await service.send();
      expect(settle.mock.calls, mode).toEqual([[mode === 'enforce']]);
    }
  });

  it('may give the whole message as its note: the answer shows no more of it than a note', async () => {
    const note = { id: 'a', reference: 'b', expiresAt: 1e12, message: textMessage(), address: PHONE };
    const { service } = await startRerouting(() => () => ({ action: 'hold', held: note }));
    const reply = await service.send();
    expect(reply.body.contacts[0].held).toEqual({ id: 'a', reference: 'b', expiresAt: '2001-09-09T01:46:40.000Z' });
  });

  it('may hold without a note', async () => {
    const { service } = await startRerouting(() => () => ({ action: 'hold' }));
    expect(await service.send()).toMatchObject({ status: 202, body: { code: 'held' } });
  });

  it('that says block ends the list', async () => {
    const { service } = await startRerouting(() => [() => ({ action: 'block' }), aTemplate()]);
    expect((await service.send()).status).toBe(409);
  });

  it('may give reasons that are no codes: they do not get out [S11]', async () => {
    const { service } = await startRerouting(
      () =>
        ({ decline }) =>
          decline(`${PHONE} says ${TEXT}`),
    );
    expect((await service.send()).body.contacts).toMatchObject([{ declined: ['declined'] }]);
  });
});

function fail(): never {
  throw new Error(`${PHONE} ${TEXT}`);
}

/** A result that can be read only as often as it takes to find nothing wrong with it. */
function throwingLater(): object {
  let reads = 0;
  return {
    action: 'hold',
    get held(): unknown {
      reads += 1;
      return reads > 1 ? fail() : { id: 'a', reference: 'b', expiresAt: 1e12 };
    },
    get changes(): never {
      return fail();
    },
  };
}
