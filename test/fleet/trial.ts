import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../simulation/model/random.js';
import type { Fault } from './faults.js';
import { Orders } from './model/commands.js';
import { Crowd, type Customer } from './model/customers.js';
import { Traffic } from './model/traffic.js';
import type { GuardHandle } from './processes/guard-handle.js';
import type { FromGuard } from './processes/messages.js';
import { type Programs, type Rig, startRig } from './processes/rig.js';
import { Prober } from './results/propagation-probe.js';
import { RECOVERY_MS, type Report, type Timeline, toReport } from './results/report.js';

export interface TrialOptions {
  readonly name: string;
  readonly programs: Programs;
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
export function runTrial(options: TrialOptions): Promise<Report> {
  return new Trial(options).run();
}

class Trial {
  readonly #options: TrialOptions;
  readonly #random: Random;
  readonly #orders = new Orders();
  #prober: Prober | undefined;

  constructor(options: TrialOptions) {
    this.#options = options;
    this.#random = new Random(options.seed, 0);
  }

  async run(): Promise<Report> {
    const { processes, programs, fault } = this.#options;
    const isProxied = fault?.isProxied === true;
    const rig = await startRig({ processes, programs, isProxied, onMessage: (message) => this.#hear(message) });
    try {
      const crowd = this.#gather(rig);
      await this.#prime(rig, crowd);
      const timeline = await this.#drive(rig, crowd);
      const stallsMs = await Promise.all(rig.guards.map((guard) => guard.leave()));
      const [{ tally }, probes] = [this.#orders, this.#prober?.probes ?? []];
      return toReport({ ...this.#options, tally, timeline, rig, probes, stallMs: Math.max(...stallsMs) });
    } finally {
      await rig.close();
    }
  }

  #gather({ bird }: Rig): Crowd {
    const { beforeMs, afterMs = 0, slowestReplyMs, fault, customers } = this.#options;
    const runMs = slowestReplyMs + beforeMs + (fault?.lastsMs ?? 0) + RECOVERY_MS + afterMs;
    const crowd = new Crowd({
      random: this.#random,
      startAt: Date.now(),
      runMs,
      customers,
      probes: Math.ceil(runMs / PROBE_EVERY_MS),
      newContact: (value) => bird.workspace.addContact({ identifiers: [{ key: 'phonenumber', value }] }).id,
    });
    bird.remember(crowd.all);
    return crowd;
  }

  /** The fleet has run before: each process knows its channel, and they know of whoever wrote and was heard. */
  async #prime({ guards }: Rig, { groups }: Crowd): Promise<void> {
    for (const guard of guards) this.#orders.send(guard, this.#random.pick(groups.open));
    const heard = [...groups.open, ...groups.closing];
    for (let first = 0; first < heard.length; first += PRIMED_AT_ONCE) {
      const told = heard.slice(first, first + PRIMED_AT_ONCE).map((customer, index) => {
        const at = customer.inbounds.at(-1) ?? 0;
        return new Promise<void>((onTold) => {
          this.#orders.inbound(guards[index % guards.length], customer, { at, onTold });
        });
      });
      for (const guard of guards) guard.flush();
      await Promise.all(told);
    }
    await this.#answered();
  }

  async #drive(rig: Rig, crowd: Crowd): Promise<Timeline> {
    const { bird, guards } = rig;
    const traffic = this.#startTraffic(rig, crowd);
    const ticks = setInterval(() => {
      traffic.tick();
      for (const guard of guards) guard.flush();
    }, TICK_MS);
    const prober = new Prober({ bird, guards, customers: crowd.groups.probes, everyMs: PROBE_EVERY_MS });
    this.#prober = prober;
    try {
      // Until the slowest replies come there are fewer sends.
      await sleep(this.#options.slowestReplyMs);
      return await this.#goThroughPhases(rig);
    } finally {
      traffic.stop();
      prober.stop();
      clearInterval(ticks);
      for (const guard of guards) guard.flush();
      await this.#answered();
    }
  }

  async #goThroughPhases(rig: Rig): Promise<Timeline> {
    const { beforeMs, afterMs = 0, fault } = this.#options;
    const from = this.#orders.enter('before');
    await sleep(beforeMs);
    if (fault === undefined) return { from, faultFrom: Date.now(), faultTo: Date.now(), to: Date.now() };
    const faultFrom = this.#orders.enter('fault');
    await fault.begin(rig);
    await sleep(fault.lastsMs);
    await fault.end(rig);
    const faultTo = this.#orders.enter('recovery');
    await sleep(RECOVERY_MS);
    this.#orders.enter('after');
    await sleep(afterMs);
    return { from, faultFrom, faultTo, to: Date.now() };
  }

  #startTraffic({ bird, guards }: Rig, crowd: Crowd): Traffic {
    const random = this.#random;
    // The balancer sends everything anywhere.
    const anyone = (): GuardHandle => random.pick(guards);
    const write = (customer: Customer, onTold: () => void): void => {
      this.#orders.inbound(anyone(), customer, { at: bird.write(customer), onTold });
    };
    return new Traffic(this.#options, {
      crowd,
      random,
      write,
      send: (customer) => this.#orders.send(anyone(), customer),
    });
  }

  async #answered(): Promise<void> {
    const giveUpAt = performance.now() + LAST_ANSWERS_MS;
    while (this.#orders.tally.open > 0 && performance.now() < giveUpAt) await sleep(20);
  }

  #hear(message: FromGuard): void {
    if (message.kind === 'told' || message.kind === 'seen') this.#prober?.hear(message);
    else if (message.kind === 'results') this.#orders.hear(message);
  }
}
