import type { Clock, Fleet, Lookup, ReadLease, ReadLimits, WindowFacts, WindowRef } from '../../ports.js';

/** Whoever waits for another process keeps so much time to ask by itself after all. */
const OWN_READ_MS = 400;

type Reader = Extract<ReadLease, { role: 'reader' }>;
type Told = Extract<ReadLease, { role: 'answered' }>;
type Waiter = Extract<ReadLease, { role: 'waiter' }>;

/**
 * Lets processes that want to know one window at the same time share reads, as `CoalescedReads` does in one process: an
 * answer is taken only from a read that started after this one asked. Openings of earlier reads come by the store. In
 * doubt a process asks by itself.
 */
export function fleetLookup(lookup: Lookup, fleet: Fleet, clock: Clock): Lookup {
  return {
    channel: (ref, limits) => lookup.channel(ref, limits),
    contactId: (ref, limits) => lookup.contactId(ref, limits),
    conversation: (ref, limits) => lookup.conversation(ref, limits),
    identifiers: (ref, limits) => lookup.identifiers(ref, limits),
    window: (ref, limits) => new FleetRead({ lookup, fleet, clock }, ref, limits).facts(),
  };
}

interface FleetReadParts {
  readonly lookup: Lookup;
  readonly fleet: Fleet;
  readonly clock: Clock;
}

class FleetRead {
  readonly #parts: FleetReadParts;
  readonly #ref: WindowRef;
  readonly #limits: ReadLimits;
  /** Which read was running when so many had joined. */
  readonly #asked: { readonly joined: number; readonly running: number }[] = [];

  constructor(parts: FleetReadParts, ref: WindowRef, limits: ReadLimits) {
    this.#parts = parts;
    this.#ref = ref;
    this.#limits = limits;
  }

  async facts(): Promise<WindowFacts> {
    const { fleet } = this.#parts;
    const { waiters } = this.#limits;
    let after: number | undefined;
    for (;;) {
      const joined = waiters?.joined ?? 0;
      const turn = await fleet.joinRead(this.#ref, after);
      if (turn?.role === 'answered') return this.#take(turn);
      if (turn?.role === 'reader') return this.#readForAll(turn);
      if (turn === undefined) return this.#read();
      after ??= turn.running;
      this.#asked.push({ joined, running: turn.running });
      if (!(await this.#waitFor(turn, joined))) return this.#read();
    }
  }

  /** It started after those had joined who were there when an earlier read was still running. */
  #take({ facts, read }: Told): WindowFacts {
    for (const { joined, running } of this.#asked) if (running < read) this.#limits.waiters?.serves(joined);
    return facts;
  }

  #read(): Promise<WindowFacts> {
    const { waiters } = this.#limits;
    waiters?.serves(waiters.joined);
    return this.#parts.lookup.window(this.#ref, this.#limits);
  }

  async #readForAll({ finish }: Reader): Promise<WindowFacts> {
    try {
      const facts = await this.#read();
      finish(facts);
      return facts;
    } catch (error) {
      // Why it failed may be this process's own affair.
      finish(undefined);
      throw error;
    }
  }

  /** Whether there is time left when the other's read has ended, or when somebody has joined who must be asked for too. */
  async #waitFor({ settled, leave }: Waiter, joined: number): Promise<boolean> {
    const { clock } = this.#parts;
    const leftMs = this.#limits.giveUpAt - clock.now() - OWN_READ_MS;
    if (leftMs <= 0) {
      leave();
      return false;
    }
    let timer: unknown;
    const late = new Promise<boolean>((resolve) => {
      timer = clock.setTimeout(() => resolve(false), leftMs);
    });
    const news = [settled, this.#limits.waiters?.grown(joined) ?? settled];
    const isInTime = await Promise.race([...news.map((one) => one.then(() => true)), late]);
    clock.clearTimeout(timer);
    leave();
    return isInTime;
  }
}
