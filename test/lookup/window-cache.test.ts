import { expect, it } from 'vitest';
import type { WindowEvidence } from '../../src/core/service-window.js';
import { ContactIdCache } from '../../src/lookup/contact-id-cache.js';
import { ContactLinks } from '../../src/lookup/contact-links.js';
import { WindowCache } from '../../src/lookup/window-cache.js';
import type { Lookup, Store } from '../../src/ports.js';
import { createClock } from '../../src/sandbox/clock.js';
import { memoryCache, memoryLinks } from '../../src/stores/memory-store.js';
import { deferred, turns } from '../guard/support.js';

const key = { workspaceId: 'w', channelId: 'c', address: '+31612345678' };
const options = {
  patience: { readMs: 800, wait: undefined },
  trustMs: 86_400_000,
  windowMs: 86_400_000,
  trustsPermanentSession: true,
  notFoundIsClosed: false,
};

it('counts evidence that arrives while a slow store is asked about the contact, after Bird has said closed', async () => {
  const clock = createClock(1_000);
  const slow = deferred<undefined>();
  let arrived: WindowEvidence | undefined;
  const store: Store = {
    get: ({ address }) => (address === key.address ? arrived : slow.promise),
    merge: () => {},
    forget: () => {},
  };
  const lookup: Lookup = {
    channel: async () => ({ platformId: 'whatsapp', status: 'active', capabilities: undefined }),
    contactId: async () => 'k',
    conversation: async () => ({ channelId: 'c', contacts: [] }),
    identifiers: async () => [],
    window: async () => ({ serviceWindowExpireAt: null, isPermanentSession: false }),
  };
  const contactIds = new ContactIdCache({ lookup, cache: memoryCache({ max: 10 }), clock });
  const missingContacts = memoryCache<{ readonly at: number }>({ max: 10 });
  const links = new ContactLinks({ links: memoryLinks({ max: 10 }), lone: memoryCache({ max: 10 }) });
  const otherSpelling = (): undefined => undefined;
  const windows = new WindowCache({
    lookup,
    contactIds,
    links,
    otherSpelling,
    store,
    missingContacts,
    clock,
    now: () => clock.now(),
  });
  const answer = windows.read({ key, contactId: 'k', sentTo: key.address }, options, () => false);
  await turns();
  arrived = { lastInboundAt: 1_000 };
  slow.resolve(undefined);
  expect(await answer).toMatchObject({ lastInboundAt: 1_000 });
});
