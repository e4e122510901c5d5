import { describe, expect, it } from 'vitest';
import { addressOfId } from '../../../src/core/contact-address.js';
import { recalledWindow } from '../../../src/guard/watches/recalled-window.js';
import { fakeCase, HOUR, NOW, whatsapp } from '../fake-workspace.js';

const key = { workspaceId: 'w', channelId: 'c', address: '+31612345678' };
const byId = { ...key, address: addressOfId('k') };
const now = (): number => NOW + 5;
const evidence = { lastInboundAt: NOW - HOUR };
const status = {
  verdict: 'allow',
  reason: 'service_window_open',
  openUntil: NOW + 23 * HOUR - 10_000,
  closedAt: null,
  source: 'memory',
  checkedAt: NOW + 5,
};

describe('a window that somebody watches', () => {
  it('is told as it is remembered, at once or from a store across a network', async () => {
    const { open } = fakeCase({ old: whatsapp, evidence }, { target: { key } });
    expect(recalledWindow(open, now).status).toEqual(status);
    const slow = fakeCase({ old: whatsapp, evidence: Promise.resolve(evidence) }, { target: { key } });
    expect(await recalledWindow(slow.open, now).status).toEqual(status);
  });

  it('has to be asked of where nothing opens it', async () => {
    expect(recalledWindow(fakeCase({ old: whatsapp }).open, now).status).toBeUndefined();
    const slow = fakeCase({ old: whatsapp, evidence: Promise.resolve(undefined) });
    expect(await recalledWindow(slow.open, now).status).toBeUndefined();
  });

  it.each([
    ['its address', { key }, [key]],
    ['its address and its id', { key, contactId: 'k' }, [key, byId]],
    ['its id alone', { key: byId, contactId: 'k' }, [byId]],
  ])('is found by what is observed of %s', (_, target, keys) => {
    expect(recalledWindow(fakeCase({ old: whatsapp }, { target }).open, now).keys).toEqual(keys);
  });

  it('is found by nothing where nobody knows whose it is', () => {
    const nothing = { keys: [], status: undefined };
    expect(recalledWindow(undefined, now)).toEqual(nothing);
    expect(recalledWindow(fakeCase({ old: whatsapp }, { target: 'address_unresolved' }).open, now)).toEqual(nothing);
  });
});
