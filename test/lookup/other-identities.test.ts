import { describe, expect, it } from 'vitest';
import { addressOfId } from '../../src/core/contact-address.js';
import type { WindowEvidence } from '../../src/core/service-window.js';
import { LookupError } from '../../src/errors.js';
import { ContactIdCache } from '../../src/lookup/contact-id-cache.js';
import { ContactLinks } from '../../src/lookup/contact-links.js';
import { OtherIdentities } from '../../src/lookup/other-identities.js';
import type { IdentifierRef, Lookup, Store, WindowFacts, WindowTarget } from '../../src/ports.js';
import { createClock } from '../../src/sandbox/clock.js';
import { memoryCache, memoryLinks, windowMap } from '../../src/stores/memory-store.js';

const NOW = Date.UTC(2026, 10, 28, 9);
const place = { workspaceId: 'w', channelId: 'c' };
const key = { ...place, address: '+5511987654321' };
const SPELLING = '+551187654321';
const limits = { giveUpAt: NOW + 800, patientMs: undefined };
const identifierOf = (value: string): IdentifierRef => ({ workspaceId: 'w', key: 'phonenumber', value });
const toAddress: WindowTarget = { key, contactId: 'k', identifier: identifierOf(key.address), sentTo: key.address };
const toId: WindowTarget = { key: { ...place, address: addressOfId('k') }, contactId: 'k' };
const closed: WindowFacts = { serviceWindowExpireAt: null, isPermanentSession: false };
const failed = new LookupError('lookup_failed', 'down');
const bug = new TypeError('a bug');

interface Setup {
  readonly spelling?: string;
  /** What was observed, by address. */
  readonly evidence?: Readonly<Record<string, WindowEvidence>>;
  /** The contact of each number, or why the search failed. */
  readonly contacts?: Readonly<Record<string, string | Error>>;
  readonly window?: WindowFacts | Error;
}

function setUp({ spelling, evidence = {}, contacts = {}, window = closed }: Setup = {}) {
  const clock = createClock(NOW);
  const [searched, read, recalled]: [string[], object[], string[]] = [[], [], []];
  const get = ({ address }: { address: string }): WindowEvidence | undefined => {
    recalled.push(address);
    return evidence[address];
  };
  const lookup = {
    contactId: async ({ value }: IdentifierRef) => {
      searched.push(value);
      const found = contacts[value] ?? new LookupError('contact_not_found', 'nobody');
      if (found instanceof Error) throw found;
      return found;
    },
    window: async (ref: object) => {
      read.push(ref);
      if (window instanceof Error) throw window;
      return window;
    },
  } as unknown as Lookup;
  const links = new ContactLinks({ links: memoryLinks({ max: 100 }), lone: windowMap({ max: 10 }) });
  const others = new OtherIdentities({
    lookup,
    contactIds: new ContactIdCache({ lookup, cache: memoryCache({ max: 100 }), clock }),
    links,
    otherSpelling: () => spelling,
    store: { get } as unknown as Store,
  });
  const wroteAt = (target: WindowTarget, foundId?: string) =>
    others.wroteAt(target, foundId, { limits, now: () => NOW });
  return { links, wroteAt, searched, read, recalled };
}

describe('a contact that is written to at an address', () => {
  const wrote = (at: number): WindowEvidence => ({ lastInboundAt: at });

  it('may have written under the id of the send, or that which Bird found', async () => {
    const { wroteAt } = setUp({ evidence: { [addressOfId('k')]: wrote(5), [addressOfId('found')]: wrote(7) } });
    expect(await wroteAt(toAddress)).toBe(5);
    expect(await wroteAt(toAddress, 'found')).toBe(7);
    expect(await wroteAt({ ...toAddress, contactId: undefined })).toBeUndefined();
  });

  it('may have written under the one id that was observed with the address', async () => {
    const { wroteAt, links } = setUp({ evidence: { [addressOfId('linked')]: { contactWroteAt: 6 } } });
    const target = { ...toAddress, contactId: undefined };
    links.note(place, 'linked', key.address);
    expect(await wroteAt(target)).toBe(6);
    links.note(place, 'second', key.address);
    expect(await wroteAt(target)).toBeUndefined();
  });

  it('is looked for under the names that are known, and under each once', async () => {
    const { wroteAt, links, recalled } = setUp({ spelling: SPELLING });
    await wroteAt({ ...toAddress, contactId: undefined });
    expect(recalled).toEqual([SPELLING]);
    recalled.length = 0;
    links.note(place, 'k', key.address);
    await wroteAt(toAddress, 'k');
    expect(recalled).toEqual([addressOfId('k'), SPELLING]);
  });

  it('is nobody by the name of several', async () => {
    const { wroteAt, links } = setUp({ evidence: { [addressOfId('several')]: wrote(6) } });
    links.note(place, 'one', key.address);
    links.note(place, 'two', key.address);
    expect(await wroteAt({ ...toAddress, contactId: undefined })).toBeUndefined();
  });
});

describe('a number that has another spelling', () => {
  it('may have written under that: what was observed costs no read', async () => {
    const { wroteAt, searched } = setUp({ spelling: SPELLING, evidence: { [SPELLING]: { lastInboundAt: 8 } } });
    expect(await wroteAt(toAddress)).toBe(8);
    expect(searched).toEqual([]);
  });

  it('is asked of Bird where nothing was observed: an open window says that the contact wrote', async () => {
    const window = { ...closed, serviceWindowExpireAt: NOW + 1 };
    const { wroteAt, read } = setUp({ spelling: SPELLING, contacts: { [SPELLING]: 'other' }, window });
    expect(await wroteAt(toAddress)).toBe(NOW);
    expect(read).toEqual([{ ...place, contactId: 'other', address: SPELLING }]);
  });

  it.each<[string, Setup]>([
    ['its window is closed', { contacts: { [SPELLING]: 'other' } }],
    ['nobody has it', {}],
    ['the search fails', { contacts: { [SPELLING]: failed } }],
    ['the read fails', { contacts: { [SPELLING]: 'other' }, window: failed }],
  ])('says nothing where %s', async (_, setup) => {
    expect(await setUp({ spelling: SPELLING, ...setup }).wroteAt(toAddress)).toBeUndefined();
  });

  it('hides no mistake of the code', async () => {
    const { wroteAt } = setUp({ spelling: SPELLING, contacts: { [SPELLING]: bug } });
    await expect(wroteAt(toAddress)).rejects.toBe(bug);
  });

  it('is searched only where the send names a number', async () => {
    const { wroteAt, searched } = setUp({ spelling: SPELLING });
    expect(await wroteAt({ ...toAddress, identifier: { ...identifierOf('x'), key: 'emailaddress' } })).toBeUndefined();
    expect(await wroteAt({ ...toAddress, identifier: undefined })).toBeUndefined();
    expect(searched).toEqual([]);
  });

  it('costs nothing where there is none', async () => {
    const { wroteAt, searched } = setUp();
    await wroteAt(toAddress);
    expect(searched).toEqual([]);
  });
});

describe('a contact that is written to by its id alone', () => {
  const lone = (address: string, at = NOW) => ({ address, at, identifier: identifierOf(address) });

  it('may be the one who wrote from an address a moment ago, while nobody knows whose that is', async () => {
    const { wroteAt, links } = setUp();
    links.noteLone(place, lone('a', NOW - 120_000));
    expect(await wroteAt(toId)).toBe(NOW - 120_000);
  });

  it.each([
    ['of another', { a: 'other' }],
    ['of this contact: then the window itself is known', { a: 'k' }],
  ])('is not in doubt where the address turns out to be %s', async (_, contacts) => {
    const { wroteAt, links } = setUp({ contacts });
    links.noteLone(place, lone('a'));
    expect(await wroteAt(toId)).toBeUndefined();
    expect(links.contactOf(place, 'a')).toBe(contacts.a);
  });

  it('is not in doubt by a message of long ago: Bird has seen that', async () => {
    const { wroteAt, links, searched } = setUp();
    links.noteLone(place, lone('a', NOW - 120_001));
    expect(await wroteAt(toId)).toBeUndefined();
    expect(searched).toEqual([]);
  });

  it('is in doubt by the latest message whose owner is not found', async () => {
    const { wroteAt, links } = setUp({ contacts: { c: 'other', b: failed } });
    for (const [index, address] of ['a', 'b', 'c'].entries()) links.noteLone(place, lone(address, NOW - 10 + index));
    expect(await wroteAt(toId)).toBe(NOW - 9);
  });

  it('has ten owners searched at most, and is in doubt by the rest', async () => {
    const contacts = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`${index}`, 'other']));
    const { wroteAt, links, searched } = setUp({ contacts });
    for (let index = 0; index < 12; index += 1) links.noteLone(place, lone(`${index}`, NOW - 20 + index));
    expect(await wroteAt(toId)).toBe(NOW - 19);
    expect(searched).toHaveLength(10);
  });

  it('is in doubt by an address that nothing can be searched by', async () => {
    const { wroteAt, links, searched } = setUp();
    links.noteLone(place, { ...lone('a'), identifier: undefined });
    expect(await wroteAt(toId)).toBe(NOW);
    expect(searched).toEqual([]);
  });

  it('needs no search where an address was observed with the id, nor without an id', async () => {
    const { wroteAt, links, searched } = setUp();
    links.noteLone(place, lone('a'));
    expect(await wroteAt({ key })).toBeUndefined();
    links.note(place, 'k', 'x');
    expect(await wroteAt(toId)).toBeUndefined();
    expect(searched).toEqual([]);
  });

  it('hides no mistake of the code', async () => {
    const { wroteAt, links } = setUp({ contacts: { a: bug } });
    links.noteLone(place, lone('a'));
    await expect(wroteAt(toId)).rejects.toBe(bug);
  });
});
