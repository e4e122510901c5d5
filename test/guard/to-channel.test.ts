import { type SendRequest, toChannel } from 'freeform-guard';
import type { ContactIdentifier } from 'freeform-guard/sandbox';
import { describe, expect, it } from 'vitest';
import { keepSecret } from '../support/canary.js';
import { createRerouteWorld, type RerouteWorld } from '../support/reroute.js';

const MOBILE = '+31655512345';
const onMessenger = { key: 'facebookid-509207435603226', value: '7013888812345678' };
const byNumber = { key: 'phonenumber', value: MOBILE };

/** A customer of a Messenger channel, whose window is closed; what is late goes by SMS. */
async function messengerWorld(platformId = 'sms-messagebird'): Promise<RerouteWorld> {
  const world = await createRerouteWorld(() => 'block', { platformId: 'facebook' });
  keepSecret(MOBILE);
  const other = world.workspace.addChannel({ platformId });
  const onClosed = toChannel({ channels: [other.id] });
  world.guard.reload({ [world.workspace.id]: { ...world.workspaceOptions, onClosed } });
  return world;
}

function addContact({ workspace }: RerouteWorld, identifiers: readonly ContactIdentifier[]): { readonly id: string } {
  return workspace.addContact({ identifiers });
}

const named = ({ key, value }: ContactIdentifier): SendRequest['contact'] => ({
  identifierKey: key,
  identifierValue: value,
});

const listings = ({ sandbox }: RerouteWorld): number =>
  sandbox.requests().filter(({ kind }) => kind === 'identifiers').length;

describe('toChannel finds out whether the contact can be reached there (field B6)', () => {
  it.each<[string, (id: string) => SendRequest['contact']]>([
    ['by the id', (id) => ({ id })],
    ['by the id of Messenger', () => named(onMessenger)],
    ['by both', (id) => ({ id, ...named(onMessenger) })],
  ])('and sends to the number of a contact that is named %s', async (_name, contact) => {
    const world = await messengerWorld();
    const { id } = addContact(world, [onMessenger, byNumber]);
    const { action, sends } = await world.guard.check(world.send({ contact: contact(id) }));
    expect(action).toBe('reroute');
    expect(sends?.[0]?.message.receiver).toEqual({ contacts: [named(byNumber)] });
    expect(listings(world)).toBe(1);
    expect(world.guard.stats().lookups.identifiers).toBe(1);
  });

  it.each<[string, readonly ContactIdentifier[]]>([
    ['no number', [onMessenger]],
    ['an email address alone', [onMessenger, { key: 'emailaddress', value: 'anna@example.com' }]],
    ['no number under that key', [onMessenger, { key: 'phonenumber', value: 'acme-support' }]],
  ])('and reroutes to no SMS who has %s', async (_name, identifiers) => {
    const world = await messengerWorld();
    const { id } = addContact(world, identifiers);
    const outcome = await world.guard.check(world.send({ contact: { id } }));
    expect(outcome).toMatchObject({ action: 'block', declined: ['no_address'] });
  });

  it('by email, too', async () => {
    const world = await messengerWorld('email-sparkpost');
    const address = { key: 'emailaddress', value: 'anna@example.com' };
    const { id } = addContact(world, [onMessenger, byNumber, address]);
    const { sends } = await world.guard.check(world.send({ contact: { id } }));
    expect(sends?.[0]?.message.receiver).toEqual({ contacts: [named(address)] });
  });

  it('and takes the next channel where it is not', async () => {
    const world = await messengerWorld();
    const email = world.workspace.addChannel({ platformId: 'email-sparkpost' });
    const onClosed = toChannel({ channels: [email.id, world.sms.id] });
    world.guard.reload({ [world.workspace.id]: { ...world.workspaceOptions, onClosed } });
    const { id } = addContact(world, [onMessenger, byNumber]);
    const { sends } = await world.guard.check(world.send({ contact: { id } }));
    expect(sends).toMatchObject([{ channelId: world.sms.id }]);
    expect(listings(world)).toBe(1);
  });

  it.each([
    ['fails', { status: 503 }],
    ['is refused', { status: 403 }],
    ['cannot be read', { status: 200, body: { results: [{}] } }],
  ])('and does not guess where the read %s', async (_name, answer) => {
    const world = await messengerWorld();
    const { id } = addContact(world, [onMessenger, byNumber]);
    world.sandbox.setFault(({ kind }) => (kind === 'identifiers' ? answer : undefined));
    const outcome = await world.guard.check(world.send({ contact: { id } }));
    expect(outcome).toMatchObject({ action: 'block', declined: ['address_unresolved'] });
  });

  it('within the time of the decision', async () => {
    const world = await messengerWorld();
    const { id } = addContact(world, [onMessenger, byNumber]);
    world.sandbox.setFault(({ kind }) => (kind === 'identifiers' ? { stall: 'headers' } : undefined));
    const checked = world.guard.check(world.send({ contact: { id } }));
    await expect.poll(() => listings(world)).toBe(1);
    world.sandbox.clock.advance(800);
    expect(await checked).toMatchObject({ action: 'block', decision: { reason: 'service_window_closed' } });
  });

  it('by one read for all that are asked about at once', async () => {
    const world = await messengerWorld();
    const { id } = addContact(world, [onMessenger, byNumber]);
    const sends = Array.from({ length: 5 }, () => world.send({ contact: { id } }));
    const outcomes = await world.guard.checkAll(sends);
    expect(outcomes.map(({ action }) => action)).toEqual(Array(5).fill('reroute'));
    expect(listings(world)).toBeLessThan(3);
  });

  it('by no read where the send names a number', async () => {
    const world = await messengerWorld();
    const { sends } = await world.guard.check(world.send());
    expect(sends?.length).toBe(1);
    expect(listings(world)).toBe(0);
  });
});

describe('toChannel writes to what the message is really sent to (field B14)', () => {
  it.each([
    ['beside another number', { identifierKey: 'phonenumber', identifierValue: '+31687654321' }],
    ['beside the id', {}],
  ])('%s', async (_name, others) => {
    const world = await messengerWorld();
    const { id } = addContact(world, [onMessenger]);
    keepSecret('+31687654321');
    const contact = { id, ...others, platformAddress: MOBILE };
    const { sends } = await world.guard.check(world.send({ contact }));
    expect(sends?.[0]?.message.receiver).toEqual({ contacts: [named(byNumber)] });
  });
});
