import { describe, expect, it } from 'vitest';
import { ContactLinks } from '../../src/lookup/contact-links.js';
import type { IdentifierRef } from '../../src/ports.js';
import { memoryLinks, windowMap } from '../../src/stores/memory-store.js';

const ref = { workspaceId: 'w', channelId: 'c' };
const elsewhere = { ...ref, channelId: 'd' };
const identifier: IdentifierRef = { workspaceId: 'w', key: 'phonenumber', value: 'a' };
const createLinks = (): ContactLinks =>
  new ContactLinks({ links: memoryLinks({ max: 100 }), lone: windowMap({ max: 10 }) });

describe('an id and an address that were observed together', () => {
  it('lead to each other, on their channel', () => {
    const links = createLinks();
    links.note(ref, 'k', 'a');
    expect([links.addressOf(ref, 'k'), links.contactOf(ref, 'a')]).toEqual(['a', 'k']);
    expect([links.addressOf(elsewhere, 'k'), links.contactOf(elsewhere, 'a')]).toEqual([undefined, undefined]);
  });

  it('lead nowhere once there are several', () => {
    const links = createLinks();
    links.note(ref, 'k', 'a');
    links.note(ref, 'k', 'b');
    expect(links.addressOf(ref, 'k')).toBe('several');
    links.note(ref, 'l', 'a');
    expect(links.contactOf(ref, 'a')).toBe('several');
  });

  it.each([
    ['the id', ['k', undefined], [undefined, 'k']],
    ['the address', [undefined, 'a'], ['a', undefined]],
    ['both', ['k', 'a'], [undefined, undefined]],
    ['nothing', [undefined, undefined], ['a', 'k']],
  ] as const)('are parted where %s is forgotten', (_, [id, address], left) => {
    const links = createLinks();
    links.note(ref, 'k', 'a');
    links.drop(ref, id, address);
    expect([links.addressOf(ref, 'k'), links.contactOf(ref, 'a')]).toEqual(left);
  });
});

describe('forget', () => {
  it.each([
    ['a channel', ref, [undefined, 'a', 'a']],
    ['a workspace', { workspaceId: 'w' }, [undefined, undefined, 'a']],
    ['another channel', { ...ref, channelId: 'e' }, ['a', 'a', 'a']],
  ])('of %s leaves neither links nor addresses of it', (_, target, left) => {
    const links = createLinks();
    const refs = [ref, elsewhere, { ...ref, workspaceId: 'v' }];
    for (const one of refs) {
      links.note(one, 'k', 'a');
      links.noteLone(one, { address: 'b', at: 1, identifier });
    }
    links.forget(target);
    expect(refs.map((one) => links.addressOf(one, 'k'))).toEqual(left);
    expect(refs.map((one) => links.contactOf(one, 'a'))).toEqual(left.map((one) => one && 'k'));
    expect(refs.map((one) => links.loneSince(one, 0).length)).toEqual(left.map((one) => (one ? 1 : 0)));
  });
});

describe('a message from an address alone', () => {
  const lone = (address: string, at: number) => ({ address, at, identifier });

  it('is kept for replies by id, the latest first, on its channel', () => {
    const links = createLinks();
    for (const [index, address] of ['a', 'b', 'c'].entries()) links.noteLone(ref, lone(address, index));
    expect(links.loneSince(ref, 1).map(({ address }) => address)).toEqual(['c', 'b']);
    expect(links.loneSince(elsewhere, 0)).toEqual([]);
  });

  it('counts once for each address, as late as the last', () => {
    const links = createLinks();
    links.noteLone(ref, lone('a', 1));
    links.noteLone(ref, lone('b', 2));
    links.noteLone(ref, lone('a', 3));
    expect(links.loneSince(ref, 0)).toEqual([lone('a', 3), lone('b', 2)]);
  });

  it('is none once it is known whose the address is', () => {
    const links = createLinks();
    links.noteLone(ref, lone('a', 1));
    links.note(ref, 'k', 'a');
    expect(links.loneSince(ref, 0)).toEqual([]);
    links.noteLone(ref, lone('a', 2));
    expect(links.loneSince(ref, 0)).toEqual([]);
  });

  it('gives way to later ones after a thousand', () => {
    const links = createLinks();
    for (let index = 0; index <= 1_000; index += 1) links.noteLone(ref, lone(`${index}`, index));
    const kept = links.loneSince(ref, 0);
    expect([kept.length, kept[0]?.address, kept.at(-1)?.address]).toEqual([1_000, '1000', '1']);
  });
});
