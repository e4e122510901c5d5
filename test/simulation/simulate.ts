import { Mischief } from './faults/edge-timing.js';
import { Troubles } from './faults/process-faults.js';
import { type Outage, Weather } from './faults/read-faults.js';
import { Customers } from './model/customers.js';
import { Directory } from './model/directory.js';
import { Events } from './model/events.js';
import { FakeBird } from './model/fake-bird.js';
import { Network } from './model/network.js';
import { Random } from './model/random.js';
import { Timeline } from './model/timeline.js';
import { Traffic, type TrafficOptions } from './model/traffic.js';
import { Told } from './oracle/expected-knowledge.js';
import { type Case, Oracle } from './oracle/oracle.js';
import { type Report, type Slice, Tally } from './report.js';
import { type Answer, GuardSubject, type Subject, type SubjectParts } from './systems/systems-under-test.js';

/** What the guard gets to know of the customers' messages: nothing, Bird's events, or also what the app has seen. */
export type Knowledge = 'lookups' | 'webhooks' | 'observed';

export interface Scenario {
  readonly seed: number;
  readonly traffic: TrafficOptions;
  readonly customers: number;
  readonly workspaces: number;
  readonly knowledge: Knowledge;
  /** The longest time for which Bird's reads do not show an inbound, in ms. */
  readonly readLagMs: number;
  /** The subject knows what was written in the three days before. */
  readonly isWarm: boolean;
  /** Everything goes wrong that can: reads, events, clocks, keys, the process. */
  readonly isFoul: boolean;
  readonly slices?: readonly Slice[] | undefined;
  readonly outages?: readonly Outage[] | undefined;
  readonly subject?: ((parts: SubjectParts) => Subject) | undefined;
}

export const START_AT: number = Date.UTC(2026, 0, 5, 9);

/** Runs one scenario to its end. */
export async function simulate(scenario: Scenario): Promise<Report> {
  return new Simulation(scenario).run();
}

/** The streams of chance, kept apart so that none depends on how often another is asked. */
const streams = { traffic: 0, surroundings: 1, network: 2, weather: 3, troubles: 4, mischief: 5, platform: 6 } as const;

/** How wrong the guard's idea of Bird's time may be where clocks are: `docs/correctness.md`. */
export const CLOCK_BOUND_MS: number = 5_000;

class Simulation {
  readonly #scenario: Scenario;
  readonly #timeline = new Timeline(START_AT);
  readonly #customers: Customers;
  readonly #network: Network;
  readonly #weather: Weather;
  readonly #oracle: Oracle;
  readonly #told: Told;
  readonly #tally: Tally;
  readonly #events: Events;
  readonly #traffic: Traffic;
  readonly #troubles: Troubles;
  readonly #mischief: Mischief;
  readonly #startSubject: () => Subject;
  readonly #surroundings: Random;
  readonly #platform: Random;
  #subject: Subject;
  #starts = 0;

  constructor(scenario: Scenario) {
    const { seed, isFoul, outages, subject = (parts) => new GuardSubject(parts) } = scenario;
    const timeline = this.#timeline;
    const chance = (stream: keyof typeof streams): Random => new Random(seed, streams[stream]);
    this.#scenario = scenario;
    this.#tally = new Tally(scenario.slices ?? []);
    this.#surroundings = chance('surroundings');
    this.#platform = chance('platform');
    const customers = new Customers(scenario.customers, isFoul);
    this.#customers = customers;
    const directory = new Directory(scenario.workspaces, 4, isFoul, isFoul);
    const bird = new FakeBird({ customers, directory, closedWindow: seed % 2 === 0 ? 'null' : 'past' });
    const count = (name: string): void => this.#tally.count(name);
    this.#told = new Told(customers.count, directory, timeline);
    this.#oracle = new Oracle({
      customers,
      count,
      clockBoundMs: isFoul ? CLOCK_BOUND_MS : 0,
      isHuman: (customer) => directory.isHuman(customer),
      known: ({ customer, run }) => (run === this.#starts ? this.#told.known(customer) : undefined),
    });
    this.#weather = new Weather({ random: chance('weather'), faulty: isFoul ? 0.15 : 0, outages });
    this.#network = new Network({
      timeline,
      bird,
      random: chance('network'),
      faults: this.#weather,
      onRead: () => this.#tally.read(timeline.now),
    });
    const ask = this.#network.fetchIn(timeline, (exchange, answer) => this.#told.answered(exchange, answer));
    const keysInUse = new Map(bird.accessKeys);
    const accessKey = (id: string): string => keysInUse.get(id) ?? '';
    const restart = (): void => {
      this.#subject = this.#startSubject();
      this.#told.forget();
    };
    this.#startSubject = () => {
      this.#starts += 1;
      const start = this.#starts;
      // A process that is gone asks nothing more.
      const fetch: typeof globalThis.fetch = (input, init) =>
        start === this.#starts ? ask(input, init) : new Promise(() => {});
      return subject({ timeline, directory, fetch, accessKey, windows: 2 * scenario.customers });
    };
    this.#subject = this.#startSubject();
    const tell = (customer: number, at: number): void => this.#tell(customer, at);
    this.#events = new Events({ timeline, random: this.#surroundings, isFoul, tell, count });
    const victim = { timeline, restart };
    this.#troubles = new Troubles({
      timeline,
      random: chance('troubles'),
      bird,
      directory,
      keysInUse,
      victim: () => victim,
      count,
    });
    const onInbound = (customer: number, at: number): void => this.#inbound(customer, at);
    const onSend = (customer: number, inReplyTo?: number): void => this.#send(customer, inReplyTo);
    this.#mischief = new Mischief({ timeline, random: chance('mischief'), onInbound, onSend, count });
    this.#traffic = new Traffic(scenario.traffic, {
      timeline,
      random: chance('traffic'),
      customers,
      onInbound: (customer, at) => {
        onInbound(customer, at);
        if (isFoul) this.#mischief.afterInbound(customer, at);
      },
      onSend: (customer, inReplyTo) => {
        if (isFoul && inReplyTo === undefined) this.#mischief.aroundSend(customer);
        onSend(customer, inReplyTo);
      },
    });
  }

  async run(): Promise<Report> {
    // Errors are made by the million here, and nobody reads where.
    Error.stackTraceLimit = 0;
    const { seed, isFoul, traffic } = this.#scenario;
    this.#traffic.start();
    if (isFoul) this.#troubles.plan(traffic.shifts);
    // Long enough for whatever still runs when the last shift ends, stalls included.
    await this.#timeline.run((traffic.shifts.at(-1)?.to ?? START_AT) + 3_600_000);
    return this.#tally.report(seed, this.#oracle.violations, this.#network, this.#weather);
  }

  #inbound(customer: number, at: number): void {
    const { knowledge, readLagMs, isWarm, isFoul } = this.#scenario;
    const isEarlier = at < START_AT;
    this.#customers.write(customer, at, isEarlier ? at : at + this.#surroundings.between(0, readLagMs));
    if (isFoul && !isEarlier && this.#platform.chance(0.01)) this.#closeEarly(customer, at);
    if (knowledge === 'lookups' || (isEarlier && !isWarm)) return;
    if (isEarlier) this.#tell(customer, at);
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

  #tell(customer: number, at: number): void {
    this.#told.inbound(customer, at);
    void this.#subject.inbound(customer, at);
  }

  #send(customer: number, inReplyTo: number | undefined): void {
    const isSeen = inReplyTo !== undefined && this.#events.isSeen(customer, inReplyTo);
    if (this.#scenario.knowledge === 'observed' && isSeen) this.#tell(customer, inReplyTo);
    const asked = this.#oracle.arrived(customer, this.#timeline, this.#starts);
    const answer = this.#subject.decide(customer);
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
    this.#timeline.ours(now + this.#platform.spread(500, 60_000), () => {
      this.#tally.count('refusal');
      this.#told.refused(asked.customer, now);
      this.#subject.refusal(asked.customer, now);
    });
  }
}
