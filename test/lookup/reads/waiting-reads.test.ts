import { describe, expect, it } from 'vitest';
import { WaitingReads } from '../../../src/lookup/reads/waiting-reads.js';

function setUp() {
  const reads = new WaitingReads();
  const refused: string[] = [];
  /** Adds a read until that instant; its lane and its instant are its name. */
  const add = (lane: string, giveUpAt: number): void =>
    reads.add(lane, {
      giveUpAt,
      admit: () => {},
      refuse: ({ code }) => refused.push(`${lane}${giveUpAt} ${code}`),
    });
  const rest = (): (number | undefined)[] => {
    const left: (number | undefined)[] = [];
    while (!reads.isEmpty) left.push(reads.next()?.giveUpAt);
    return left;
  };
  return { reads, add, refused, rest };
}

describe('reads that wait', () => {
  it('are none at first, and none after the last turn', () => {
    const { reads, add } = setUp();
    expect([reads.isEmpty, reads.next(), reads.oldestIn('a')]).toEqual([
      true,
      undefined,
      { count: 0, giveUpAt: undefined },
    ]);
    add('a', 5);
    expect([reads.isEmpty, reads.oldestIn('a'), reads.oldestIn('b').count]).toEqual([
      false,
      { count: 1, giveUpAt: 5 },
      0,
    ]);
    expect([reads.next()?.giveUpAt, reads.isEmpty]).toEqual([5, true]);
  });

  it('get their turns lane by lane, the newest of each first', () => {
    const { add, rest } = setUp();
    for (const giveUpAt of [1, 2, 3]) add('a', giveUpAt);
    for (const giveUpAt of [4, 5]) add('b', giveUpAt);
    expect(rest()).toEqual([3, 5, 2, 4, 1]);
  });

  it('are refused up to an instant and in it; the later ones keep their turns', () => {
    const { reads, add, refused, rest } = setUp();
    for (const giveUpAt of [10, 30, 11, 31]) add('a', giveUpAt);
    add('b', 32);
    add('c', 10);
    reads.refuseUpTo(9);
    expect(refused).toEqual([]);
    reads.refuseUpTo(10);
    expect(refused).toEqual(['a10 lookup_budget_spent', 'c10 lookup_budget_spent']);
    reads.refuseUpTo(11);
    expect(refused.slice(2)).toEqual(['a11 lookup_budget_spent']);
    expect(rest()).toEqual([31, 32, 30]);
  });

  it('are none once all are refused', () => {
    const { reads, add } = setUp();
    add('a', 10);
    add('b', 10);
    reads.refuseUpTo(10);
    expect([reads.isEmpty, reads.next()]).toEqual([true, undefined]);
  });

  it('lose the newest of a lane for which there will be no token in time', () => {
    const { reads, add, refused, rest } = setUp();
    for (const giveUpAt of [20, 20, 50]) add('a', giveUpAt);
    // One token each ten ms: the second last would have its own at 20, the last at 30.
    reads.refuseSurplus('a', (count) => count * 10);
    expect(refused).toEqual(['a20 lookup_budget_spent']);
    reads.refuseSurplus('a', (count) => count * 10 - 1);
    reads.refuseSurplus('b', (count) => count * 10);
    expect(refused).toHaveLength(1);
    expect(rest()).toEqual([50, 20]);
  });
});
