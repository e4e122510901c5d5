import { EdgeTiming } from './faults/edge-timing.js';
import { ProcessFaults } from './faults/process-faults.js';
import { type Outage, ReadFaults } from './faults/read-faults.js';
import { Customers } from './model/customers.js';
import { Directory } from './model/directory.js';
import { Events } from './model/events.js';
import { FakeBird } from './model/fake-bird.js';
import { Network } from './model/network.js';
import { Random } from './model/random.js';
import { Timeline } from './model/timeline.js';
import { Traffic, type TrafficOptions } from './model/traffic.js';
import { ExpectedKnowledge } from './oracle/expected-knowledge.js';
import { type Case, Oracle } from './oracle/oracle.js';
import { type Report, type Slice, Tally } from './report.js';
import { type Answer, GuardUnderTest, type SystemParts, type SystemUnderTest } from './systems/systems-under-test.js';

/** What the guard gets to know of the customers' messages: nothing, Bird's events, or also what the application has seen. */
export type Knowledge = 'lookups' | 'webhooks' | 'observed';

export interface Scenario {
  readonly seed: number;
  readonly traffic: TrafficOptions;
  readonly customers: number;
  readonly workspaces: number;
  readonly knowledge: Knowledge;
  /** The longest time for which Bird's reads do not show an inbound, in ms. */
  readonly readLagMs: number;
  /** The system knows what was written in the three days before. */
  readonly isWarm: boolean;
  /** Everything goes wrong that can: reads, events, clocks, keys, the process. */
  readonly hasFaults: boolean;
  readonly slices?: readonly Slice[] | undefined;
  readonly outages?: readonly Outage[] | undefined;
  readonly system?: ((parts: SystemParts) => SystemUnderTest) | undefined;
}

export const START_AT: number = Date.UTC(2026, 0, 5, 9);

/** Runs one scenario to its end. */
export async function simulate(scenario: Scenario): Promise<Report> {
  return new Simulation(scenario).run();
}

/** The streams of chance, kept apart so that none depends on how often another is asked. */
const streams = {
  traffic: 0,
  surroundings: 1,
  network: 2,
  readFaults: 3,
  processFaults: 4,
  edgeTiming: 5,
  platform: 6,
} as const;

/** How wrong the guard's idea of Bird's time may be where clocks are: `docs/correctness.md`. */
export const CLOCK_BOUND_MS: number = 5_000;

class Simulation {
  readonly #scenario: Scenario;
  readonly #timeline = new Timeline(START_AT);
  readonly #customers: Customers;
  readonly #network: Network;
  readonly #readFaults: ReadFaults;
  readonly #oracle: Oracle;
  readonly #expected: ExpectedKnowledge;
  readonly #tally: Tally;
  readonly #events: Events;
  readonly #traffic: Traffic;
  readonly #processFaults: ProcessFaults;
  readonly #edgeTiming: EdgeTiming;
  readonly #startSystem: () => SystemUnderTest;
  readonly #surroundings: Random;
  readonly #platform: Random;
  #system: SystemUnderTest;
  #starts = 0;

  constructor(scenario: Scenario) {
    const { seed, hasFaults, outages, system = (parts) => new GuardUnderTest(parts) } = scenario;
    const timeline = this.#timeline;
    const chance = (stream: keyof typeof streams): Random => new Random(seed, streams[stream]);
    this.#scenario = scenario;
    this.#tally = new Tally(scenario.slices ?? []);
    this.#surroundings = chance('surroundings');
    this.#platform = chance('platform');
    const customers = new Customers(scenario.customers, hasFaults);
    this.#customers = customers;
    const directory = new Directory(scenario.workspaces, 4, hasFaults, hasFaults);
    const bird = new FakeBird({ customers, directory, closedWindow: seed % 2 === 0 ? 'null' : 'past' });
    const count = (name: string): void => this.#tally.count(name);
    this.#expected = new ExpectedKnowledge(customers.count, directory, timeline);
    this.#oracle = new Oracle({
      customers,
      count,
      clockBoundMs: hasFaults ? CLOCK_BOUND_MS : 0,
      isHuman: (customer) => directory.isHuman(customer),
      known: ({ customer, run }) => (run === this.#starts ? this.#expected.known(customer) : undefined),
    });
    this.#readFaults = new ReadFaults({ random: chance('readFaults'), faulty: hasFaults ? 0.15 : 0, outages });
    this.#network = new Network({
      timeline,
      bird,
      random: chance('network'),
      faults: this.#readFaults,
      onRead: () => this.#tally.read(timeline.now),
    });
    const ask = this.#network.fetchIn(timeline, (exchange, answer) => this.#expected.answered(exchange, answer));
    const keysInUse = new Map(bird.accessKeys);
    const accessKey = (id: string): string => keysInUse.get(id) ?? '';
    const restart = (): void => {
      this.#system = this.#startSystem();
      this.#expected.forget();
    };
    this.#startSystem = () => {
      this.#starts += 1;
      const start = this.#starts;
      // A process that is gone asks nothing more.
      const fetch: typeof globalThis.fetch = (input, init) =>
        start === this.#starts ? ask(input, init) : new Promise(() => {});
      return system({ timeline, directory, fetch, accessKey, windows: 2 * scenario.customers });
    };
    this.#system = this.#startSystem();
    const observe = (customer: number, at: number): void => this.#observe(customer, at);
    this.#events = new Events({ timeline, random: this.#surroundings, hasFaults, observe, count });
    const target = { timeline, restart };
    this.#processFaults = new ProcessFaults({
      timeline,
      random: chance('processFaults'),
      bird,
      directory,
      keysInUse,
      target: () => target,
      count,
    });
    const onInbound = (customer: number, at: number): void => this.#inbound(customer, at);
    const onSend = (customer: number, inReplyTo?: number): void => this.#send(customer, inReplyTo);
    this.#edgeTiming = new EdgeTiming({ timeline, random: chance('edgeTiming'), onInbound, onSend, count });
    this.#traffic = new Traffic(scenario.traffic, {
      timeline,
      random: chance('traffic'),
      customers,
      onInbound: (customer, at) => {
        onInbound(customer, at);
        if (hasFaults) this.#edgeTiming.afterInbound(customer, at);
      },
      onSend: (customer, inReplyTo) => {
        if (hasFaults && inReplyTo === undefined) this.#edgeTiming.aroundSend(customer);
        onSend(customer, inReplyTo);
      },
    });
  }

  async run(): Promise<Report> {
    // Errors are made by the million here, and nobody reads where.
    Error.stackTraceLimit = 0;
    const { seed, hasFaults, traffic } = this.#scenario;
    this.#traffic.start();
    if (hasFaults) this.#processFaults.plan(traffic.shifts);
    // Long enough for whatever still runs when the last shift ends, stalls included.
    await this.#timeline.run((traffic.shifts.at(-1)?.to ?? START_AT) + 3_600_000);
    return this.#tally.report(seed, this.#oracle.violations, this.#network, this.#readFaults);
  }

  #inbound(customer: number, at: number): void {
    const { knowledge, readLagMs, isWarm, hasFaults } = this.#scenario;
    const isEarlier = at < START_AT;
    this.#customers.write(customer, at, isEarlier ? at : at + this.#surroundings.between(0, readLagMs));
    if (hasFaults && !isEarlier && this.#platform.chance(0.01)) this.#closeEarly(customer, at);
    if (knowledge === 'lookups' || (isEarlier && !isWarm)) return;
    if (isEarlier) this.#observe(customer, at);
    else this.#events.inbound(customer, at);
  }

  /** The platform closes a window before its time; Bird may or may not know. */
  #closeEarly(customer: number, at: number): void {
    const closesAt = at + this.#platform.spread(1, 600_000);
    const doesBirdKnow = this.#platform.chance(0.5);
    this.#timeline.at(closesAt, () => {
      this.#tally.count('window closed by the platform');
      this.#customers.close(customer, closesAt, doesBirdKnow);
    });
  }

  #observe(customer: number, at: number): void {
    this.#expected.inbound(customer, at);
    void this.#system.inbound(customer, at);
  }

  #send(customer: number, inReplyTo: number | undefined): void {
    const isSeen = inReplyTo !== undefined && this.#events.isSeen(customer, inReplyTo);
    if (this.#scenario.knowledge === 'observed' && isSeen) this.#observe(customer, inReplyTo);
    const asked = this.#oracle.arrived(customer, this.#timeline, this.#starts);
    const answer = this.#system.decide(customer);
    if (!(answer instanceof Promise)) return this.#decided(asked, answer, true);
    this.#tally.pending += 1;
    answer.then(
      (late) => {
        this.#tally.pending -= 1;
        this.#decided(asked, late, false);
      },
      () => this.#oracle.violation('INV-8: a decision was rejected'),
    );
  }

  #decided(asked: Case, answer: Answer, isAtOnce: boolean): void {
    const { now } = this.#timeline;
    this.#oracle.decided(asked, answer);
    this.#tally.decided({ asked, answer, now, tookMs: isAtOnce ? undefined : this.#oracle.awakeMs(asked) });
    const isRefused = answer.verdict !== 'deny' && !this.#customers.isOpen(asked.customer, now, asked.lengthMs);
    if (!isRefused || this.#scenario.knowledge === 'lookups') return;
    this.#timeline.inProcess(now + this.#platform.spread(500, 60_000), () => {
      this.#tally.count('refusal');
      this.#expected.refused(asked.customer, now);
      this.#system.refusal(asked.customer, now);
    });
  }
}
