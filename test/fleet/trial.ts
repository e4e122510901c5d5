import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../simulation/model/random.js';
import type { Fault } from './faults.js';
import { Commands } from './model/commands.js';
import { type Customer, Customers } from './model/customers.js';
import { Traffic } from './model/traffic.js';
import type { GuardHandle } from './processes/guard-handle.js';
import type { FromGuard } from './processes/messages.js';
import { type Programs, type Rig, startRig } from './processes/rig.js';
import { PropagationProbe } from './results/propagation-probe.js';
import { RECOVERY_MS, type Report, type Timeline, toReport } from './results/report.js';

export interface TrialOptions {
  readonly name: string;
  readonly programs: Programs;
  readonly seed: number;
  readonly processes: number;
  readonly sendsPerSecond: number;
  readonly maxReplyMs: number;
  /** About how many customers there are beside the probes. */
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

/** Drives a fleet for a while, with or without a fault in the middle, and assesses its decisions. */
export function runTrial(options: TrialOptions): Promise<Report> {
  return new Trial(options).run();
}

class Trial {
  readonly #options: TrialOptions;
  readonly #random: Random;
  readonly #commands = new Commands();
  #probe: PropagationProbe | undefined;

  constructor(options: TrialOptions) {
    this.#options = options;
    this.#random = new Random(options.seed, 0);
  }

  async run(): Promise<Report> {
    const { processes, programs, fault } = this.#options;
    const isProxied = fault?.isProxied === true;
    const rig = await startRig({ processes, programs, isProxied, onMessage: (message) => this.#receive(message) });
    try {
      const customers = this.#gather(rig);
      await this.#prime(rig, customers);
      const timeline = await this.#drive(rig, customers);
      const stallsMs = await Promise.all(rig.guards.map((guard) => guard.leave()));
      const [{ tally }, probes] = [this.#commands, this.#probe?.probes ?? []];
      return toReport({ ...this.#options, tally, timeline, rig, probes, stallMs: Math.max(...stallsMs) });
    } finally {
      await rig.close();
    }
  }

  #gather({ bird }: Rig): Customers {
    const { beforeMs, afterMs = 0, maxReplyMs, fault, customers: count } = this.#options;
    const runMs = maxReplyMs + beforeMs + (fault?.durationMs ?? 0) + RECOVERY_MS + afterMs;
    const customers = new Customers({
      random: this.#random,
      startAt: Date.now(),
      runMs,
      customers: count,
      probes: Math.ceil(runMs / PROBE_EVERY_MS),
      newContact: (value) => bird.workspace.addContact({ identifiers: [{ key: 'phonenumber', value }] }).id,
    });
    bird.remember(customers.all);
    return customers;
  }

  /** The fleet has run before: each process knows its channel, and together they have observed the earlier messages. */
  async #prime({ guards }: Rig, { groups }: Customers): Promise<void> {
    for (const guard of guards) this.#commands.send(guard, this.#random.pick(groups.open));
    const known = [...groups.open, ...groups.closing];
    for (let first = 0; first < known.length; first += PRIMED_AT_ONCE) {
      const observed = known.slice(first, first + PRIMED_AT_ONCE).map((customer, index) => {
        const at = customer.inbounds.at(-1) ?? 0;
        return new Promise<void>((onObserved) => {
          this.#commands.inbound(guards[index % guards.length], customer, { at, onObserved });
        });
      });
      for (const guard of guards) guard.flush();
      await Promise.all(observed);
    }
    await this.#answered();
  }

  async #drive(rig: Rig, customers: Customers): Promise<Timeline> {
    const { bird, guards } = rig;
    const traffic = this.#startTraffic(rig, customers);
    const ticks = setInterval(() => {
      traffic.tick();
      for (const guard of guards) guard.flush();
    }, TICK_MS);
    const probe = new PropagationProbe({ bird, guards, customers: customers.groups.probes, everyMs: PROBE_EVERY_MS });
    this.#probe = probe;
    try {
      // Until the slowest replies come, there are fewer sends.
      await sleep(this.#options.maxReplyMs);
      return await this.#goThroughPhases(rig);
    } finally {
      traffic.stop();
      probe.stop();
      clearInterval(ticks);
      for (const guard of guards) guard.flush();
      await this.#answered();
    }
  }

  async #goThroughPhases(rig: Rig): Promise<Timeline> {
    const { beforeMs, afterMs = 0, fault } = this.#options;
    const from = this.#commands.enter('before');
    await sleep(beforeMs);
    if (fault === undefined) return { from, faultFrom: Date.now(), faultTo: Date.now(), to: Date.now() };
    const faultFrom = this.#commands.enter('fault');
    await fault.begin(rig);
    await sleep(fault.durationMs);
    await fault.end(rig);
    const faultTo = this.#commands.enter('recovery');
    await sleep(RECOVERY_MS);
    this.#commands.enter('after');
    await sleep(afterMs);
    return { from, faultFrom, faultTo, to: Date.now() };
  }

  #startTraffic({ bird, guards }: Rig, customers: Customers): Traffic {
    const random = this.#random;
    // As behind a load balancer, anything may reach any process.
    const anyone = (): GuardHandle => random.pick(guards);
    const write = (customer: Customer, onObserved: () => void): void => {
      this.#commands.inbound(anyone(), customer, { at: bird.write(customer), onObserved });
    };
    return new Traffic(this.#options, {
      customers,
      random,
      write,
      send: (customer) => this.#commands.send(anyone(), customer),
    });
  }

  async #answered(): Promise<void> {
    const giveUpAt = performance.now() + LAST_ANSWERS_MS;
    while (this.#commands.tally.open > 0 && performance.now() < giveUpAt) await sleep(20);
  }

  #receive(message: FromGuard): void {
    if (message.kind === 'observed' || message.kind === 'seen') this.#probe?.receive(message);
    else if (message.kind === 'results') this.#commands.receive(message);
  }
}
