import { own } from '../../core/own.js';
import type { Clock, Fleet, Lookup, ReadLease, ReadLimits, WindowFacts, WindowRef } from '../../ports.js';

/** A process that waits for another keeps this much time to read by itself after all. */
const OWN_READ_MS = 400;

type Reader = Extract<ReadLease, { role: 'reader' }>;
type Answered = Extract<ReadLease, { role: 'answered' }>;
type Waiter = Extract<ReadLease, { role: 'waiter' }>;

/**
 * Coalesces the reads of one window across processes, as `CoalescedReads` does within one: an answer counts only from a
 * read that started after this process asked. Open windows found by earlier reads arrive through the store. In doubt a
 * process reads by itself.
 */
export function fleetLookup(lookup: Lookup, fleet: Fleet, clock: Clock): Lookup {
  return {
    channel: (ref, limits) => lookup.channel(ref, limits),
    contactId: (ref, limits) => lookup.contactId(ref, limits),
    conversation: (ref, limits) => lookup.conversation(ref, limits),
    identifiers: (ref, limits) => lookup.identifiers(ref, limits),
    // A read that gives way to others must keep nobody waiting for it.
    window: (ref, limits) =>
      own(limits, 'patientMs') === undefined
        ? new FleetRead({ lookup, fleet, clock }, ref, limits).facts()
        : lookup.window(ref, limits),
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
  /** Which read was running when this many waiters had joined. */
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
      const lease = await fleet.joinRead(this.#ref, after);
      if (lease?.role === 'answered') return this.#take(lease);
      if (lease?.role === 'reader') return this.#readForAll(lease);
      if (lease === undefined) return this.#read();
      after ??= lease.running;
      this.#asked.push({ joined, running: lease.running });
      if (!(await this.#waitFor(lease, joined))) return this.#read();
    }
  }

  /** Takes another process's answer, which serves the waiters that had joined while an earlier read was running. */
  #take({ facts, read }: Answered): WindowFacts {
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
      // The reason may concern this process alone.
      finish(undefined);
      throw error;
    }
  }

  /** Waits for the other process's read, or for a new waiter, which needs a later read. False if no time is left. */
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
    const changes = [settled, this.#limits.waiters?.grown(joined) ?? settled];
    const isInTime = await Promise.race([...changes.map((one) => one.then(() => true)), late]);
    clock.clearTimeout(timer);
    leave();
    return isInTime;
  }
}
