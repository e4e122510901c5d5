import { EdgeTiming } from './faults/edge-timing.js';
import { ProcessFaults } from './faults/process-faults.js';
import { ReadFaults } from './faults/read-faults.js';
import { Customers } from './model/customers.js';
import { Directory } from './model/directory.js';
import { Events } from './model/events.js';
import { FakeBird } from './model/fake-bird.js';
import { Network } from './model/network.js';
import type { Random } from './model/random.js';
import { chanceOf, type Stream } from './model/streams.js';
import { Timeline } from './model/timeline.js';
import { Traffic } from './model/traffic.js';
import { ExpectedKnowledge } from './oracle/expected-knowledge.js';
import { type Case, Oracle } from './oracle/oracle.js';
import { type Report, Tally } from './report.js';
import { CLOCK_BOUND_MS, type Scenario, START_AT } from './scenario.js';
import { type Answer, GuardUnderTest, type SystemUnderTest } from './systems/systems-under-test.js';

/** Runs one scenario to its end. */
export async function simulate(scenario: Scenario): Promise<Report> {
  return new Simulation(scenario).run();
}

/** One process, and the world around it. */
class Simulation {
  readonly #scenario: Scenario;
  readonly #timeline = new Timeline(START_AT);
  readonly #tally: Tally;
  readonly #customers: Customers;
  readonly #directory: Directory;
  readonly #bird: FakeBird;
  /** The key that the application gives to the guard, by workspace id. */
  readonly #keysInUse: Map<string, string>;
  readonly #expected: ExpectedKnowledge;
  readonly #oracle: Oracle;
  readonly #readFaults: ReadFaults;
  readonly #network: Network;
  readonly #events: Events;
  readonly #edgeTiming: EdgeTiming;
  readonly #surroundings: Random;
  readonly #platform: Random;
  #system: SystemUnderTest;
  #starts = 0;
  readonly #count = (name: string): void => this.#tally.count(name);

  constructor(scenario: Scenario) {
    const { seed, hasFaults, outages, workspaces, slices = [] } = scenario;
    const timeline = this.#timeline;
    this.#scenario = scenario;
    this.#tally = new Tally(slices);
    this.#surroundings = this.#chance('surroundings');
    this.#platform = this.#chance('platform');
    const customers = new Customers(scenario.customers, hasFaults);
    const directory = new Directory(workspaces, 4, hasFaults, hasFaults);
    this.#customers = customers;
    this.#directory = directory;
    this.#bird = new FakeBird({ customers, directory, closedWindow: seed % 2 === 0 ? 'null' : 'past' });
    this.#keysInUse = new Map(this.#bird.accessKeys);
    this.#expected = new ExpectedKnowledge(customers.count, directory, timeline);
    this.#oracle = this.#createOracle();
    this.#readFaults = new ReadFaults({ random: this.#chance('readFaults'), faulty: hasFaults ? 0.15 : 0, outages });
    this.#network = new Network({
      timeline,
      bird: this.#bird,
      random: this.#chance('network'),
      faults: this.#readFaults,
      onRead: () => this.#tally.read(timeline.now),
    });
    this.#system = this.#startSystem();
    const count = this.#count;
    const observe = (customer: number, at: number): void => this.#observe(customer, at);
    this.#events = new Events({ timeline, random: this.#surroundings, hasFaults, observe, count });
    this.#edgeTiming = new EdgeTiming({
      timeline,
      random: this.#chance('edgeTiming'),
      onInbound: (customer, at) => this.#inbound(customer, at),
      onSend: (customer, inReplyTo) => this.#send(customer, inReplyTo),
      count,
    });
  }

  async run(): Promise<Report> {
    // Errors are made by the million here, and nobody reads where.
    Error.stackTraceLimit = 0;
    const { seed, hasFaults, traffic } = this.#scenario;
    this.#createTraffic().start();
    if (hasFaults) this.#createProcessFaults().plan(traffic.shifts);
    // Long enough for whatever still runs when the last shift ends, stalls included.
    await this.#timeline.run((traffic.shifts.at(-1)?.to ?? START_AT) + 3_600_000);
    return this.#tally.report(seed, this.#oracle.violations, this.#network, this.#readFaults);
  }

  #chance(stream: Stream): Random {
    return chanceOf(this.#scenario.seed, stream);
  }

  #createOracle(): Oracle {
    return new Oracle({
      customers: this.#customers,
      count: this.#count,
      clockBoundMs: this.#scenario.hasFaults ? CLOCK_BOUND_MS : 0,
      isHuman: (customer) => this.#directory.isHuman(customer),
      known: ({ customer, run }) => (run === this.#starts ? this.#expected.known(customer) : undefined),
    });
  }

  #createTraffic(): Traffic {
    const { hasFaults, traffic } = this.#scenario;
    return new Traffic(traffic, {
      timeline: this.#timeline,
      random: this.#chance('traffic'),
      customers: this.#customers,
      onInbound: (customer, at) => {
        this.#inbound(customer, at);
        if (hasFaults) this.#edgeTiming.afterInbound(customer, at);
      },
      onSend: (customer, inReplyTo) => {
        if (hasFaults && inReplyTo === undefined) this.#edgeTiming.aroundSend(customer);
        this.#send(customer, inReplyTo);
      },
    });
  }

  #createProcessFaults(): ProcessFaults {
    const timeline = this.#timeline;
    const restart = (): void => {
      this.#system = this.#startSystem();
      this.#expected.forget();
    };
    return new ProcessFaults({
      timeline,
      random: this.#chance('processFaults'),
      bird: this.#bird,
      directory: this.#directory,
      keysInUse: this.#keysInUse,
      target: () => ({ timeline, restart }),
      count: this.#count,
    });
  }

  #startSystem(): SystemUnderTest {
    const { system = (parts) => new GuardUnderTest(parts), customers } = this.#scenario;
    const timeline = this.#timeline;
    this.#starts += 1;
    const start = this.#starts;
    const ask = this.#network.fetchIn(timeline, (exchange, answer) => this.#expected.answered(exchange, answer));
    // A process that is gone asks nothing more.
    const fetch: typeof globalThis.fetch = (input, init) =>
      start === this.#starts ? ask(input, init) : new Promise(() => {});
    const accessKey = (id: string): string => this.#keysInUse.get(id) ?? '';
    return system({ timeline, directory: this.#directory, fetch, accessKey, windows: 2 * customers });
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
      this.#count('window closed by the platform');
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
      this.#count('refusal');
      this.#expected.refused(asked.customer, now);
      this.#system.refusal(asked.customer, now);
    });
  }
}
