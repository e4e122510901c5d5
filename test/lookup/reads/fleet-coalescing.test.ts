import { describe, expect, it } from 'vitest';
import { LookupError } from '../../../src/errors.js';
import { fleetLookup } from '../../../src/lookup/reads/fleet-coalescing.js';
import type { Fleet, Lookup, ReadLease, WindowFacts, WindowRef } from '../../../src/ports.js';
import { createClock, type SandboxClock } from '../../../src/sandbox/clock.js';
import { deferred, turns } from '../../guard/support.js';

const ref: WindowRef = { workspaceId: 'w', channelId: 'c', contactId: 'k' };
const closed: WindowFacts = { serviceWindowExpireAt: null, isPermanentSession: false };

interface Trial {
  readonly clock: SandboxClock;
  readonly lookup: Lookup;
  readonly reads: number;
  /** After which read each time it was asked. */
  readonly joined: (number | undefined)[];
  ask(maxWaitMs?: number): Promise<WindowFacts>;
}

/** A fleet that gives these turns, one after the other; then it is away. */
function trial(turnsToGive: readonly ReadLease[], read: () => Promise<WindowFacts> = async () => closed): Trial {
  const clock = createClock(5_000);
  const joined: (number | undefined)[] = [];
  const given = [...turnsToGive];
  const state = { reads: 0 };
  const fleet: Fleet = {
    instances: 1,
    takeRead: async () => 'taken',
    joinRead: async (_ref, after) => {
      joined.push(after);
      return given.shift();
    },
  };
  const bird: Lookup = {
    channel: async () => ({ platformId: 'whatsapp', status: 'active', capabilities: undefined }),
    contactId: async () => 'k',
    conversation: async () => ({ channelId: 'c', contacts: [] }),
    identifiers: async () => [],
    window: () => {
      state.reads += 1;
      return read();
    },
  };
  const lookup = fleetLookup(bird, fleet, clock);
  return {
    clock,
    lookup,
    get reads(): number {
      return state.reads;
    },
    joined,
    ask: (maxWaitMs = 800) => lookup.window(ref, { giveUpAt: clock.now() + maxWaitMs }),
  };
}

function waiter(running: number): { lease: ReadLease; settle: () => void; left: () => boolean } {
  const { promise, resolve } = deferred<void>();
  let hasLeft = false;
  const leave = (): void => {
    hasLeft = true;
  };
  return {
    lease: { role: 'waiter', running, settled: promise, leave },
    settle: () => resolve(),
    left: () => hasLeft,
  };
}

describe('fleetLookup', () => {
  it('reads when it has the lease, and finishes it with the facts', async () => {
    const finished: unknown[] = [];
    const one = trial([{ role: 'reader', finish: (facts) => finished.push(facts) }]);
    expect(await one.ask()).toEqual(closed);
    expect([one.reads, finished]).toEqual([1, [closed]]);
  });

  it('takes no lease for a read that gives way to others, so that nobody waits for it', async () => {
    const one = trial([]);
    expect(await one.lookup.window(ref, { giveUpAt: 20_000, patientMs: 800 })).toEqual(closed);
    expect([one.reads, one.joined]).toEqual([1, []]);
  });

  it('finishes the lease without facts where its read fails', async () => {
    const finished: unknown[] = [];
    const failure = new LookupError('lookup_failed', 'no');
    const one = trial([{ role: 'reader', finish: (facts) => finished.push(facts) }], () => Promise.reject(failure));
    await expect(one.ask()).rejects.toBe(failure);
    expect(finished).toEqual([undefined]);
  });

  it('waits for the read that runs and for the one after it, and takes only an answer of a later one than the first', async () => {
    const [first, second] = [waiter(7), waiter(8)];
    const one = trial([first.lease, second.lease, { role: 'answered', facts: closed, read: 8 }]);
    const asked = one.ask();
    first.settle();
    second.settle();
    expect(await asked).toEqual(closed);
    expect(one.joined).toEqual([undefined, 7, 7]);
    expect([one.reads, first.left(), second.left()]).toEqual([0, true, true]);
  });

  it('asks for those who join while it waits, and reports which of them the answer serves', async () => {
    const waits = [waiter(7), waiter(7), waiter(8)];
    const answered: ReadLease = { role: 'answered', facts: closed, read: 8 };
    const one = trial([...waits.map(({ lease }) => lease), answered]);
    const grown = [deferred<void>(), deferred<void>()];
    const served: number[] = [];
    const waiters = { joined: 0, serves: (joined: number) => void served.push(joined), grown: growing };
    function growing(since: number): Promise<void> {
      return grown[since]?.promise ?? new Promise(() => {});
    }
    const asked = one.lookup.window(ref, { giveUpAt: 5_800, waiters });
    for (const more of grown) {
      await turns(1);
      waiters.joined += 1;
      more.resolve();
    }
    await turns(1);
    waits[2]?.settle();
    expect(await asked).toEqual(closed);
    // The third asked when the eighth read was already running: what that says may be older than the question.
    expect(served).toEqual([0, 1]);
    expect(one.joined).toEqual([undefined, 7, 7, 7]);
  });

  it('asks by itself where the fleet is away', async () => {
    const one = trial([]);
    expect(await one.ask()).toEqual(closed);
    expect(one.reads).toBe(1);
  });

  it('asks by itself when the wait would leave too little time for it', async () => {
    const endless = waiter(1);
    const one = trial([endless.lease, endless.lease]);
    const asked = one.ask();
    await turns(2);
    one.clock.advance(399);
    await turns(2);
    expect(one.reads).toBe(0);
    one.clock.advance(1);
    expect(await asked).toEqual(closed);
    expect([one.reads, one.joined, endless.left()]).toEqual([1, [undefined], true]);
  });

  it('does not wait at all where there is no time for it', async () => {
    const endless = waiter(1);
    const one = trial([endless.lease, endless.lease]);
    expect(await one.ask(400)).toEqual(closed);
    expect([one.reads, one.joined, endless.left()]).toEqual([1, [undefined], true]);
  });

  it.each(['channel', 'contactId', 'conversation', 'identifiers'] as const)(
    'leaves a question for %s alone',
    async (kind) => {
      const asked: unknown[][] = [];
      const bird = { [kind]: async (...args: unknown[]) => asked.push(args) } as unknown as Lookup;
      // Whatever is asked of this fleet fails.
      const lookup = fleetLookup(bird, {} as Fleet, createClock(0));
      const limits = { giveUpAt: 800 };
      expect(await lookup[kind](ref as never, limits)).toBe(1);
      expect(asked).toEqual([[ref, limits]]);
    },
  );
});
