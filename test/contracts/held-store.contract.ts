import { randomUUID } from 'node:crypto';
import type { HeldMessage, HeldStore, WindowKey } from 'freeform-guard';
import { describe, expect, it } from 'vitest';

const WORKSPACE = '11111111-1111-4111-8111-111111111111';
const CHANNEL = '22222222-2222-4222-8222-222222222221';
const AT = Date.UTC(2026, 0, 5, 9);

export const windowKey = (change: Partial<WindowKey> = {}): WindowKey => ({
  workspaceId: WORKSPACE,
  channelId: CHANNEL,
  address: '+31612345678',
  ...change,
});

export function heldMessage(change: Partial<HeldMessage> = {}): HeldMessage {
  const { id = randomUUID(), reference = id } = change;
  return {
    ...windowKey(),
    id,
    reference,
    contact: { identifierKey: 'phonenumber', identifierValue: '+31612345678' },
    message: { body: { type: 'text', text: { text: 'Hello 👋🏽\n' } }, reference, tags: ['a'] },
    heldAt: AT,
    expiresAt: AT + 1000,
    ...change,
  };
}

/** Other windows. Each differs from `windowKey()` in one part. */
const others: readonly WindowKey[] = [
  windowKey({ workspaceId: '11111111-1111-4111-8111-111111111112' }),
  windowKey({ channelId: '22222222-2222-4222-8222-222222222222' }),
  windowKey({ address: '+31612345679' }),
  windowKey({ address: ' id:33333333-3333-4333-8333-333333333333' }),
];

/**
 * What every store of held messages must do.
 *
 * @param create returns a new, empty store
 */
export function describeHeldStore(name: string, create: () => HeldStore | Promise<HeldStore>): void {
  describe(`${name} as a store of held messages`, () => {
    it('is empty at first', async () => {
      const store = await create();
      expect([await store.list(windowKey()), await store.windows(WORKSPACE)]).toEqual([[], []]);
    });

    it('returns messages complete and in order', async () => {
      const store = await create();
      const messages = [heldMessage(), heldMessage(), heldMessage({ conversationId: CHANNEL })];
      for (const message of messages) expect(await store.add(message, 20)).toBe('added');
      expect(await store.list(windowKey())).toEqual(messages);
    });

    it('keeps windows apart', async () => {
      const store = await create();
      const messages = others.map((key) => heldMessage({ ...key }));
      for (const message of messages) await store.add(message, 20);
      expect(await store.list(windowKey())).toEqual([]);
      for (const [index, key] of others.entries()) expect(await store.list(key)).toEqual([messages[index]]);
    });

    it('lists the windows of a workspace that have messages, and no others', async () => {
      const store = await create();
      for (const key of [windowKey(), windowKey(), ...others]) await store.add(heldMessage({ ...key }), 20);
      const names = (keys: readonly WindowKey[]): string[] => keys.map((key) => `${key.channelId} ${key.address}`);
      const expected = [windowKey(), ...others.slice(1)];
      expect(names(await store.windows(WORKSPACE)).toSorted()).toEqual(names(expected).toSorted());
      for (const message of await store.list(windowKey())) await store.remove(message);
      expect(names(await store.windows(WORKSPACE)).toSorted()).toEqual(names(others.slice(1)).toSorted());
    });

    it.each([
      [1, 'full'],
      [2, 'full'],
      [3, 'added'],
    ])('with two messages and room for %i returns %s', async (max, expected) => {
      const store = await create();
      await store.add(heldMessage(), 20);
      await store.add(heldMessage(), 20);
      expect(await store.add(heldMessage(), max)).toBe(expected);
      expect(await store.list(windowKey())).toHaveLength(expected === 'added' ? 3 : 2);
    });

    it.each<[string, Partial<HeldMessage>]>([
      ['another text', { message: { body: { type: 'text', text: { text: 'Bye' } }, reference: 'order-1' } }],
      ['another kind of content', { message: { body: { type: 'image' }, reference: 'order-1' } }],
      ['another contact', { contact: { id: '33333333-3333-4333-8333-333333333333' } }],
      ['another conversation', { conversationId: CHANNEL }],
    ])('keeps messages with the same reference and %s separately (field B2)', async (_, change) => {
      const store = await create();
      const messages = [
        heldMessage({ reference: 'order-1' }),
        heldMessage({ reference: 'order-1', ...change }),
      ] as const;
      for (const message of messages) expect(await store.add(message, 20)).toBe('added');
      expect(await store.list(windowKey())).toEqual(messages);
      for (const message of messages) {
        expect(await store.add({ ...message, id: randomUUID() }, 20)).toEqual(message);
      }
    });

    it('recognises the same content, whatever the order of its keys (field B2)', async () => {
      const store = await create();
      const first = heldMessage({ reference: 'order-1' });
      await store.add(first, 20);
      const turned = Object.fromEntries(Object.entries(first.message).reverse());
      expect(await store.add({ ...first, id: randomUUID(), message: turned }, 20)).toEqual(first);
    });

    it('keeps a queue paused until it is resumed (field B8)', async () => {
      const store = await create();
      await store.add(heldMessage(), 20);
      expect(await store.isPaused?.(windowKey())).toBe(false);
      for (let times = 0; times < 2; times += 1) await store.pause?.(windowKey());
      expect(await store.isPaused?.(windowKey())).toBe(true);
      expect(await store.isPaused?.(others[2] ?? windowKey())).toBe(false);
      await store.resume?.(windowKey());
      await store.resume?.(others[2] ?? windowKey());
      expect(await store.isPaused?.(windowKey())).toBe(false);
    });

    it('keeps the first message per reference, content and window, even if the queue is full', async () => {
      const store = await create();
      const first = heldMessage({ reference: 'order-1' });
      await store.add(first, 1);
      expect(await store.add(heldMessage({ reference: 'order-1' }), 1)).toEqual(first);
      expect(await store.add(heldMessage({ ...others[2], reference: 'order-1' }), 1)).toBe('added');
      expect(await store.list(windowKey())).toEqual([first]);
    });

    it('removes one message, even repeatedly, and leaves the others in order', async () => {
      const store = await create();
      const messages = [heldMessage(), heldMessage(), heldMessage()] as const;
      for (const message of messages) await store.add(message, 20);
      for (let times = 0; times < 3; times += 1) await store.remove(messages[1]);
      await store.remove(heldMessage());
      expect(await store.list(windowKey())).toEqual([messages[0], messages[2]]);
      expect(await store.add(messages[1], 20)).toBe('added');
      expect(await store.list(windowKey())).toEqual([messages[0], messages[2], messages[1]]);
    });

    it('locks a queue for one owner, who may extend the lock, until it is unlocked', async () => {
      const store = await create();
      expect(await store.lock(windowKey(), 'one', Date.now() + 60_000)).toBe(true);
      expect(await store.lock(windowKey(), 'one', Date.now() + 60_000)).toBe(true);
      await store.unlock(windowKey(), 'one');
      expect(await store.lock(windowKey(), 'other', Date.now() + 60_000)).toBe(true);
    });

    it('grants one nudge per window, and another after the reply', async () => {
      const store = await create();
      expect([await store.claimNudge(windowKey()), await store.claimNudge(windowKey())]).toEqual([true, false]);
      expect(await store.claimNudge(others[2] ?? windowKey())).toBe(true);
      await store.endNudge(windowKey());
      await store.endNudge(windowKey());
      expect([await store.claimNudge(windowKey()), await store.claimNudge(windowKey())]).toEqual([true, false]);
    });
  });
}
