import fc from 'fast-check';
import { memoryStore } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { addressOfId, isAddressOfId } from '../../src/core/contact-address.js';
import { latest, mergeEvidence, type WindowEvidence } from '../../src/core/service-window.js';
import type { Links, Store, WindowKey } from '../../src/ports.js';
import { linksOf, memoryLinks } from '../../src/stores/memory-store.js';

const ref = { workspaceId: 'w', channelId: 'c' };
const keyOf = (address: string): WindowKey => ({ ...ref, address });

function createStore(max?: number): Store & { readonly links: Links } {
  const store = memoryStore({ max });
  return { ...store, links: linksOf(store) ?? memoryLinks({ max: 1 }) };
}

/** Every name has a window and a link of its own. */
class SeparateWindows {
  readonly evidence = new Map<string, WindowEvidence>();
  readonly links = new Map<string, string>();
  /** When the contact was seen to write, under whatever address. */
  readonly messages = new Set<number>();

  merge(name: string, evidence: WindowEvidence): void {
    this.evidence.set(name, mergeEvidence(this.evidence.get(name) ?? {}, evidence));
    const wroteAt = latest(evidence.lastInboundAt, evidence.contactWroteAt);
    if (wroteAt !== undefined) this.messages.add(wroteAt);
  }

  note(one: string, other: string): void {
    const known = this.links.get(one);
    this.links.set(one, known === undefined || known === other ? other : 'several');
  }
}

describe('an id and an address that were observed together', () => {
  const names = { id: ['x', 'y', 'z'].map(addressOfId), address: ['a', 'b', 'c'] };
  const step = fc.record({
    action: fc.constantFrom('merge', 'merge', 'merge', 'note', 'note', 'drop'),
    id: fc.constantFrom(...names.id),
    address: fc.constantFrom(...names.address),
    isById: fc.boolean(),
    evidence: fc.constantFrom<(at: number) => WindowEvidence>(
      (at) => ({ lastInboundAt: at }),
      (at) => ({ contactWroteAt: at }),
      (at) => ({ refusedAt: at }),
      (at) => ({ expiresAt: at, readFor: 'x' }),
      (at) => ({ contactWroteAt: at, doubtedAt: at + 1 }),
    ),
    at: fc.integer({ min: 1, max: 9 }),
  });

  it('property: keep their evidence and their links as if each had a window of its own', () => {
    const property = fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const store = createStore();
      const model = new SeparateWindows();
      for (const { action, id, address, isById, evidence, at } of steps) {
        const name = isById ? id : address;
        if (action === 'merge') {
          store.merge(keyOf(name), evidence(at));
          model.merge(name, evidence(at));
        } else if (action === 'drop') {
          store.links.drop(keyOf(name));
          model.links.delete(name);
        } else {
          store.links.note(ref, id, address);
          model.note(id, address);
          model.note(address, id);
        }
      }
      const all = [...names.id, ...names.address];
      expect(all.map((name) => store.links.other(keyOf(name)))).toEqual(all.map((name) => model.links.get(name)));
      for (const name of all) {
        const { contactWroteAt = 0, ...known } = (store.get(keyOf(name)) as WindowEvidence | undefined) ?? {};
        const { contactWroteAt: expected = 0, ...others } = model.evidence.get(name) ?? {};
        expect(known).toEqual(others);
        // An id may know more: when one of its addresses was seen to write.
        const isMore = isAddressOfId(name) && contactWroteAt > expected && model.messages.has(contactWroteAt);
        if (!isMore) expect(contactWroteAt).toBe(expected);
      }
    });
    fc.assert(property, { numRuns: 500 });
  });

  const id = addressOfId('x');

  it('are one window: what the address knows of a message, the id knows', () => {
    const store = createStore();
    store.links.note(ref, id, 'a');
    store.merge(keyOf('a'), { lastInboundAt: 5 });
    store.merge(keyOf(id), { contactWroteAt: 5 });
    expect(store.get(keyOf(id))).toMatchObject({ contactWroteAt: 5, lastInboundAt: undefined });
    // And still does when the two are found not to belong together.
    store.links.drop(keyOf('a'));
    store.forget(keyOf('a'));
    expect([store.get(keyOf('a')), store.get(keyOf(id))]).toMatchObject([undefined, { contactWroteAt: 5 }]);
  });

  it('are forgotten and evicted together', () => {
    const store = createStore(2);
    for (const [name, address] of [['x', 'a'] as const, ['y', 'b'] as const]) {
      store.links.note(ref, addressOfId(name), address);
      store.merge(keyOf(address), { lastInboundAt: 1 });
    }
    // A use by the id is a use.
    expect(store.get(keyOf(id))).toBeDefined();
    store.merge(keyOf('c'), { lastInboundAt: 1 });
    expect(['a', id, 'b', addressOfId('y')].map((name) => store.get(keyOf(name)) !== undefined)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(store.links.other(keyOf(addressOfId('y')))).toBeUndefined();
    store.forget(ref);
    expect([id, 'a'].map((name) => store.get(keyOf(name)) ?? store.links.other(keyOf(name)))).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('the id alone is forgotten without its address', () => {
    const store = createStore();
    store.links.note(ref, id, 'a');
    store.merge(keyOf('a'), { lastInboundAt: 5 });
    store.forget(keyOf(id));
    expect([store.get(keyOf(id)), store.get(keyOf('a'))]).toMatchObject([undefined, { lastInboundAt: 5 }]);
  });

  it('take room for one, and what an id knows for itself takes none from other customers', () => {
    const max = 50;
    const store = createStore(max);
    for (let index = 0; index < max; index += 1) {
      store.links.note(ref, addressOfId(`id ${index}`), `address ${index}`);
      store.merge(keyOf(`address ${index}`), { lastInboundAt: 1, refusedAt: 2 });
      store.merge(keyOf(addressOfId(`id ${index}`)), { contactWroteAt: 1, refusedAt: 2 });
    }
    const known = Array.from({ length: max }, (_, index) => [
      store.get(keyOf(`address ${index}`)),
      store.get(keyOf(addressOfId(`id ${index}`))),
    ]).flat();
    expect(known.filter((evidence) => (evidence as WindowEvidence | undefined)?.refusedAt === 2).length).toBe(2 * max);
  });
});
