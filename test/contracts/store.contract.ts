import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeEvidence, type WindowEvidence } from '../../src/core/service-window.js';
import type { Store, WindowKey } from '../../src/ports.js';

const WORKSPACE = '11111111-1111-4111-8111-111111111111';
const OTHER_WORKSPACE = '11111111-1111-4111-8111-111111111112';
const CHANNEL = '22222222-2222-4222-8222-222222222221';
const OTHER_CHANNEL = '22222222-2222-4222-8222-222222222222';
const AT = Date.UTC(2026, 0, 5, 9);

const key = (change: Partial<WindowKey> = {}): WindowKey => ({
  workspaceId: WORKSPACE,
  channelId: CHANNEL,
  address: '+31612345678',
  ...change,
});

/** Evidence without undefined fields, which have no meaning. */
async function read(store: Store, where: WindowKey): Promise<WindowEvidence | undefined> {
  const evidence = await store.get(where);
  return (
    evidence && (Object.fromEntries(Object.entries(evidence).filter(([, value]) => value !== undefined)) as object)
  );
}

/**
 * What every store must do.
 *
 * @param create returns a new, empty store with room for a few hundred windows
 */
export function describeStore(name: string, create: () => Store | Promise<Store>): void {
  describe(`${name} as a store`, () => {
    it('is empty at first', async () => {
      expect(await (await create()).get(key())).toBeUndefined();
    });

    it('returns what was merged', async () => {
      const store = await create();
      const evidence = { expiresAt: AT, lastInboundAt: AT + 1, refusedAt: AT + 2, permanentUntil: AT + 3 };
      await store.merge(key(), evidence);
      expect(await read(store, key())).toEqual(evidence);
    });

    it('merges: a smaller value never replaces a larger one, and one field hides no other', async () => {
      const store = await create();
      await store.merge(key(), { expiresAt: AT });
      await store.merge(key(), { expiresAt: AT - 1, refusedAt: AT });
      await store.merge(key(), { refusedAt: AT - 1, lastInboundAt: AT });
      await store.merge(key(), { expiresAt: undefined });
      await store.merge(key(), {});
      expect(await read(store, key())).toEqual({ expiresAt: AT, refusedAt: AT, lastInboundAt: AT });
    });

    it('shares no object with its caller', async () => {
      const store = await create();
      const evidence = { expiresAt: AT };
      await store.merge(key(), evidence);
      evidence.expiresAt = AT + 1;
      expect(await read(store, key())).toEqual({ expiresAt: AT });
      const where = { ...key() };
      await store.merge(where, { lastInboundAt: AT });
      where.address = '+31600000000';
      expect(await store.get(where)).toBeUndefined();
    });

    it.each([
      ['workspaces', { workspaceId: OTHER_WORKSPACE }],
      ['channels', { channelId: OTHER_CHANNEL }],
      ['addresses', { address: '+31612345679' }],
      ['an address and an id', { address: ' id:+31612345678' }],
    ])('scenario 25, 26: keeps two %s apart', async (_, change) => {
      const store = await create();
      await store.merge(key(), { expiresAt: AT });
      expect(await store.get(key(change))).toBeUndefined();
      await store.merge(key(change), { expiresAt: AT + 5 });
      expect([await read(store, key()), await read(store, key(change))]).toEqual([
        { expiresAt: AT },
        { expiresAt: AT + 5 },
      ]);
    });

    it('keeps windows apart whose keys are equal when concatenated [S4]', async () => {
      const store = await create();
      const separators = ['', ' ', ':', '|', '/', '\0', '{', '}', '.', ','];
      for (const separator of separators) {
        const one = key({ workspaceId: 'a', channelId: `b${separator}c`, address: 'd' });
        const other = key({ workspaceId: 'a', channelId: 'b', address: `c${separator}d` });
        const third = key({ workspaceId: `a${separator}b`, channelId: 'c', address: 'd' });
        await store.merge(one, { expiresAt: AT });
        for (const different of [other, third]) expect(await store.get(different)).toBeUndefined();
        await store.forget(one);
      }
    });

    it.each([
      'constructor',
      '__proto__',
      'prototype',
      'toString',
      'hasOwnProperty',
      '*',
      '?',
      '[a-z]',
      '\\',
      '%2B',
      '{x}',
      '張偉',
      'a😀b',
      'x\r\ny',
      'x\0y',
      'x'.repeat(512),
    ])('treats the address %j like any other', async (address) => {
      const store = await create();
      expect(await store.get(key({ address }))).toBeUndefined();
      await store.merge(key(), { expiresAt: AT });
      expect(await store.get(key({ address }))).toBeUndefined();
      await store.merge(key({ address }), { expiresAt: AT + 1 });
      expect(await read(store, key({ address }))).toEqual({ expiresAt: AT + 1 });
      await store.forget(key({ address }));
      expect([await store.get(key({ address })), await read(store, key())]).toEqual([undefined, { expiresAt: AT }]);
      expect(Object.keys(Object.prototype)).toEqual([]);
    });

    it.each([
      ['one window', key(), [key()]],
      ['a channel', { workspaceId: WORKSPACE, channelId: CHANNEL }, [key(), key({ address: 'b' })]],
      [
        'a workspace',
        { workspaceId: WORKSPACE },
        [
          key(),
          key({ address: 'b' }),
          key({ channelId: OTHER_CHANNEL }),
          key({ channelId: OTHER_CHANNEL, address: 'b' }),
        ],
      ],
      [
        'an address in a workspace',
        { workspaceId: WORKSPACE, address: key().address },
        [key(), key({ channelId: OTHER_CHANNEL })],
      ],
      ['what is not there', { workspaceId: 'constructor', channelId: '__proto__' }, []],
      ['what is not there in a channel', { workspaceId: WORKSPACE, channelId: CHANNEL, address: 'nobody' }, []],
    ])('forgets %s and nothing else', async (_, target, forgotten) => {
      const store = await create();
      const all = [WORKSPACE, OTHER_WORKSPACE].flatMap((workspaceId) =>
        [CHANNEL, OTHER_CHANNEL].flatMap((channelId) =>
          [key().address, 'b'].map((address) => ({ workspaceId, channelId, address })),
        ),
      );
      for (const where of all) await store.merge(where, { expiresAt: AT });
      await store.forget(target);
      const left: WindowKey[] = [];
      for (const where of all) if ((await store.get(where)) !== undefined) left.push(where);
      expect(left).toEqual(all.filter((where) => !forgotten.some((gone) => isSame(gone, where))));
    });

    it('accepts evidence about a forgotten window', async () => {
      const store = await create();
      await store.merge(key(), { expiresAt: AT, refusedAt: AT });
      await store.forget(key());
      await store.merge(key(), { expiresAt: AT - 5 });
      expect(await read(store, key())).toEqual({ expiresAt: AT - 5 });
    });

    it('property: any order and any repetition of the same evidence give the same merged evidence', async () => {
      const instant = fc.option(fc.integer({ min: AT, max: AT + 1000 }), { nil: undefined });
      const evidence = fc.record({
        expiresAt: instant,
        lastInboundAt: instant,
        refusedAt: instant,
        permanentUntil: instant,
        optedOutAt: instant,
        optedInAt: instant,
      });
      const property = fc.asyncProperty(
        fc
          .array(evidence, { minLength: 1, maxLength: 6 })
          .chain((all) =>
            fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: 2 * all.length })),
          ),
        async ([all, shuffled]) => {
          const store = await create();
          await Promise.all(shuffled.map((one) => store.merge(key(), one)));
          const merged = all.reduce<WindowEvidence>((sum, one) => mergeEvidence(sum, one), {});
          const known = (await store.get(key())) ?? {};
          for (const field of Object.keys(merged) as (keyof WindowEvidence)[]) {
            expect(known[field]).toBe(merged[field]);
          }
        },
      );
      await fc.assert(property, { numRuns: 50 });
    });
  });
}

function isSame(a: WindowKey, b: WindowKey): boolean {
  return a.workspaceId === b.workspaceId && a.channelId === b.channelId && a.address === b.address;
}
