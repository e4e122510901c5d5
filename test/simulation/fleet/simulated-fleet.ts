import { ReadFaults } from '../faults/read-faults.js';
import { Customers } from '../model/customers.js';
import { Directory } from '../model/directory.js';
import { FakeBird } from '../model/fake-bird.js';
import { Network } from '../model/network.js';
import type { Random } from '../model/random.js';
import { chanceOf, type Stream } from '../model/streams.js';
import { Timeline } from '../model/timeline.js';
import { ExpectedKnowledge } from '../oracle/expected-knowledge.js';
import { Oracle } from '../oracle/oracle.js';
import { Tally } from '../report.js';
import { CLOCK_BOUND_MS, type Scenario, START_AT } from '../scenario.js';
import { RedisLinkFaults } from '../server/redis-link-faults.js';
import { Servers } from '../server/servers.js';
import { type FleetCase, FleetKnowledge } from './knowledge.js';
import { Meanings } from './observed-store.js';
import { FleetProcess } from './process.js';
import { keys } from './shared-store.js';

const PROCESSES = 4;
/** More than any of the processes meets in a run, so that none is dropped. */
const WINDOWS = 20_000;

/** Reads that another server granted start within a third of a second, and count for a second more. */
const ONE_SERVER_AFTER_MS = 2_000;

/** Four processes and their surroundings: customers, Bird, the servers that they share, and the oracle. */
export class SimulatedFleet {
  /** Of no process: it is never stalled. */
  readonly timeline: Timeline = new Timeline(START_AT);
  readonly tally: Tally = new Tally([]);
  readonly customers: Customers;
  readonly directory: Directory;
  readonly bird: FakeBird;
  readonly readFaults: ReadFaults;
  readonly network: Network;
  readonly linkFaults: RedisLinkFaults;
  readonly servers: Servers;
  /** What any process has observed, whatever became of it. */
  readonly observedByAny: ExpectedKnowledge;
  readonly processes: readonly FleetProcess[];
  readonly knowledge: FleetKnowledge;
  readonly oracle: Oracle<FleetCase>;
  /** The key that the application gives to the guards, by workspace id. */
  readonly keysInUse: Map<string, string>;
  /** The most reads of one workspace within any 1000 ms while there was one server, reached by all or not. */
  busiestOneServer = 0;
  readonly #seed: number;
  readonly #meanings = new Meanings();

  constructor({ seed, customers, workspaces }: Scenario) {
    const { timeline, count } = this;
    this.#seed = seed;
    this.customers = new Customers(customers);
    this.directory = new Directory(workspaces, 4, true);
    const closedWindow = seed % 2 === 0 ? 'null' : 'past';
    this.bird = new FakeBird({ customers: this.customers, directory: this.directory, closedWindow });
    this.keysInUse = new Map(this.bird.accessKeys);
    this.readFaults = new ReadFaults({ random: this.chance('readFaults'), faulty: 0.1 });
    this.network = new Network({
      timeline,
      bird: this.bird,
      random: this.chance('network'),
      faults: this.readFaults,
      onRead: (inThisSecond) => this.#read(inThisSecond),
    });
    this.linkFaults = new RedisLinkFaults(this.chance('links'), count);
    this.servers = new Servers({
      now: this.#now,
      random: this.chance('servers'),
      links: () => this.processes.map(({ link }) => link),
      onLoss: () => this.knowledge.lost(),
      count,
    });
    this.observedByAny = new ExpectedKnowledge(customers, this.directory, timeline);
    this.processes = Array.from({ length: PROCESSES }, (_, process) => this.#process(process));
    this.knowledge = new FleetKnowledge({ ...this, customers, now: this.#now });
    this.oracle = new Oracle({
      customers: this.customers,
      count,
      clockBoundMs: CLOCK_BOUND_MS,
      known: (asked, answer) => this.knowledge.known(asked, answer),
    });
  }

  readonly count = (name: string): void => this.tally.count(name);

  readonly #now = (): number => this.timeline.now;

  chance(stream: Stream): Random {
    return chanceOf(this.#seed, stream);
  }

  #process(process: number): FleetProcess {
    const { directory, count } = this;
    const timeline = this.timeline.another();
    return new FleetProcess({
      process,
      processes: PROCESSES,
      timeline,
      expected: new ExpectedKnowledge(this.customers.count, directory, timeline),
      directory,
      windows: WINDOWS,
      accessKey: (id) => this.keysInUse.get(id) ?? '',
      link: {
        linkFaults: this.linkFaults,
        find: () => this.servers.current,
        keys,
        onNotified: (index, id) => this.knowledge.notified(index, id),
        onForgotten: (key) => this.#forgotten(key),
        count,
      },
      fetchIn: (inTimeline, onAnswer) => this.network.fetchIn(inTimeline, onAnswer),
      onAnswer: (exchange, answer) => this.observedByAny.answered(exchange, answer),
      meanings: this.#meanings,
    });
  }

  #forgotten(key: string): void {
    const target = this.#meanings.target(key);
    if (target !== undefined) this.knowledge.forgotten(target);
  }

  #read(inThisSecond: number): void {
    const isOneServer = this.servers.areOneFor(ONE_SERVER_AFTER_MS);
    if (isOneServer) this.busiestOneServer = Math.max(this.busiestOneServer, inThisSecond);
  }
}
