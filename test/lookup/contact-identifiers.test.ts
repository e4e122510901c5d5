import { expect, it } from 'vitest';
import { ContactIdCache } from '../../src/lookup/contact-id-cache.js';
import { ContactIdentifiers } from '../../src/lookup/contact-identifiers.js';
import type { IdentifierRef, Lookup } from '../../src/ports.js';
import { createClock } from '../../src/sandbox/clock.js';
import { memoryCache } from '../../src/stores/memory-store.js';

const limits = { giveUpAt: 0, patientMs: undefined };
const identifier: IdentifierRef = { workspaceId: 'w', key: 'phonenumber', value: 'a' };
const listed = [{ key: 'emailaddress', value: 'b' }];

function setUp() {
  const clock = createClock(1_000_000);
  const [searched, read]: [unknown[], unknown[]] = [[], []];
  const lookup = {
    contactId: async (ref: IdentifierRef) => {
      searched.push(ref.value);
      return `id of ${ref.value}`;
    },
    identifiers: async (ref: object) => {
      read.push(ref);
      return listed;
    },
  } as unknown as Lookup;
  const contactIds = new ContactIdCache({ lookup, cache: memoryCache({ max: 10 }), clock });
  return { clock, searched, read, contactIds, identifiers: new ContactIdentifiers({ lookup, contactIds }) };
}

it('a contact that is named by its id is read, and not searched', async () => {
  const { identifiers, searched, read } = setUp();
  expect(await identifiers.find({ workspaceId: 'w', contactId: 'k', identifier }, limits)).toBe(listed);
  expect([searched, read]).toEqual([[], [{ workspaceId: 'w', contactId: 'k' }]]);
});

it('a contact that is named by an address is searched first', async () => {
  const { identifiers, read } = setUp();
  await identifiers.find({ workspaceId: 'w', identifier }, limits);
  expect(read).toEqual([{ workspaceId: 'w', contactId: 'id of a' }]);
});

it('people get new numbers: a contact is read each time, but once for all who ask at the same time', async () => {
  const { identifiers, read } = setUp();
  const find = (contactId: string) => identifiers.find({ workspaceId: 'w', contactId }, limits);
  await Promise.all([find('k'), find('k'), find('l')]);
  expect(read).toHaveLength(2);
  await find('k');
  expect(read).toHaveLength(3);
});

it('nobody can be found who is not named', async () => {
  const { identifiers } = setUp();
  await expect(identifiers.find({ workspaceId: 'w' }, limits)).rejects.toMatchObject({ code: 'address_unresolved' });
});

it('the id of an address is remembered for ten minutes, or until it is dropped', async () => {
  const { contactIds, clock, searched } = setUp();
  const find = (ref = identifier): Promise<string> => contactIds.find(ref, limits);
  expect(await Promise.all([find(), find()])).toEqual(['id of a', 'id of a']);
  clock.advance(599_999);
  await find();
  expect(searched).toEqual(['a']);
  clock.advance(1);
  await find();
  expect(searched).toEqual(['a', 'a']);
  contactIds.drop(identifier);
  await find();
  expect(searched).toEqual(['a', 'a', 'a']);
});

it('an identifier is never taken for another whose parts read the same', async () => {
  const { contactIds, searched } = setUp();
  await contactIds.find({ workspaceId: 'w', key: 'a b', value: 'c' }, limits);
  await contactIds.find({ workspaceId: 'w', key: 'a', value: 'b c' }, limits);
  expect(searched).toEqual(['c', 'b c']);
});
