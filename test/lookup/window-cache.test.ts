import { beforeEach, describe, expect, it } from 'vitest';
import { addressOfId } from '../../src/core/contact-address.js';
import { mergeEvidence, type WindowEvidence } from '../../src/core/service-window.js';
import { LookupError } from '../../src/errors.js';
import { ContactIdCache } from '../../src/lookup/contact-id-cache.js';
import { ContactLinks } from '../../src/lookup/contact-links.js';
import { WindowCache, type WindowReadOptions } from '../../src/lookup/window-cache.js';
import type { IdentifierRef, Lookup, ReadLimits, Store, WindowFacts, WindowTarget } from '../../src/ports.js';
import { createClock } from '../../src/sandbox/clock.js';
import { memoryCache, memoryLinks, windowMap } from '../../src/stores/memory-store.js';
import { deferred, turns } from '../guard/support.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 10, 28, 9);
const key = { workspaceId: 'w', channelId: 'c', address: '+31612345678' };
const byIdKey = { ...key, address: addressOfId('k') };
const identifier: IdentifierRef = { workspaceId: 'w', key: 'phonenumber', value: key.address };
const options: WindowReadOptions = {
  patience: { readMs: 800, wait: undefined },
  trustMs: DAY,
  windowMs: DAY,
  trustsPermanentSession: true,
  notFoundIsClosed: false,
};

/** To an address, of a contact that is known by its id too. */
const both: WindowTarget = { key, contactId: 'k', identifier, sentTo: key.address };
const addressAlone: WindowTarget = { key, identifier, sentTo: key.address };
const idAlone: WindowTarget = { key: byIdKey, contactId: 'k' };

const closed: WindowFacts = { serviceWindowExpireAt: null, isPermanentSession: false };
const openUntil = (serviceWindowExpireAt: number): WindowFacts => ({ ...closed, serviceWindowExpireAt });
/** Another for each test: vitest changes an error that a test throws. */
let notFound: LookupError;
beforeEach(() => {
  notFound = new LookupError('contact_not_found', 'nobody');
});

/** A store that answers at once, or by promises as one across a network does. */
class FakeStore implements Store {
  readonly evidence = new Map<string, WindowEvidence>();
  readonly asked: string[] = [];
  readonly #isSlow: boolean;

  constructor(isSlow: boolean) {
    this.#isSlow = isSlow;
  }

  get({ address }: { address: string }): WindowEvidence | undefined | Promise<WindowEvidence | undefined> {
    this.asked.push(address);
    const known = this.evidence.get(address);
    return this.#isSlow ? Promise.resolve(known) : known;
  }

  merge({ address }: { address: string }, evidence: WindowEvidence): void {
    this.evidence.set(address, mergeEvidence(this.evidence.get(address) ?? {}, evidence));
  }

  forget(): void {}
}

interface Setup {
  readonly isSlow?: boolean;
  /** What Bird says of a window, one read after the other; the last for all that follow. */
  readonly answers?: readonly (WindowFacts | Error)[];
  /** How far Bird's clock is ahead of this one, in ms. */
  readonly aheadMs?: number;
  /** Another number under which the phone may be known. */
  readonly spelling?: string;
}

function setUp({ isSlow = false, answers = [closed], aheadMs = 0, spelling }: Setup = {}) {
  const clock = createClock(NOW);
  const store = new FakeStore(isSlow);
  const asked: object[] = [];
  const searched: IdentifierRef[] = [];
  const lookup = {
    contactId: async (ref: IdentifierRef) => {
      searched.push(ref);
      return 'k';
    },
    window: async (ref: object) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      asked.push(ref);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  } as unknown as Lookup;
  const links = new ContactLinks({ links: memoryLinks({ max: 10 }), lone: windowMap({ max: 10 }) });
  const windows = new WindowCache({
    lookup,
    contactIds: new ContactIdCache({ lookup, cache: memoryCache({ max: 10 }), clock }),
    links,
    otherSpelling: () => spelling,
    store,
    missingContacts: memoryCache({ max: 10 }),
    clock,
    now: () => clock.now() + aheadMs,
  });
  const read = (target: WindowTarget, more: Partial<WindowReadOptions> = {}) =>
    windows.read(target, { ...options, ...more }, () => false);
  return { clock, store, asked, searched, links, windows, lookup, read };
}

describe.each([false, true])('what is remembered of a window (store across a network: %o)', (isSlow) => {
  it('is that of the address, and what the id has against it', async () => {
    const { windows, store } = setUp({ isSlow });
    store.merge(key, { lastInboundAt: 5 });
    store.merge(byIdKey, { refusedAt: 7, lastInboundAt: 9 });
    expect(await windows.recallFor(both)).toMatchObject({ lastInboundAt: 5, refusedAt: 7 });
    expect(await windows.recallFor(addressAlone)).toMatchObject({ lastInboundAt: 5 });
    expect((await windows.recallFor(addressAlone))?.refusedAt).toBeUndefined();
  });

  it('is that of the id, for a send by id alone, with that of the one address that was observed with it', async () => {
    const { windows, store, links } = setUp({ isSlow });
    store.merge(byIdKey, { lastInboundAt: 5 });
    store.merge(key, { lastInboundAt: 9 });
    expect(await windows.recallFor(idAlone)).toMatchObject({ lastInboundAt: 5 });
    links.note(key, 'k', key.address);
    expect(await windows.recallFor(idAlone)).toMatchObject({ lastInboundAt: 9 });
  });

  it('is that of the id alone, if it was observed with several addresses', async () => {
    const { windows, store, links } = setUp({ isSlow });
    store.merge(key, { lastInboundAt: 9 });
    links.note(key, 'k', key.address);
    links.note(key, 'k', '+31687654321');
    store.merge({ address: 'several' }, { lastInboundAt: 9 });
    expect(await windows.recallFor(idAlone)).toBeUndefined();
  });
});

it('costs no promise where the store answers at once, and no question that is not needed', () => {
  const { windows, store, links } = setUp();
  const askedFor = (target: WindowTarget): readonly string[] => {
    store.asked.length = 0;
    expect(windows.recallFor(target)).not.toBeInstanceOf(Promise);
    return store.asked;
  };
  expect(askedFor(both)).toEqual([key.address, byIdKey.address]);
  expect(askedFor(addressAlone)).toEqual([key.address]);
  expect(askedFor({ key })).toEqual([key.address]);
  expect(askedFor(idAlone)).toEqual([byIdKey.address]);
  links.note(key, 'k', key.address);
  expect(askedFor(idAlone)).toEqual([byIdKey.address, key.address]);
  expect(askedFor(both)).toEqual([key.address, byIdKey.address]);
});

it('waits for a store of which one part answers at once', async () => {
  const { windows, store, links } = setUp();
  store.merge(key, { lastInboundAt: 5 });
  store.merge(byIdKey, { refusedAt: 7 });
  links.note(key, 'k', key.address);
  const get = store.get.bind(store);
  for (const slow of [key.address, byIdKey.address]) {
    store.get = (ref) => (ref.address === slow ? Promise.resolve(get(ref)) : get(ref));
    expect(await windows.recallFor(both)).toMatchObject({ lastInboundAt: 5, refusedAt: 7 });
    expect(await windows.recallFor(idAlone)).toMatchObject({ lastInboundAt: 5, refusedAt: 7 });
  }
});

describe('a read', () => {
  it('asks for the contact by its id, at the address that the message goes to', async () => {
    const { read, asked, searched } = setUp();
    await read(both);
    expect(asked).toEqual([{ ...key, contactId: 'k', address: key.address }]);
    expect(searched).toEqual([]);
    await read(idAlone);
    expect(asked[1]).toEqual({ ...byIdKey, contactId: 'k', address: undefined });
  });

  it('searches a contact that is known by its address alone, and remembers its id', async () => {
    const { read, asked, searched } = setUp();
    await read(addressAlone);
    await read(addressAlone);
    expect(searched).toEqual([identifier]);
    expect(asked).toMatchObject([{ contactId: 'k' }, { contactId: 'k' }]);
  });

  it('is impossible of a contact that nothing names', async () => {
    const { read, asked } = setUp();
    await expect(read({ key })).rejects.toMatchObject({ code: 'address_unresolved' });
    expect(asked).toEqual([]);
  });

  it('is under way as long as Bird has not answered, and for that window alone', async () => {
    const { read, windows } = setUp();
    const reading = read(both);
    expect(windows.isBeingRead(both)).toBe(true);
    expect(windows.isBeingRead({ ...both, contactId: 'other' })).toBe(false);
    expect(windows.isBeingRead({ ...both, key: { ...key, channelId: 'other' } })).toBe(false);
    expect(windows.isBeingRead(idAlone)).toBe(false);
    await reading;
    expect(windows.isBeingRead(both)).toBe(false);
  });

  it('is shared only for a contact that is named in the same way', async () => {
    const { windows, asked } = setUp();
    const share = (target: WindowTarget) => windows.read(target, options, () => true);
    const mail = { ...identifier, key: 'emailaddress' };
    await Promise.all([share(addressAlone), share({ ...addressAlone, identifier: mail }), share(both), share(both)]);
    expect(asked).toHaveLength(3);
  });

  it('is never shared with a contact whose name only reads the same', async () => {
    const { windows, asked } = setUp();
    const share = (by: string, address: string) =>
      windows.read(
        { key: { ...key, address }, identifier: { ...identifier, key: by }, sentTo: address },
        options,
        () => true,
      );
    // Without a separator, both would be read as 21, x, and so on.
    const rest = 'y'.repeat(20);
    await Promise.all([share('1x', `${rest}a`), share(`x${rest}`, 'a')]);
    expect(asked).toHaveLength(2);
  });

  it('has the time of its decision, and answers those who came before Bird was asked', async () => {
    const { windows, lookup } = setUp();
    const search = deferred<string>();
    const asked: ReadLimits[] = [];
    lookup.contactId = () => search.promise;
    lookup.window = async (_ref, limits) => {
      asked.push(limits);
      limits.waiters?.serves(limits.waiters.joined);
      return closed;
    };
    const reads = [windows.read(addressAlone, options, () => false), windows.read(addressAlone, options, () => false)];
    search.resolve('k');
    await Promise.all(reads);
    expect(asked).toMatchObject([{ giveUpAt: NOW + 800 }]);
  });

  it('gives no answer from before they came to those who come while another spelling is looked at', async () => {
    const { windows, lookup, asked } = setUp({
      spelling: '+31012345678',
      answers: [closed, closed, openUntil(NOW + 1)],
    });
    const search = deferred<string>();
    const { contactId, window } = lookup;
    lookup.contactId = (ref, limits) => (ref.value === key.address ? contactId(ref, limits) : search.promise);
    // As across processes: the answer serves all who joined before Bird was asked.
    lookup.window = (ref, limits) => {
      limits.waiters?.serves(limits.waiters.joined);
      return window(ref, limits);
    };
    const first = windows.read(addressAlone, options, () => false);
    await turns();
    const late = windows.read(addressAlone, options, () => false);
    search.resolve('k');
    expect(await first).toMatchObject({ serviceWindowExpireAt: null });
    expect(await late).toMatchObject({ serviceWindowExpireAt: NOW + 1 });
    expect(asked).toMatchObject([key, { address: '+31012345678' }, key]);
  });

  it('counts evidence that arrives while a slow store is asked about the contact, after Bird has said closed', async () => {
    const { windows, store } = setUp();
    const slow = deferred<undefined>();
    const get = store.get.bind(store);
    store.get = (ref) => (ref.address === key.address ? get(ref) : slow.promise);
    const answer = windows.read(both, options, () => false);
    await turns();
    store.merge(key, { lastInboundAt: NOW });
    slow.resolve(undefined);
    expect(await answer).toMatchObject({ lastInboundAt: NOW });
  });
});

describe("Bird's answer", () => {
  it('is joined with what is remembered', async () => {
    const { read, store } = setUp({ answers: [openUntil(NOW + HOUR)] });
    store.merge(key, { lastInboundAt: NOW - 5, refusedAt: NOW - 9 });
    expect(await read(both)).toMatchObject({
      serviceWindowExpireAt: NOW + HOUR,
      isPermanentSession: false,
      lastInboundAt: NOW - 5,
      refusedAt: NOW - 9,
      isInDoubt: false,
    });
  });

  it('that a window is open is remembered until its end; that it is closed is not', async () => {
    const { read, store, clock } = setUp({ answers: [openUntil(NOW + HOUR), closed] });
    await read(addressAlone);
    expect(store.evidence.get(key.address)).toMatchObject({ expiresAt: NOW + HOUR, readFor: undefined });
    store.evidence.clear();
    clock.advance(1);
    await read(addressAlone);
    expect(store.evidence.size).toBe(0);
  });

  it.each([NOW, NOW - HOUR])('that a window has ended is not remembered', async (end) => {
    const { read, store } = setUp({ answers: [openUntil(end)] });
    expect(await read(addressAlone)).toMatchObject({ serviceWindowExpireAt: end });
    expect(store.evidence.size).toBe(0);
  });

  it('is remembered no longer than is trusted, and what no message explains by another name', async () => {
    const { read, store } = setUp({ answers: [openUntil(NOW + 30 * DAY)] });
    await read(addressAlone, { trustMs: 7 * DAY });
    expect(store.evidence.get(key.address)).toMatchObject({ farUntil: NOW + 7 * DAY, expiresAt: undefined });
  });

  it('of a permanent session is trusted for an hour', async () => {
    const { read, store } = setUp({ answers: [{ ...closed, isPermanentSession: true }] });
    expect(await read(addressAlone)).toMatchObject({ isPermanentSession: true, serviceWindowExpireAt: null });
    expect(store.evidence.get(key.address)).toMatchObject({ permanentUntil: NOW + HOUR, expiresAt: undefined });
  });

  it('is dated by the clock of Bird', async () => {
    const { read, store } = setUp({ answers: [{ ...closed, isPermanentSession: true }], aheadMs: 60_000 });
    await read(addressAlone);
    expect(store.evidence.get(key.address)).toMatchObject({ permanentUntil: NOW + 60_000 + HOUR });
  });

  it('counts for others only where Bird knows that the id belongs to the address', async () => {
    const { read, store, links } = setUp({ answers: [openUntil(NOW + HOUR)] });
    await read(both);
    expect(store.evidence.get(key.address)).toMatchObject({ readFor: 'k' });
    store.evidence.clear();
    links.note(key, 'k', key.address);
    await read(both);
    expect(store.evidence.get(key.address)?.readFor).toBeUndefined();
    await read(idAlone);
    expect(store.evidence.get(byIdKey.address)?.readFor).toBeUndefined();
  });

  it('is joined with what was read before for the same contact, and for no other', async () => {
    const { read, store } = setUp();
    store.merge(key, { expiresAt: NOW + HOUR, readFor: 'k' });
    expect((await read(both)).serviceWindowExpireAt).toBe(NOW + HOUR);
    expect((await read({ ...both, contactId: 'other' })).serviceWindowExpireAt).toBeNull();
  });

  it('that lies too far ahead gives way, after a refusal, to a nearer end that is remembered', async () => {
    const { read, store } = setUp({ answers: [openUntil(NOW + 30 * DAY)] });
    store.merge(key, { expiresAt: NOW + HOUR, refusedAt: NOW - DAY });
    expect((await read(addressAlone)).serviceWindowExpireAt).toBe(NOW + HOUR);
  });

  it('tells that the contact wrote under its id alone', async () => {
    const { read, store } = setUp();
    store.merge(byIdKey, { lastInboundAt: NOW - 5 });
    expect(await read(both)).toMatchObject({ contactWroteAt: NOW - 5 });
    const { read: readOpen, store: other } = setUp({ answers: [openUntil(NOW + 1)] });
    other.merge(byIdKey, { lastInboundAt: NOW - 5 });
    // An open window needs no other identity.
    expect((await readOpen(both)).contactWroteAt).toBeUndefined();
  });
});

describe('doubt about a remembered open window', () => {
  const doubted = { lastInboundAt: NOW - HOUR, doubtedAt: NOW - 5 };

  it('stays where Bird does not say open', async () => {
    const { read, store } = setUp();
    store.merge(key, doubted);
    expect((await read(addressAlone)).isInDoubt).toBe(true);
    expect(store.evidence.get(key.address)?.readAt).toBeUndefined();
  });

  it('is lifted where Bird says open, for all reads that began then', async () => {
    const { read, store } = setUp({ answers: [openUntil(NOW + HOUR)] });
    store.merge(key, doubted);
    expect((await read(addressAlone)).isInDoubt).toBe(false);
    expect(store.evidence.get(key.address)?.readAt).toBe(NOW);
  });

  it('is lifted where nothing that is remembered would open it any more', async () => {
    const { read, store } = setUp();
    store.merge(key, { lastInboundAt: NOW - DAY, doubtedAt: NOW - 5 });
    expect((await read(addressAlone)).isInDoubt).toBe(false);
    expect(store.evidence.get(key.address)?.readAt).toBe(NOW);
  });

  it('is none where nothing is doubted', async () => {
    const { read, store } = setUp();
    store.merge(key, { lastInboundAt: NOW - HOUR });
    expect((await read(addressAlone)).isInDoubt).toBe(false);
    expect(store.evidence.get(key.address)?.readAt).toBeUndefined();
  });
});

describe('a contact that Bird does not know', () => {
  const strict = { notFoundIsClosed: true };

  it('is unknown the first time, and closed a second later, where the workspace wants it', async () => {
    const { read, clock } = setUp({ answers: [notFound] });
    await expect(read(both, strict)).rejects.toBe(notFound);
    clock.advance(999);
    await expect(read(both, strict)).rejects.toBe(notFound);
    clock.advance(1);
    expect(await read(both, strict)).toMatchObject({ serviceWindowExpireAt: null, isPermanentSession: false });
    await expect(read(both)).rejects.toBe(notFound);
  });

  it('is asked about twice once more after ten minutes', async () => {
    const { read, clock } = setUp({ answers: [notFound] });
    await expect(read(both, strict)).rejects.toBe(notFound);
    clock.advance(10 * 60_000 - 1);
    expect(await read(both, strict)).toMatchObject({ serviceWindowExpireAt: null });
    clock.advance(1);
    await expect(read(both, strict)).rejects.toBe(notFound);
  });

  it('is unknown again once Bird has known it meanwhile', async () => {
    const { read, clock } = setUp({ answers: [notFound, closed, notFound] });
    await expect(read(both, strict)).rejects.toBe(notFound);
    clock.advance(1_000);
    await read(both, strict);
    await expect(read(both, strict)).rejects.toBe(notFound);
  });

  it('is searched again by its address: contacts get merged', async () => {
    const { read, searched } = setUp({ answers: [notFound] });
    await expect(read(addressAlone)).rejects.toBe(notFound);
    await expect(read(addressAlone)).rejects.toBe(notFound);
    expect(searched).toHaveLength(2);
  });

  it.each([new LookupError('lookup_failed', 'down'), new TypeError('a bug')])(
    'is no read that fails: %s',
    async (error) => {
      const { read, clock } = setUp({ answers: [error] });
      await expect(read(both, strict)).rejects.toBe(error);
      clock.advance(1_000);
      await expect(read(both, strict)).rejects.toBe(error);
    },
  );
});
