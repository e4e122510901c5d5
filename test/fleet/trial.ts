import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../simulation/random.js';
import { Crowd, type CrowdOptions, type Customer } from './crowd.js';
import type { Fault } from './faults.js';
import type { GuardHandle } from './guard-handle.js';
import type { FromGuard, Inbound } from './messages.js';
import { Prober } from './prober.js';
import { RECOVERY_MS, type Report, type Timeline, toReport } from './report.js';
import { type Rig, startRig } from './rig.js';
import { type Phase, Tally } from './tally.js';
import { Traffic } from './traffic.js';

export interface TrialOptions {
  readonly name: string;
  /** The compiled guard process. */
  readonly program: string;
  readonly seed: number;
  readonly processes: number;
  readonly sendsPerSecond: number;
  readonly slowestReplyMs: number;
  /** How many customers there are beside the probes, more or less. */
  readonly customers: number;
  /** Measured before the fault; without one, all of it. */
  readonly beforeMs: number;
  readonly fault?: Fault | undefined;
  readonly afterMs?: number;
}

const TICK_MS = 10;
const PROBE_EVERY_MS = 100;
const PRIMED_AT_ONCE = 50;
/** Longer than any decision takes. */
const LAST_ANSWERS_MS = 2_500;

/** Drives a fleet for a while, with a fault in the middle or without one, and judges what it decides. */
export async function runTrial(options: TrialOptions): Promise<Report> {
  const trial = new Trial(options);
  return trial.run();
}

class Trial {
  readonly #options: TrialOptions;
  readonly #random: Random;
  readonly #tally = new Tally();
  readonly #onTold = new Map<number, () => void>();
  #prober: Prober | undefined;
  #phase: Phase = 'warm-up';
  #inbounds = 0;

  constructor(options: TrialOptions) {
    this.#options = options;
    this.#random = new Random(options.seed, 0);
  }

  async run(): Promise<Report> {
    const { processes, program, fault } = this.#options;
    const isProxied = fault?.isProxied === true;
    const onMessage = (_guard: number, message: FromGuard): void => this.#hear(message);
    const rig = await startRig({ processes, program, isProxied, onMessage });
    try {
      const crowd = this.#gather(rig);
      await this.#prime(rig, crowd);
      const timeline = await this.#drive(rig, crowd);
      const stallsMs = await Promise.all(rig.guards.map((guard) => guard.leave()));
      const probes = this.#prober?.probes ?? [];
      return toReport({ ...this.#options, tally: this.#tally, timeline, rig, probes, stallMs: Math.max(...stallsMs) });
    } finally {
      await rig.close();
    }
  }

  #gather({ bird }: Rig): Crowd {
    const { beforeMs, afterMs = 0, slowestReplyMs, fault, customers } = this.#options;
    const runMs = slowestReplyMs + beforeMs + (fault?.lastsMs ?? 0) + afterMs + 5_000;
    const probes = Math.ceil(runMs / PROBE_EVERY_MS);
    const crowd = new Crowd({
      random: this.#random,
      startAt: Date.now(),
      runMs,
      sizes: sizesOf(customers, probes),
      newContact: (value) => bird.workspace.addContact({ identifiers: [{ key: 'phonenumber', value }] }).id,
    });
    bird.remember(crowd.all);
    return crowd;
  }

  /** The fleet has run before: each process knows its channel, and they know of whoever wrote and was heard. */
  async #prime(rig: Rig, { groups }: Crowd): Promise<void> {
    for (const guard of rig.guards) this.#send(guard, this.#random.pick(groups.open));
    const heard = [...groups.open, ...groups.closing];
    for (let first = 0; first < heard.length; first += PRIMED_AT_ONCE) {
      const told = heard.slice(first, first + PRIMED_AT_ONCE).map((customer, index) => {
        const inbound = this.#inboundOf(customer, customer.inbounds.at(-1) ?? 0);
        rig.guards[index % rig.guards.length]?.inbound(inbound);
        return new Promise<void>((resolve) => this.#onTold.set(inbound.id, resolve));
      });
      for (const guard of rig.guards) guard.flush();
      await Promise.all(told);
    }
    await this.#answered();
  }

  async #drive(rig: Rig, crowd: Crowd): Promise<Timeline> {
    const traffic = this.#startTraffic(rig, crowd);
    const ticks = setInterval(() => {
      traffic.tick();
      for (const guard of rig.guards) guard.flush();
    }, TICK_MS);
    const customers = crowd.groups.probes;
    this.#prober = new Prober({ bird: rig.bird, guards: rig.guards, customers, everyMs: PROBE_EVERY_MS });
    try {
      // Until the slowest replies come there are fewer sends.
      await sleep(this.#options.slowestReplyMs);
      return await this.#goThroughPhases(rig);
    } finally {
      traffic.stop();
      this.#prober.stop();
      clearInterval(ticks);
      for (const guard of rig.guards) guard.flush();
      await this.#answered();
    }
  }

  async #goThroughPhases(rig: Rig): Promise<Timeline> {
    const { beforeMs, afterMs = 0, fault } = this.#options;
    const from = this.#enter('before');
    await sleep(beforeMs);
    if (fault === undefined) return { from, faultFrom: Date.now(), faultTo: Date.now(), to: Date.now() };
    const faultFrom = this.#enter('fault');
    await fault.begin(rig);
    await sleep(fault.lastsMs);
    await fault.end(rig);
    const faultTo = this.#enter('recovery');
    await sleep(RECOVERY_MS);
    this.#enter('after');
    await sleep(afterMs);
    return { from, faultFrom, faultTo, to: Date.now() };
  }

  #startTraffic(rig: Rig, crowd: Crowd): Traffic {
    const random = this.#random;
    // The balancer sends everything anywhere.
    const anyone = (): GuardHandle => random.pick(rig.guards);
    const write = (customer: Customer, onTold: () => void): void => {
      const inbound = this.#inboundOf(customer, rig.bird.write(customer));
      this.#onTold.set(inbound.id, onTold);
      anyone().inbound(inbound);
    };
    const send = (customer: Customer): void => this.#send(anyone(), customer);
    return new Traffic(this.#options, { crowd, random, write, send });
  }

  #enter(phase: Phase): number {
    this.#phase = phase;
    return Date.now();
  }

  #send(guard: GuardHandle, customer: Customer): void {
    guard.send({ id: this.#tally.ask(customer, this.#phase), address: customer.address });
  }

  #inboundOf({ address, contactId }: Customer, at: number): Inbound {
    this.#inbounds += 1;
    return { id: this.#inbounds, address, contactId, at };
  }

  async #answered(): Promise<void> {
    const giveUpAt = performance.now() + LAST_ANSWERS_MS;
    while (this.#tally.open > 0 && performance.now() < giveUpAt) await sleep(20);
  }

  #hear(message: FromGuard): void {
    if (message.kind === 'told' || message.kind === 'seen') this.#prober?.hear(message);
    else if (message.kind === 'results') {
      for (const id of message.observed) this.#told(id);
      for (const decided of message.decided) this.#tally.answer(decided);
    }
  }

  #told(id: number): void {
    this.#onTold.get(id)?.();
    this.#onTold.delete(id);
  }
}

function sizesOf(customers: number, probes: number): CrowdOptions['sizes'] {
  const part = (share: number): number => Math.ceil(share * customers);
  const [open, unheard, closing, closed] = [part(0.3), part(0.02), part(0.05), part(0.43)];
  return { open, unheard, closing, closed, strangers: part(0.2), probes };
}
