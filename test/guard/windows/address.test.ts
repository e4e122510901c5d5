import { createGuard } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { PHONE, type World } from '../../support/world.js';
import { countOf, createWorld } from '../support.js';

/** Another guard of the world's workspace, and the URLs and bodies that it sends. */
function watchWire(world: World): { guard: World['guard']; urls: URL[]; bodies: unknown[] } {
  const urls: URL[] = [];
  const bodies: unknown[] = [];
  const guard = createGuard({
    workspaces: { [world.workspace.id]: world.workspaceOptions },
    clock: world.sandbox.clock,
    fetch: (input, init) => {
      urls.push(new URL(String(input)));
      if (typeof init?.body === 'string') bodies.push(JSON.parse(init.body));
      return fetch(input, init);
    },
  });
  return { guard, urls, bodies };
}

describe('scenario 19: the contact identifier', () => {
  it.each([
    ['a plus', 'phonenumber', '+31612345678', '+31612345678'],
    ['spaces and brackets', 'phonenumber', ' +31 (6) 1234-5678 ', '+31612345678'],
    ['two zeros for the plus', 'phonenumber', '0031612345678', '+31612345678'],
    ['full-width digits', 'phonenumber', '＋３１６１２３４５６７８', '+31612345678'],
    ['no plus', 'phonenumber', '31612345678', '+31612345678'],
    ['invisible marks of direction', 'phonenumber', '\u202a+31 6 12345678\u202c', '+31612345678'],
    ['a zero-width space', 'phonenumber', '+31\u200b612345678', '+31612345678'],
    ['an at sign and a plus', 'emailaddress', 'jo+news@example.com', 'jo+news@example.com'],
    ['spaces within', 'facebookid-1', 'ada lovelace', 'ada lovelace'],
    ['all that a query means', 'facebookid-1', 'a&b=c?d#e%20f/..+g', 'a&b=c?d#e%20f/..+g'],
    ['another script', 'wechatid', '张伟', '张伟'],
    ['a combining accent', 'facebookid-1', 'Andre\u0301', 'Andr\u00e9'],
    ['an emoji', 'facebookid-1', 'a😀b', 'a😀b'],
    ['an injected header', 'facebookid-1', 'x\r\ny: z', 'x\r\ny: z'],
    ['a NUL', 'facebookid-1', 'x\0y', 'x\0y'],
  ])('with %s arrives at Bird decoded and normalised', async (_, identifierKey, identifierValue, normalised) => {
    const world = await createWorld();
    const contact = world.workspace.addContact({ identifiers: [{ key: identifierKey, value: normalised }] });
    world.workspace.receiveInbound({ channelId: world.channel.id, contactId: contact.id, address: normalised });
    const { guard, urls, bodies } = watchWire(world);
    const outcome = await guard.check(world.send({ contact: { identifierKey, identifierValue } }));
    expect(outcome.decision.reason).toBe('service_window_open');
    const read = urls.find(({ pathname }) => pathname.includes('/channels/') && pathname.includes('/contacts/'));
    expect([...(read?.searchParams ?? [])]).toEqual([['contactIdentifierValue', normalised]]);
    expect(bodies).toEqual([{ identifier: { key: identifierKey, value: normalised } }]);
  });

  it('that is an id alone is read without contactIdentifierValue, and never searched', async () => {
    const world = await createWorld();
    world.customerWrites();
    const { guard, urls } = watchWire(world);
    expect((await guard.check(world.send({ contact: { id: world.contact.id.toUpperCase() } }))).action).toBe('send');
    expect(urls.map(({ search }) => search)).toEqual(['', '']);
    expect(countOf(world.sandbox, 'search')).toBe(0);
  });

  it('beside an id is not searched, and platformAddress is the address', async () => {
    const world = await createWorld();
    const { guard, urls } = watchWire(world);
    const contact = {
      id: world.contact.id,
      identifierKey: 'phonenumber',
      identifierValue: PHONE,
      platformAddress: '+31 6 0000 0009',
    };
    world.workspace.receiveInbound({
      channelId: world.channel.id,
      contactId: world.contact.id,
      address: '+31600000009',
    });
    expect((await guard.check(world.send({ contact }))).action).toBe('send');
    expect(urls.at(-1)?.searchParams.get('contactIdentifierValue')).toBe('+31600000009');
    expect(countOf(world.sandbox, 'search')).toBe(0);
    // The number that the contact is known by has no open window of its own.
    expect((await guard.check(world.send())).action).toBe('block');
  });

  it.each([
    ['no contact', undefined],
    ['an empty contact', {}],
    ['two identifiers', { identifiers: [{ identifierValue: PHONE }, { identifierValue: '+31600000009' }] }],
    ['a selector', { id: 'ID', identifierValue: PHONE, platformAddressSelector: 'primary' }],
    [
      'an identifier in the list that differs',
      { identifierValue: PHONE, identifiers: [{ identifierValue: '+31600000009' }] },
    ],
    ['a list that is no list', { identifierValue: PHONE, identifiers: { 0: {} } }],
    ['an empty value', { identifierKey: 'phonenumber', identifierValue: '' }],
    ['spaces for a value', { identifierKey: 'phonenumber', identifierValue: ' ' }],
    ['a number for a value', { identifierKey: 'phonenumber', identifierValue: 31612345678 }],
    ['half a character', { identifierKey: 'phonenumber', identifierValue: '+3161234567\ud83d' }],
    ['an endless value', { identifierKey: 'facebookid', identifierValue: 'x'.repeat(513) }],
    ['a key that is no text', { identifierKey: 7, identifierValue: PHONE }],
    ['a value of an unknown kind and no key', { identifierValue: 'ada' }],
  ])('is address_unresolved with %s, unless the platform has no window', async (_, contact) => {
    const world = await createWorld();
    world.customerWrites();
    const named = contact && 'id' in contact ? { ...contact, id: world.contact.id } : contact;
    const change = { contact: named } as Parameters<World['send']>[0];
    expect(await world.guard.check(world.send(change))).toMatchObject({
      action: 'send',
      decision: { verdict: 'unknown', reason: 'address_unresolved' },
    });
    expect([countOf(world.sandbox, 'contact'), countOf(world.sandbox, 'search')]).toEqual([0, 0]);
    const sms = world.workspace.addChannel({ platformId: 'sms-messagebird' });
    expect((await world.guard.check(world.send({ ...change, channelId: sms.id }))).decision.reason).toBe(
      'no_service_window',
    );
  });

  it('that spells out the name of another window opens nothing', async () => {
    const world = await createWorld();
    world.customerWrites();
    expect((await world.guard.check(world.send({ contact: { id: world.contact.id } }))).action).toBe('send');
    const contact = { identifierKey: 'facebookid', identifierValue: `id:${world.contact.id}` };
    expect((await world.guard.check(world.send({ contact }))).decision.reason).not.toBe('service_window_open');
  });
});

describe('a search', () => {
  it('is made once for ten minutes, and again when Bird no longer knows the id', async () => {
    const world = await createWorld();
    for (let checks = 0; checks < 3; checks += 1) await world.guard.check(world.send());
    expect(countOf(world.sandbox, 'search')).toBe(1);
    world.sandbox.clock.advance({ minutes: 10 });
    await world.guard.check(world.send());
    expect(countOf(world.sandbox, 'search')).toBe(2);
    world.sandbox.setFault(({ kind }) => (kind === 'contact' ? { status: 404 } : undefined));
    expect((await world.guard.check(world.send())).decision.reason).toBe('contact_not_found');
    world.sandbox.setFault(undefined);
    expect((await world.guard.check(world.send())).decision.reason).toBe('service_window_closed');
    expect(countOf(world.sandbox, 'search')).toBe(3);
  });

  it('is shared by channels, each of which has its own window', async () => {
    const world = await createWorld();
    const other = world.workspace.addChannel({ platformId: 'whatsapp' });
    world.customerWrites();
    expect((await world.guard.check(world.send())).action).toBe('send');
    expect((await world.guard.check(world.send({ channelId: other.id }))).action).toBe('block');
    expect(countOf(world.sandbox, 'search')).toBe(1);
  });

  it("scenario 25: and what it found are a workspace's own: the same number elsewhere opens nothing", async () => {
    const world = await createWorld();
    const other = world.sandbox.addWorkspace();
    const channel = other.addChannel({ platformId: 'whatsapp' });
    other.addContact({ identifiers: [{ key: 'phonenumber', value: PHONE }] });
    world.guard.reload({
      [world.workspace.id]: world.workspaceOptions,
      [other.id]: { ...world.workspaceOptions, accessKey: other.accessKey },
    });
    world.customerWrites();
    expect((await world.guard.check(world.send())).action).toBe('send');
    const elsewhere = world.send({ workspaceId: other.id, channelId: channel.id });
    expect((await world.guard.check(elsewhere)).action).toBe('block');
    // The channel of the one with the workspace of the other leads nowhere.
    expect((await world.guard.check(world.send({ channelId: channel.id }))).decision.reason).toBe('channel_not_found');
  });
});
