import { EdgeTiming } from '../faults/edge-timing.js';
import { type FaultTarget, ProcessFaults } from '../faults/process-faults.js';
import { Events } from '../model/events.js';
import type { Random } from '../model/random.js';
import { Traffic } from '../model/traffic.js';
import type { Report } from '../report.js';
import type { Scenario } from '../scenario.js';
import { FleetArrivals } from './arrivals.js';
import { Dispatch } from './dispatch.js';
import { ServerFaults } from './server-faults.js';
import { SimulatedFleet } from './simulated-fleet.js';

export interface FleetReport extends Report {
  /** The most reads of one workspace within any 1000 ms while there was one server, reached by all or not. */
  readonly busiestOneServer: number;
}

/** Runs one scenario with several processes that share a store, to its end. */
export async function simulateFleet(scenario: Scenario): Promise<FleetReport> {
  return new FleetSimulation(scenario).run();
}

/** What happens to the fleet: who writes, what is sent, and everything that goes wrong. */
class FleetSimulation {
  readonly #scenario: Scenario;
  readonly #fleet: SimulatedFleet;
  readonly #dispatch: Dispatch;
  readonly #events: Events;
  readonly #arrivals: FleetArrivals;
  readonly #edgeTiming: EdgeTiming;
  readonly #bursts: Random;

  constructor(scenario: Scenario) {
    const fleet = new SimulatedFleet(scenario);
    const { timeline, count } = fleet;
    const surroundings = fleet.chance('surroundings');
    this.#scenario = scenario;
    this.#fleet = fleet;
    this.#bursts = fleet.chance('bursts');
    const observesRefusals = scenario.knowledge !== 'lookups';
    this.#dispatch = new Dispatch({ ...fleet, random: fleet.chance('balance'), observesRefusals });
    const observe = (customer: number, at: number): void => void this.#dispatch.observe(customer, at);
    this.#events = new Events({ timeline, random: surroundings, hasFaults: true, observe, count });
    const platform = fleet.chance('platform');
    this.#arrivals = new FleetArrivals({ ...fleet, scenario, events: this.#events, surroundings, platform });
    this.#edgeTiming = new EdgeTiming({
      timeline,
      random: fleet.chance('edgeTiming'),
      onInbound: (customer, at) => this.#arrivals.inbound(customer, at),
      onSend: (customer, inReplyTo) => this.#send(customer, inReplyTo),
      count,
    });
  }

  async run(): Promise<FleetReport> {
    // Errors are made by the thousand here, and nobody reads where.
    Error.stackTraceLimit = 0;
    const { tally, oracle, network, readFaults, timeline } = this.#fleet;
    const { seed, traffic } = this.#scenario;
    this.#traffic().start();
    this.#processFaults().plan(traffic.shifts);
    this.#serverFaults().plan(traffic.shifts);
    await timeline.run(Math.max(...traffic.shifts.map(({ to }) => to)) + 3_600_000);
    const report = tally.report(seed, oracle.violations, network, readFaults);
    return { ...report, busiestOneServer: this.#fleet.busiestOneServer };
  }

  #traffic(): Traffic {
    return new Traffic(this.#scenario.traffic, {
      ...this.#fleet,
      random: this.#fleet.chance('traffic'),
      onInbound: (customer, at) => {
        this.#arrivals.inbound(customer, at);
        this.#edgeTiming.afterInbound(customer, at);
      },
      onSend: (customer, inReplyTo) => {
        if (inReplyTo === undefined) {
          this.#edgeTiming.aroundSend(customer);
          this.#dispatch.burst(customer, this.#bursts.between(0, 6), 60);
        }
        this.#send(customer, inReplyTo);
      },
    });
  }

  #processFaults(): ProcessFaults {
    const random = this.#fleet.chance('processFaults');
    const target = (): FaultTarget => {
      const process = random.pick(this.#fleet.processes);
      return { timeline: process.timeline, restart: () => process.restart() };
    };
    return new ProcessFaults({ ...this.#fleet, random, target });
  }

  #serverFaults(): ServerFaults {
    const fleet = this.#fleet;
    return new ServerFaults({
      ...fleet,
      random: fleet.chance('serverFaults'),
      forget: (what) => {
        const customer = this.#arrivals.someWriter();
        if (what === 'window') this.#dispatch.forgetWindow(customer);
        else this.#dispatch.forgetChannel(customer);
      },
      burst: (ms) => this.#dispatch.burst(fleet.customers.count - this.#bursts.between(1, 500), 60, ms),
      overload: (ms) => this.#dispatch.overload(fleet.customers.count - this.#bursts.between(1, 500), 60, ms),
    });
  }

  /** The application observes a message by one process, and replies by another. */
  #send(customer: number, inReplyTo: number | undefined): void {
    const { timeline } = this.#fleet;
    const isSeen = inReplyTo !== undefined && this.#events.isSeen(customer, inReplyTo);
    if (this.#scenario.knowledge !== 'observed' || !isSeen) return this.#dispatch.send(customer);
    const send = (): void => this.#dispatch.send(customer);
    void this.#dispatch.observe(customer, inReplyTo).then(() => timeline.at(timeline.now, send));
  }
}
