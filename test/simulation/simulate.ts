import { Customers } from './customers.js';
import { Directory } from './directory.js';
import { FakeBird } from './fake-bird.js';
import { type FaultSource, noFaults } from './faults.js';
import { Network } from './network.js';
import { Oracle } from './oracle.js';
import { Random } from './random.js';
import { type Answer, GuardSubject, type Subject, type SubjectParts } from './subjects.js';
import { Timeline } from './timeline.js';
import { Traffic, type TrafficOptions } from './traffic.js';

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
  readonly faults?: ((random: Random) => FaultSource) | undefined;
  readonly subject?: ((parts: SubjectParts) => Subject) | undefined;
}

export interface Report {
  readonly seed: number;
  readonly decisions: number;
  /** What happened how often. */
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
  readonly reads: number;
  readonly busiestSecond: number;
  /** Ms that the slowest decisions took, of virtual time: the 99th percentile and the longest. */
  readonly p99Ms: number;
  readonly longestMs: number;
  /** Sends that were never decided. */
  readonly hangs: number;
  /** Of all decisions, in their order: the same seed gives the same. */
  readonly trace: string;
}

export const START_AT: number = Date.UTC(2026, 0, 5, 9);

/** Runs one scenario to its end. */
export async function simulate(scenario: Scenario): Promise<Report> {
  return new Simulation(scenario).run();
}

const DEADLINE_MS = 800;

class Simulation {
  readonly #scenario: Scenario;
  readonly #timeline = new Timeline(START_AT);
  readonly #customers: Customers;
  readonly #bird: FakeBird;
  readonly #network: Network;
  readonly #oracle: Oracle;
  readonly #traffic: Traffic;
  readonly #subject: Subject;
  /** Chance for what lies around the customers: delays of events and of what Bird shows. */
  readonly #random: Random;
  readonly #durations: number[] = [];
  #pending = 0;
  #trace = 0x811c9dc5;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    const {
      seed,
      traffic,
      faults = () => noFaults,
      subject = (parts) => new GuardSubject(parts, { memory: 1_000_000 }),
    } = scenario;
    const timeline = this.#timeline;
    this.#random = new Random(seed, 1);
    const customers = new Customers(scenario.customers);
    const directory = new Directory(scenario.workspaces, 4);
    this.#customers = customers;
    this.#bird = new FakeBird({ customers, directory, closedWindow: seed % 2 === 0 ? 'null' : 'past' });
    this.#oracle = new Oracle({ customers, directory, clockBoundMs: 0 });
    const random = new Random(seed, 2);
    this.#network = new Network({
      timeline,
      bird: this.#bird,
      random,
      faults: faults(new Random(seed, 3)),
      onAnswer: (exchange, answer) => this.#oracle.answered(exchange, answer),
    });
    const accessKey = (id: string): string => this.#bird.accessKeys.get(id) ?? '';
    this.#subject = subject({ timeline, directory, fetch: this.#network.fetch, accessKey });
    this.#traffic = new Traffic(traffic, {
      timeline,
      random: new Random(seed, 0),
      customers,
      onInbound: (customer, at) => this.#inbound(customer, at),
      onSend: (customer, inReplyTo) => this.#send(customer, inReplyTo),
    });
  }

  async run(): Promise<Report> {
    this.#traffic.start();
    const end = this.#scenario.traffic.shifts.at(-1)?.to ?? START_AT;
    await this.#timeline.run(end + 2 * DEADLINE_MS);
    const { counts, violations } = this.#oracle;
    const durations = this.#durations.sort((a, b) => a - b);
    return {
      counts,
      violations,
      seed: this.#scenario.seed,
      decisions: (counts.allow ?? 0) + (counts.deny ?? 0) + (counts.unknown ?? 0),
      reads: this.#network.reads,
      busiestSecond: this.#network.busiestSecond,
      p99Ms: durations[Math.floor(durations.length * 0.99)] ?? 0,
      longestMs: durations.at(-1) ?? 0,
      hangs: this.#pending,
      trace: (this.#trace >>> 0).toString(16).padStart(8, '0'),
    };
  }

  #inbound(customer: number, at: number): void {
    const { knowledge, readLagMs, isWarm } = this.#scenario;
    const isEarlier = at < START_AT;
    this.#customers.write(customer, at, isEarlier ? at : at + this.#random.between(0, readLagMs));
    if (knowledge === 'lookups' || (isEarlier && !isWarm)) return;
    if (isEarlier) this.#tell(customer, at);
    else this.#timeline.ours(at + this.#random.spread(100, 1500), () => this.#tell(customer, at));
  }

  #tell(customer: number, at: number): void {
    this.#oracle.told(customer, at);
    this.#subject.inbound(customer, at);
  }

  #send(customer: number, inReplyTo: number | undefined): void {
    const { now } = this.#timeline;
    if (this.#scenario.knowledge === 'observed' && inReplyTo !== undefined) this.#tell(customer, inReplyTo);
    const asked = this.#oracle.arrived(customer, now);
    const answer = this.#subject.decide(customer);
    if (!(answer instanceof Promise)) return this.#decided(asked, answer);
    this.#pending += 1;
    answer.then(
      (late) => {
        this.#pending -= 1;
        this.#decided(asked, late);
      },
      () => this.#oracle.violation(`INV-8: rejected: customer ${customer}`),
    );
  }

  #decided(asked: ReturnType<Oracle['arrived']>, answer: Answer): void {
    const { now } = this.#timeline;
    this.#oracle.decided(asked, answer, now);
    if (now > asked.arrivedAt) this.#durations.push(now - asked.arrivedAt);
    this.#note(asked.customer, asked.arrivedAt, now, answer.reason.length * 3 + answer.verdict.length);
  }

  #note(...numbers: readonly number[]): void {
    for (const number of numbers) this.#trace = Math.imul(this.#trace ^ ((number % 4_294_967_291) | 0), 0x01000193);
  }
}
