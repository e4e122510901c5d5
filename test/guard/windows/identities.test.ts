import { memoryStore, type Outcome } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { PHONE, textMessage, type World } from '../../support/world.js';
import { countOf, createWorld, DAY, faultOn, HOUR, holdAnswers, MINUTE, NOBODY, SECOND, turns } from '../support.js';

const BSUID = 'US.13491208655302741918';
const unresolved = { action: 'send', decision: { verdict: 'unknown', reason: 'address_unresolved' } };
const phone = (identifierValue: string): object => ({ identifierKey: 'phonenumber', identifierValue });
const ref = ({ workspace, channel }: World): { workspaceId: string; channelId: string } => ({
  workspaceId: workspace.id,
  channelId: channel.id,
});
const check = (world: World, contact: object): Promise<Outcome> => world.guard.check(world.send({ contact }));

describe('a contact that was told to have written from another identity (field A3)', () => {
  it.each<[string, (world: World) => object]>([
    ['its phone', () => phone(PHONE)],
    ['its id and its phone', ({ contact }) => ({ id: contact.id, ...phone(PHONE) })],
  ])('is neither denied nor allowed at %s', async (_, contact) => {
    const world = await createWorld();
    const at = world.sandbox.clock.now();
    world.guard.observeInbound({ ...ref(world), contactId: world.contact.id, address: BSUID, at });
    expect(await check(world, contact(world))).toMatchObject(unresolved);
    world.sandbox.clock.advance(DAY - 1);
    expect(await check(world, contact(world))).toMatchObject(unresolved);
    world.sandbox.clock.advance(1);
    expect((await check(world, contact(world))).action).toBe('block');
  });

  it.each<[string, string, string]>([
    ['Brazil', '+5511987654321', '+551187654321'],
    ['Argentina', '+5491123456789', '+541123456789'],
    ['Mexico', '+5213312345678', '+523312345678'],
  ])('is neither denied nor allowed under the other spelling of its number: %s', async (_, long, short) => {
    for (const [told, asked] of [
      [long, short],
      [short, long],
    ] as const) {
      const world = await createWorld();
      world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value: asked }] });
      const at = world.sandbox.clock.now();
      world.guard.observeInbound({ ...ref(world), address: told, at });
      expect(await check(world, phone(asked))).toMatchObject(unresolved);
      expect((await check(world, phone(told))).decision.reason).toBe('service_window_open');
    }
  });

  it('is denied where this very address is what was told, and a refusal came after it', async () => {
    const world = await createWorld();
    const at = world.sandbox.clock.now();
    const about = { ...ref(world), contactId: world.contact.id, address: PHONE };
    world.guard.observeInbound({ ...about, at });
    world.guard.observeRefusal({ ...about, sentAt: at + SECOND, code: 131047 });
    world.sandbox.clock.advance(MINUTE);
    world.guard.observeRefusal({ ...about, sentAt: at + SECOND, code: 131047 });
    expect((await check(world, phone(PHONE))).action).toBe('block');
  });

  it('a refusal at one number denies nothing that goes to the other, from which the customer has written', async () => {
    const world = await createWorld();
    const { id: contactId } = world.contact;
    const at = world.sandbox.clock.now();
    world.guard.observeInbound({ ...ref(world), contactId, address: PHONE, at });
    world.sandbox.clock.advance(MINUTE);
    const sentAt = world.sandbox.clock.now();
    world.guard.observeRefusal({ ...ref(world), contactId, address: '+31600000009', sentAt, code: 131047 });
    expect((await check(world, { id: contactId, ...phone(PHONE) })).decision.reason).toBe('service_window_open');
    expect((await check(world, { id: contactId, ...phone('+31600000009') })).action).toBe('block');
  });

  it("is not denied on a date of Bird's that an earlier refusal refutes", async () => {
    const world = await createWorld();
    world.customerWrites();
    world.sandbox.clock.advance(MINUTE);
    const about = { ...ref(world), contactId: world.contact.id };
    const sentAt = world.sandbox.clock.now();
    world.guard.observeRefusal({ ...about, address: PHONE, sentAt, code: 131047 });
    expect((await check(world, phone(PHONE))).action).toBe('block');
    world.sandbox.clock.advance(MINUTE);
    world.guard.observeInbound({ ...about, address: BSUID, at: world.sandbox.clock.now() });
    expect(await check(world, phone(PHONE))).toMatchObject(unresolved);
  });

  it('is not denied where a permanent session is not trusted', async () => {
    const world = await createWorld({ workspace: { trustPermanentSession: false } });
    const { workspace, channel, contact } = world;
    workspace.setPermanentSession({ channelId: channel.id, contactId: contact.id, value: true });
    expect((await check(world, phone(PHONE))).action).toBe('block');
    const at = world.sandbox.clock.now();
    world.guard.observeInbound({ ...ref(world), contactId: contact.id, address: BSUID, at });
    expect(await check(world, phone(PHONE))).toMatchObject(unresolved);
  });

  it('casts no doubt on other contacts, channels and workspaces (scenarios 25, 26)', async () => {
    const world = await createWorld();
    const other = world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value: '+31600000009' }] });
    const at = world.sandbox.clock.now();
    world.guard.observeInbound({ ...ref(world), contactId: world.contact.id, address: BSUID, at });
    expect((await check(world, { id: other.id, ...phone('+31600000009') })).action).toBe('block');
    const { id } = world.workspace.addChannel({ platformId: 'whatsapp' });
    expect((await world.guard.check(world.send({ channelId: id }))).action).toBe('block');
  });
});

describe('a number of Brazil that Bird says is closed, by reads alone (field A3)', () => {
  const LONG = '+5511987654321';
  const SHORT = '+551187654321';

  async function createTwins(): Promise<World & { other: { readonly id: string } }> {
    const world = await createWorld();
    world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value: LONG }] });
    const other = world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value: SHORT }] });
    return { ...world, other };
  }

  it('is looked up once under the other spelling, and is unresolved where that window is open', async () => {
    const world = await createTwins();
    world.workspace.receiveInbound({ channelId: world.channel.id, contactId: world.other.id });
    expect(await check(world, phone(LONG))).toMatchObject(unresolved);
    expect([countOf(world.sandbox, 'search'), countOf(world.sandbox, 'contact')]).toEqual([2, 2]);
  });

  it.each<[string, (world: World) => void]>([
    ['that is closed, too', () => undefined],
    ['the search fails', ({ sandbox }) => void failSecond(sandbox, 'search')],
    ['the read fails', ({ sandbox }) => void failSecond(sandbox, 'contact')],
  ])('is denied on what Bird says of this number where %s', async (_, prepare) => {
    const world = await createTwins();
    prepare(world);
    expect(await check(world, phone(LONG))).toMatchObject({ action: 'block', source: 'bird' });
  });

  it('is denied where nobody has the other spelling, after one search', async () => {
    const world = await createWorld();
    world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value: LONG }] });
    expect((await check(world, phone(LONG))).action).toBe('block');
    expect([countOf(world.sandbox, 'search'), countOf(world.sandbox, 'contact')]).toEqual([2, 1]);
  });

  it('of another country is not searched again', async () => {
    const world = await createWorld();
    expect((await check(world, phone(PHONE))).action).toBe('block');
    expect(countOf(world.sandbox, 'search')).toBe(1);
  });
});

function failSecond(sandbox: World['sandbox'], kind: string): void {
  let seen = 0;
  sandbox.setFault((request) => {
    if (request.kind !== kind) return undefined;
    seen += 1;
    return seen === 2 ? { status: 501 } : undefined;
  });
}

describe('an id and an address that were told together (field A4)', () => {
  it('name one window: a reply by either needs no read', async () => {
    const world = await createWorld();
    await world.guard.check(world.send());
    const at = world.sandbox.clock.now();
    world.guard.observeInbound({ ...ref(world), contactId: world.contact.id, address: PHONE, at });
    const reads = world.reads();
    for (const contact of [{ id: world.contact.id }, phone(PHONE), { id: world.contact.id, ...phone(PHONE) }]) {
      const outcome = world.guard.peek(world.send({ contact }));
      expect(outcome).toMatchObject({ action: 'send', decision: { validUntil: at + DAY }, source: 'memory' });
    }
    // A later message that names only one of the two is about the other as well.
    world.sandbox.clock.advance(5 * MINUTE);
    const later = world.sandbox.clock.now();
    world.guard.observeInbound({ ...ref(world), contactId: world.contact.id, at: later });
    expect(world.guard.peek(world.send())?.decision).toMatchObject({ validUntil: later + DAY });
    expect(world.reads()).toBe(reads);
  });

  it('give a human of Messenger the 7 days by id alone (field A2)', async () => {
    const world = await createWorld({ platformId: 'facebook' });
    const at = world.sandbox.clock.now();
    world.guard.observeInbound({ ...ref(world), contactId: world.contact.id, address: PHONE, at });
    world.sandbox.clock.advance(30 * HOUR);
    const message = textMessage({ meta: { extraInformation: { useCase: 'conversation' } } });
    const outcome = await world.guard.check(world.send({ contact: { id: world.contact.id }, message }));
    expect(outcome.decision.reason).toBe('human_agent_window');
  });

  it('are no longer one where a second address was told with the id', async () => {
    const world = await createWorld();
    const at = world.sandbox.clock.now();
    for (const address of [PHONE, '+31600000009']) {
      world.guard.observeInbound({ ...ref(world), contactId: world.contact.id, address, at });
    }
    expect(world.guard.peek(world.send({ contact: { id: world.contact.id } }))).toBeUndefined();
    expect(await check(world, { id: world.contact.id })).toMatchObject(unresolved);
  });

  it('are no longer one after forget', async () => {
    const world = await createWorld();
    await world.guard.check(world.send());
    const about = { ...ref(world), contactId: world.contact.id, address: PHONE };
    world.guard.observeInbound({ ...about, at: world.sandbox.clock.now() });
    world.guard.forget(about);
    expect(world.guard.peek(world.send({ contact: { id: world.contact.id } }))).toBeUndefined();
    expect((await check(world, { id: world.contact.id })).action).toBe('block');
  });

  it('that are refused together are denied by either', async () => {
    const world = await createWorld();
    const about = { ...ref(world), contactId: world.contact.id, address: PHONE };
    const at = world.sandbox.clock.now();
    world.guard.observeInbound({ ...about, at });
    world.sandbox.clock.advance(HOUR);
    world.guard.observeRefusal({ ...about, sentAt: world.sandbox.clock.now(), code: 131047 });
    for (const contact of [{ id: world.contact.id }, phone(PHONE)]) {
      expect((await check(world, contact)).action).toBe('block');
    }
  });
});

describe('an inbound of which only the address was told, and a reply by id within the lag of Bird (field A4)', () => {
  it('is found by one search, and allowed', async () => {
    const world = await createWorld({ sandbox: { readLagMs: 5_000 } });
    world.customerWrites();
    const at = world.sandbox.clock.now();
    world.guard.observeInbound({ ...ref(world), address: PHONE, at });
    expect((await check(world, { id: world.contact.id })).decision.reason).toBe('service_window_open');
    expect(countOf(world.sandbox, 'search')).toBe(1);
    expect(world.guard.peek(world.send({ contact: { id: world.contact.id } }))?.source).toBe('memory');
  });

  it('is not a denial where the search fails', async () => {
    const world = await createWorld({ sandbox: { readLagMs: 5_000 } });
    world.customerWrites();
    world.guard.observeInbound({ ...ref(world), address: PHONE, at: world.sandbox.clock.now() });
    faultOn(world.sandbox, 'search', { status: 501 });
    expect(await check(world, { id: world.contact.id })).toMatchObject(unresolved);
  });

  it('denies another contact, whose it was not', async () => {
    const world = await createWorld();
    const other = world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value: '+31600000009' }] });
    world.guard.observeInbound({ ...ref(world), address: PHONE, at: world.sandbox.clock.now() });
    expect((await check(world, { id: other.id })).action).toBe('block');
  });
});

describe('reads for one address under two contact ids (field A10)', () => {
  it('are not shared: the right one is not denied with the answer to the wrong one', async () => {
    const world = await createWorld();
    world.customerWrites();
    const wrong = world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value: '+31600000009' }] });
    world.sandbox.setFault(({ kind, path }) =>
      kind === 'contact' && path.includes(wrong.id)
        ? { status: 200, body: { serviceWindowExpireAt: null } }
        : undefined,
    );
    const outcomes = await Promise.all(
      [wrong.id, wrong.id, world.contact.id].map((id) => check(world, { id, ...phone(PHONE) })),
    );
    // The second one's read is the one that the third would wait for.
    expect(outcomes.map(({ action }) => action)).toEqual(['block', 'block', 'send']);
  });

  it('that is not the contact’s opens nothing for others', async () => {
    const world = await createWorld();
    const wrong = world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value: '+31600000009' }] });
    const open = new Date(world.sandbox.clock.now() + HOUR).toISOString();
    world.sandbox.setFault(({ kind, path }) =>
      kind === 'contact' && path.includes(wrong.id)
        ? { status: 200, body: { serviceWindowExpireAt: open } }
        : undefined,
    );
    const pair = { id: wrong.id, ...phone(PHONE) };
    expect((await check(world, pair)).action).toBe('send');
    expect(world.guard.peek(world.send({ contact: pair }))?.source).toBe('memory');
    for (const contact of [phone(PHONE), { id: world.contact.id, ...phone(PHONE) }, { id: world.contact.id }]) {
      expect(world.guard.peek(world.send({ contact }))).toBeUndefined();
      expect((await check(world, contact)).action).toBe('block');
    }
  });

  it('of one pair are shared', async () => {
    const world = await createWorld();
    const arrived = holdAnswers(world.sandbox, 'contact');
    const both = [1, 2, 3].map(() => check(world, { id: world.contact.id, ...phone(PHONE) }));
    world.sandbox.setFault(undefined);
    await Promise.race([Promise.all(both), arrived.next().then((release) => release())]);
    await Promise.all(both);
    await turns();
    expect(countOf(world.sandbox, 'contact')).toBeLessThanOrEqual(2);
  });
});

describe('memoryStore: max counts customers (field D5)', () => {
  it('who are known by id and by address', async () => {
    const world = await createWorld({ guard: { store: memoryStore({ max: 50 }) } });
    await world.guard.check(world.send());
    const at = world.sandbox.clock.now();
    const idOf = (index: number): string => NOBODY.replace(/..$/, String(10 + index));
    for (let index = 0; index < 50; index += 1) {
      world.guard.observeInbound({ ...ref(world), contactId: idOf(index), address: `+3160000${1000 + index}`, at });
    }
    const known = Array.from({ length: 50 }, (_, index) => [{ id: idOf(index) }, phone(`+3160000${1000 + index}`)]);
    for (const contact of known.flat()) expect(world.guard.peek(world.send({ contact }))?.source).toBe('memory');
  });
});
