import { Mischief } from '../faults/edge-timing.js';
import { Troubles, type Victim } from '../faults/process-faults.js';
import { Events } from '../model/events.js';
import type { Random } from '../model/random.js';
import { Traffic } from '../model/traffic.js';
import type { Report } from '../report.js';
import type { Scenario } from '../simulate.js';
import { FleetArrivals } from './arrivals.js';
import { Dispatch } from './dispatch.js';
import { FleetTroubles } from './server-faults.js';
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
  readonly #mischief: Mischief;
  readonly #crowding: Random;

  constructor(scenario: Scenario) {
    const fleet = new SimulatedFleet(scenario);
    const { timeline, count } = fleet;
    const surroundings = fleet.chance('surroundings');
    this.#scenario = scenario;
    this.#fleet = fleet;
    this.#crowding = fleet.chance('crowding');
    const tellsRefusals = scenario.knowledge !== 'lookups';
    this.#dispatch = new Dispatch({ ...fleet, random: fleet.chance('balance'), tellsRefusals });
    const tell = (customer: number, at: number): void => void this.#dispatch.tell(customer, at);
    this.#events = new Events({ timeline, random: surroundings, isFoul: true, tell, count });
    const platform = fleet.chance('platform');
    this.#arrivals = new FleetArrivals({ ...fleet, scenario, events: this.#events, surroundings, platform });
    this.#mischief = new Mischief({
      timeline,
      random: fleet.chance('mischief'),
      onInbound: (customer, at) => this.#arrivals.inbound(customer, at),
      onSend: (customer, inReplyTo) => this.#send(customer, inReplyTo),
      count,
    });
  }

  async run(): Promise<FleetReport> {
    // Errors are made by the thousand here, and nobody reads where.
    Error.stackTraceLimit = 0;
    const { tally, oracle, network, weather, timeline } = this.#fleet;
    const { seed, traffic } = this.#scenario;
    this.#traffic().start();
    this.#troubles().plan(traffic.shifts);
    this.#fleetTroubles().plan(traffic.shifts);
    await timeline.run(Math.max(...traffic.shifts.map(({ to }) => to)) + 3_600_000);
    const report = tally.report(seed, oracle.violations, network, weather);
    return { ...report, busiestOneServer: this.#fleet.busiestOneServer };
  }

  #traffic(): Traffic {
    return new Traffic(this.#scenario.traffic, {
      ...this.#fleet,
      random: this.#fleet.chance('traffic'),
      onInbound: (customer, at) => {
        this.#arrivals.inbound(customer, at);
        this.#mischief.afterInbound(customer, at);
      },
      onSend: (customer, inReplyTo) => {
        if (inReplyTo === undefined) {
          this.#mischief.aroundSend(customer);
          this.#dispatch.crowd(customer, this.#crowding.between(0, 6), 60);
        }
        this.#send(customer, inReplyTo);
      },
    });
  }

  #troubles(): Troubles {
    const random = this.#fleet.chance('troubles');
    const victim = (): Victim => {
      const process = random.pick(this.#fleet.processes);
      return { timeline: process.timeline, restart: () => process.restart() };
    };
    return new Troubles({ ...this.#fleet, random, victim });
  }

  #fleetTroubles(): FleetTroubles {
    const fleet = this.#fleet;
    return new FleetTroubles({
      ...fleet,
      random: fleet.chance('fleetTroubles'),
      weather: fleet.linkWeather,
      forget: (what) => {
        const customer = this.#arrivals.someWriter();
        if (what === 'window') this.#dispatch.forgetWindow(customer);
        else this.#dispatch.forgetChannel(customer);
      },
      crowd: (ms) => this.#dispatch.crowd(fleet.customers.count - this.#crowding.between(1, 500), 60, ms),
      rush: (ms) => this.#dispatch.rush(fleet.customers.count - this.#crowding.between(1, 500), 60, ms),
    });
  }

  /** What an application has seen it tells one process before it replies by another. */
  #send(customer: number, inReplyTo: number | undefined): void {
    const { timeline } = this.#fleet;
    const isSeen = inReplyTo !== undefined && this.#events.isSeen(customer, inReplyTo);
    if (this.#scenario.knowledge !== 'observed' || !isSeen) return this.#dispatch.send(customer);
    const send = (): void => this.#dispatch.send(customer);
    void this.#dispatch.tell(customer, inReplyTo).then(() => timeline.at(timeline.now, send));
  }
}
