import { addressOfId } from '../../src/lookup/cached.js';
import { Customers } from './customers.js';
import { Directory } from './directory.js';
import { Dispatch } from './dispatch.js';
import { Events } from './events.js';
import { FakeBird } from './fake-bird.js';
import { type FleetCase, FleetKnowledge } from './fleet-knowledge.js';
import { FleetProcess } from './fleet-process.js';
import { FleetTroubles } from './fleet-troubles.js';
import { LinkWeather } from './link-weather.js';
import { Mischief } from './mischief.js';
import { Network } from './network.js';
import { Oracle } from './oracle.js';
import { Random } from './random.js';
import { type Report, Tally } from './report.js';
import { mergeWindow } from './server-windows.js';
import { Servers } from './servers.js';
import { CLOCK_BOUND_MS, type Scenario, START_AT } from './simulate.js';
import { Timeline } from './timeline.js';
import { Told } from './told.js';
import { Traffic } from './traffic.js';
import { Troubles } from './troubles.js';
import { Weather } from './weather.js';

const PROCESSES = 4;

export interface FleetReport extends Report {
  /** The most reads of one workspace within any 1000 ms in which all processes could reach the limit that they share. */
  readonly busiestShared: number;
}

/** Runs one scenario with several processes that share a store, to its end. */
export async function simulateFleet(scenario: Scenario): Promise<FleetReport> {
  return new FleetSimulation(scenario).run();
}

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

class FleetSimulation {
  readonly #scenario: Scenario;
  /** Of no process: it never stands still. */
  readonly #timeline = new Timeline(START_AT);
  readonly #customers: Customers;
  readonly #directory: Directory;
  readonly #network: Network;
  readonly #weather: Weather;
  readonly #servers: Servers;
  readonly #processes: readonly FleetProcess[];
  readonly #ever: Told;
  readonly #knowledge: FleetKnowledge;
  readonly #oracle: Oracle<FleetCase>;
  readonly #tally = new Tally([]);
  readonly #events: Events;
  readonly #traffic: Traffic;
  readonly #troubles: Troubles;
  readonly #fleetTroubles: FleetTroubles;
  readonly #surroundings: Random;
  readonly #platform: Random;
  readonly #dispatch: Dispatch;
  readonly #count = (name: string): void => this.#tally.count(name);
  readonly #lastWriters: number[] = [];
  #marks = 0;
  #busiestShared = 0;

  constructor(scenario: Scenario) {
    const { seed } = scenario;
    const timeline = this.#timeline;
    const now = (): number => timeline.now;
    const count = this.#count;
    const chance = (stream: keyof typeof streams): Random => new Random(seed, streams[stream]);
    this.#scenario = scenario;
    this.#surroundings = chance('surroundings');
    this.#platform = chance('platform');
    const crowding = chance('crowding');
    const customers = new Customers(scenario.customers);
    this.#customers = customers;
    const directory = new Directory(scenario.workspaces, 4, true);
    this.#directory = directory;
    const bird = new FakeBird({ customers, directory, closedWindow: seed % 2 === 0 ? 'null' : 'past' });
    this.#weather = new Weather({ random: chance('weather'), faulty: 0.1 });
    this.#network = new Network({
      timeline,
      bird,
      random: chance('network'),
      faults: this.#weather,
      onRead: (inThisSecond) => this.#read(inThisSecond),
    });
    this.#servers = new Servers({
      now,
      random: chance('servers'),
      links: () => this.#processes.map(({ link }) => link),
      onLoss: () => this.#knowledge.lost(),
      count,
    });
    this.#ever = new Told(customers.count, directory, timeline);
    const keysInUse = new Map(bird.accessKeys);
    const linkWeather = new LinkWeather(chance('links'), count);
    this.#processes = Array.from({ length: PROCESSES }, (_, process) => {
      const own = timeline.another();
      return new FleetProcess({
        process,
        processes: PROCESSES,
        timeline: own,
        told: new Told(customers.count, directory, own),
        directory,
        windows: 20_000,
        accessKey: (id) => keysInUse.get(id) ?? '',
        link: {
          weather: linkWeather,
          find: () => this.#servers.current,
          onHeard: (index, id) => this.#knowledge.heard(index, id),
          count,
        },
        fetchIn: (inTimeline, onAnswer) => this.#network.fetchIn(inTimeline, onAnswer),
        onAnswer: (exchange, answer) => this.#ever.answered(exchange, answer),
        nextMark: () => {
          this.#marks += 1;
          return `mark-${this.#marks}`;
        },
        onForgotten: (target) => this.#knowledge.forgotten(target),
      });
    });
    this.#knowledge = new FleetKnowledge({
      processes: this.#processes,
      directory,
      customers: customers.count,
      ever: this.#ever,
      now,
      count,
    });
    this.#oracle = new Oracle({
      customers,
      count,
      clockBoundMs: CLOCK_BOUND_MS,
      known: (asked, answer) => this.#knowledge.known(asked, answer),
    });
    this.#dispatch = new Dispatch({
      timeline,
      random: chance('balance'),
      processes: this.#processes,
      customers,
      directory,
      ever: this.#ever,
      knowledge: this.#knowledge,
      oracle: this.#oracle,
      tally: this.#tally,
      tellsRefusals: scenario.knowledge !== 'lookups',
    });
    this.#events = new Events({
      timeline,
      random: this.#surroundings,
      isFoul: true,
      tell: (customer, at) => void this.#dispatch.tell(customer, at),
      count,
    });
    const troublesChance = chance('troubles');
    this.#troubles = new Troubles({
      timeline,
      random: troublesChance,
      bird,
      directory,
      keysInUse,
      victim: () => {
        const process = troublesChance.pick(this.#processes);
        return { timeline: process.timeline, restart: () => process.restart() };
      },
      count,
    });
    this.#fleetTroubles = new FleetTroubles({
      timeline,
      random: chance('fleetTroubles'),
      processes: this.#processes,
      servers: this.#servers,
      weather: linkWeather,
      forget: (what) => this.#forget(what),
      crowd: (ms) => this.#dispatch.crowd(customers.count - crowding.between(1, 500), 60, ms),
      count,
    });
    const onInbound = (customer: number, at: number): void => this.#inbound(customer, at);
    const onSend = (customer: number, inReplyTo?: number): void => this.#send(customer, inReplyTo);
    const mischief = new Mischief({ timeline, random: chance('mischief'), onInbound, onSend, count });
    this.#traffic = new Traffic(scenario.traffic, {
      timeline,
      random: chance('traffic'),
      customers,
      onInbound: (customer, at) => {
        onInbound(customer, at);
        mischief.afterInbound(customer, at);
      },
      onSend: (customer, inReplyTo) => {
        if (inReplyTo === undefined) {
          mischief.aroundSend(customer);
          this.#dispatch.crowd(customer, crowding.between(0, 6), 60);
        }
        onSend(customer, inReplyTo);
      },
    });
  }

  async run(): Promise<FleetReport> {
    Error.stackTraceLimit = 0;
    const { seed, traffic } = this.#scenario;
    this.#traffic.start();
    this.#troubles.plan(traffic.shifts);
    this.#fleetTroubles.plan(traffic.shifts);
    await this.#timeline.run((traffic.shifts.at(-1)?.to ?? START_AT) + 3_600_000);
    const report = this.#tally.report(seed, this.#oracle.violations, this.#network, this.#weather);
    return { ...report, busiestShared: this.#busiestShared };
  }

  #read(inThisSecond: number): void {
    const since = this.#timeline.now - 1_000;
    const isShared = this.#servers.areOne && this.#processes.every(({ link }) => link.isUndisturbedSince(since));
    if (isShared) this.#busiestShared = Math.max(this.#busiestShared, inThisSecond);
  }

  #inbound(customer: number, at: number): void {
    const { knowledge, readLagMs, isWarm } = this.#scenario;
    const isEarlier = at < START_AT;
    this.#customers.write(customer, at, isEarlier ? at : at + this.#surroundings.between(0, readLagMs));
    if (!isEarlier && this.#platform.chance(0.03)) this.#closeEarly(customer, at);
    if (this.#lastWriters.push(customer) > 1_000) this.#lastWriters.splice(0, 500);
    if (knowledge === 'lookups' || (isEarlier && !isWarm)) return;
    if (isEarlier) this.#keep(customer, at);
    else this.#events.inbound(customer, at);
  }

  /** What the processes were told before the simulation is on the server. */
  #keep(customer: number, at: number): void {
    const workspaceId = this.#directory.workspaceId(customer);
    const channelId = this.#directory.channelId(customer);
    const byAddress = { workspaceId, channelId, address: this.#directory.address(customer) };
    const byId = { ...byAddress, address: addressOfId(this.#directory.contactId(customer)) };
    mergeWindow(this.#servers.current, { key: byAddress, evidence: { lastInboundAt: at } }, at);
    mergeWindow(this.#servers.current, { key: byId, evidence: { contactWroteAt: at } }, at);
    this.#ever.inbound(customer, at);
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

  /** What an application has seen it tells one process before it replies by another. */
  #send(customer: number, inReplyTo: number | undefined): void {
    const isSeen = inReplyTo !== undefined && this.#events.isSeen(customer, inReplyTo);
    if (this.#scenario.knowledge !== 'observed' || !isSeen) return this.#dispatch.send(customer);
    const send = (): void => this.#dispatch.send(customer);
    void this.#dispatch.tell(customer, inReplyTo).then(() => this.#timeline.at(this.#timeline.now, send));
  }

  #forget(what: 'window' | 'channel'): void {
    const customer = this.#surroundings.pick(this.#lastWriters);
    if (what === 'window') this.#dispatch.forgetWindow(customer);
    else this.#dispatch.forgetChannel(customer);
  }
}
