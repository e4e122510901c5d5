import { Weather } from '../faults/read-faults.js';
import { Customers } from '../model/customers.js';
import { Directory } from '../model/directory.js';
import { FakeBird } from '../model/fake-bird.js';
import { Network } from '../model/network.js';
import { Random } from '../model/random.js';
import { Timeline } from '../model/timeline.js';
import { Told } from '../oracle/expected-knowledge.js';
import { Oracle } from '../oracle/oracle.js';
import { Tally } from '../report.js';
import { LinkWeather } from '../server/redis-link-faults.js';
import { Servers } from '../server/servers.js';
import { CLOCK_BOUND_MS, type Scenario, START_AT } from '../simulate.js';
import { type FleetCase, FleetKnowledge } from './knowledge.js';
import { FleetProcess } from './process.js';

const PROCESSES = 4;
/** More than any of the processes meets in a run: what one was told it must not lose. */
const WINDOWS = 20_000;

/** Reads that another server has granted start within a third of a second, and are forgotten after a second more. */
const ONE_SERVER_AFTER_MS = 2_000;

/** The streams of chance, kept apart so that none depends on how often another is asked. */
const streams = {
  traffic: 0,
  surroundings: 1,
  network: 2,
  weather: 3,
  troubles: 4,
  mischief: 5,
  platform: 6,
  balance: 7,
  servers: 8,
  links: 9,
  fleetTroubles: 10,
  crowding: 11,
} as const;

/** Four processes with what lies around them: customers, Bird, the servers that they share, and who judges them. */
export class SimulatedFleet {
  /** Of no process: it never stands still. */
  readonly timeline: Timeline = new Timeline(START_AT);
  readonly tally: Tally = new Tally([]);
  readonly customers: Customers;
  readonly directory: Directory;
  readonly bird: FakeBird;
  readonly weather: Weather;
  readonly network: Network;
  readonly linkWeather: LinkWeather;
  readonly servers: Servers;
  /** What any process was told, whatever became of it. */
  readonly ever: Told;
  readonly processes: readonly FleetProcess[];
  readonly knowledge: FleetKnowledge;
  readonly oracle: Oracle<FleetCase>;
  /** The key that the application gives to the guards, by workspace id. */
  readonly keysInUse: Map<string, string>;
  /** The most reads of one workspace within any 1000 ms while there was one server, reached by all or not. */
  busiestOneServer = 0;
  readonly #seed: number;
  #marks = 0;

  constructor({ seed, customers, workspaces }: Scenario) {
    const { timeline, count } = this;
    this.#seed = seed;
    this.customers = new Customers(customers);
    this.directory = new Directory(workspaces, 4, true);
    const closedWindow = seed % 2 === 0 ? 'null' : 'past';
    this.bird = new FakeBird({ customers: this.customers, directory: this.directory, closedWindow });
    this.keysInUse = new Map(this.bird.accessKeys);
    this.weather = new Weather({ random: this.chance('weather'), faulty: 0.1 });
    this.network = new Network({
      timeline,
      bird: this.bird,
      random: this.chance('network'),
      faults: this.weather,
      onRead: (inThisSecond) => this.#read(inThisSecond),
    });
    this.linkWeather = new LinkWeather(this.chance('links'), count);
    this.servers = new Servers({
      now: this.#now,
      random: this.chance('servers'),
      links: () => this.processes.map(({ link }) => link),
      onLoss: () => this.knowledge.lost(),
      count,
    });
    this.ever = new Told(customers, this.directory, timeline);
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

  chance(stream: keyof typeof streams): Random {
    return new Random(this.#seed, streams[stream]);
  }

  #process(process: number): FleetProcess {
    const { directory, count } = this;
    const timeline = this.timeline.another();
    return new FleetProcess({
      process,
      processes: PROCESSES,
      timeline,
      told: new Told(this.customers.count, directory, timeline),
      directory,
      windows: WINDOWS,
      accessKey: (id) => this.keysInUse.get(id) ?? '',
      link: {
        weather: this.linkWeather,
        find: () => this.servers.current,
        onHeard: (index, id) => this.knowledge.heard(index, id),
        count,
      },
      fetchIn: (inTimeline, onAnswer) => this.network.fetchIn(inTimeline, onAnswer),
      onAnswer: (exchange, answer) => this.ever.answered(exchange, answer),
      nextMark: () => {
        this.#marks += 1;
        return `mark-${this.#marks}`;
      },
      onForgotten: (target) => this.knowledge.forgotten(target),
    });
  }

  #read(inThisSecond: number): void {
    const isOneServer = this.servers.areOneFor(ONE_SERVER_AFTER_MS);
    if (isOneServer) this.busiestOneServer = Math.max(this.busiestOneServer, inThisSecond);
  }
}
