import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Fault, faults as redisFaults } from '../fleet/faults.js';
import { type Customer, Customers } from '../fleet/model/customers.js';
import { Traffic } from '../fleet/model/traffic.js';
import { type ProxyHandle, startProxyProcess } from '../fleet/processes/proxy-handle.js';
import { Deck, Random } from '../simulation/model/random.js';
import { freePort, type RedisServer, startRedis } from '../support/redis-process.js';
import { Bird, type Place } from './model/bird.js';
import { type BirdFault, BirdHealth, birdFaults } from './model/bird-faults.js';
import { Client } from './model/client.js';
import { Streams } from './model/streams.js';
import type { Closed, FromService, ServiceSetup, ServiceTotals } from './processes/messages.js';
import { ServiceHandle } from './processes/service-handle.js';
import { MIN_READINGS, type Reading } from './results/heap.js';
import { type RedisUse, redisUse } from './results/redis-keys.js';

export interface SoakOptions {
  readonly minutes: number;
  readonly sendsPerSecond: number;
  readonly processes: number;
  readonly seed: number;
  readonly plant?: string | undefined;
}

/** What one service did, and what it left. */
export interface ServiceResult {
  readonly heap: readonly Reading[];
  /** Compiled code at the first reading and at the last, beside `heap`. */
  readonly codeBytes: readonly [first: number, last: number];
  readonly maxResidentBytes: number;
  readonly closed: Closed;
  readonly totals: ServiceTotals;
  readonly hasEnded: boolean;
  /** Recipients in its decision log, all files together, those that were dropped included. */
  readonly logged: number;
  readonly logFiles: number;
}

export interface SoakResult {
  readonly seconds: number;
  /** Whether it was long enough for code and caches to settle. */
  readonly isLong: boolean;
  readonly sent: number;
  readonly answered: number;
  readonly left: number;
  readonly unanswered: number;
  readonly verdicts: ReadonlyMap<string, number>;
  readonly eventAnswers: Readonly<Record<string, number>>;
  readonly streams: { readonly opened: number; readonly events: number; readonly open: number };
  readonly happened: ReadonlyMap<string, number>;
  readonly mistakes: readonly string[];
  readonly services: readonly ServiceResult[];
  readonly redis: RedisUse | undefined;
  readonly closeTimeoutMs: number;
}

const TICK_MS = 10;
const MAX_SAMPLE_EVERY_MS = 10_000;
/** With several processes each customer is met by all of them, and there are fewer: what is remembered of each soon is. */
const CUSTOMERS = 7_000;
/** Fewer than customers: what is remembered is evicted all the time. */
const MAX_WINDOWS = 4_000;
const MAX_REPLY_MS = 3_000;
const CLOSE_TIMEOUT_MS = 5_000;
/** Longer than any decision takes, even on a busy machine. */
const LAST_ANSWERS_MS = 5_000;
/** A machine that cannot keep up gets no more, and the rate that was reached is told. */
const MAX_OPEN = 600;
/** The local Bird opens a connection for each event. With so many the service cannot keep up, and more would be lost. */
const MAX_SOCKETS = 1_200;
const LOOK_EVERY_MS = 100;
/** How many times as long a run may last on a machine that is too busy to give readings. */
const MAX_STRETCH = 4;
/** What a fault may take beyond its time. */
const MAX_FAULT_MS = 60_000;
/** Sends that are under way when the guards are closed. */
const SENDS_AT_CLOSE = 200;
/** There is one proxy, and what the last of them writes has no end. */
const UNWANTED_FAULTS: readonly string[] = ['all processes cut off', 'all keys corrupted, twice'];
const SIGNING_KEY = 'the signing key of this soak';

const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Services under load for a while, with faults, and their end. */
export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  const directory = await mkdtemp(join(tmpdir(), 'freeform-guard-soak-'));
  const soak = new Soak(options, directory);
  try {
    return await soak.run();
  } finally {
    await soak.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

class Soak {
  readonly #options: SoakOptions;
  readonly #directory: string;
  readonly #random: Random;
  readonly #client: Client;
  readonly #happened = new Map<string, number>();
  readonly #stops: (() => unknown)[] = [];
  #services: readonly ServiceHandle[] = [];
  #isPaused = false;
  #waiting: (() => void)[] = [];

  constructor(options: SoakOptions, directory: string) {
    this.#options = options;
    this.#directory = directory;
    this.#random = new Random(options.seed, 0);
    this.#client = new Client(new Random(options.seed, 1));
  }

  async stop(): Promise<void> {
    for (const service of this.#services) service.kill();
    this.#client.close();
    for (const stop of this.#stops.toReversed()) await stop();
  }

  async run(): Promise<SoakResult> {
    const bird = await Bird.start();
    this.#stops.push(() => bird.close());
    const health = new BirdHealth(new Random(this.#options.seed, 2), (switches) => bird.set(switches));
    const { redis, proxies } = await this.#startRedis();
    this.#services = await this.#startServices(bird, redis, proxies);
    const customers = this.#gather(bird);
    bird.run(health.fault);
    await this.#prime(bird, customers);
    const streams = new Streams(new Random(this.#options.seed, 3), () => this.#urlOfStream(bird, customers));
    const { heaps, codes, residents, seconds } = await this.#drive({
      bird,
      health,
      redis,
      proxies,
      customers,
      streams,
    });
    const eventAnswers = await bird.answersToEvents();
    const use = redis && (await redisUse(redis));
    const ends = await this.#end(bird, health, customers, streams);
    const logs = await Promise.all(this.#services.map((_, index) => this.#readLogs(index)));
    const services = ends.map((end, index) => ({
      ...end,
      heap: heaps[index] ?? [],
      codeBytes: [codes[index]?.[0] ?? 0, codes[index]?.at(-1) ?? 0] as const,
      maxResidentBytes: Math.max(...(residents[index] ?? [])),
      logged: logs[index]?.recipients ?? 0,
      logFiles: logs[index]?.files ?? 0,
    }));
    const { sent, answered, left, open, verdicts } = this.#client;
    return {
      seconds,
      isLong: isLong(this.#options),
      sent,
      answered,
      left,
      unanswered: open,
      verdicts,
      eventAnswers,
      streams: { opened: streams.opened, events: streams.events, open: streams.open },
      happened: this.#happened,
      mistakes: [...this.#client.mistakes, ...streams.mistakes],
      services,
      redis: use,
      closeTimeoutMs: CLOSE_TIMEOUT_MS,
    };
  }

  async #startRedis(): Promise<{ redis: RedisServer | undefined; proxies: ProxyHandle[] }> {
    if (this.#options.processes === 1) return { redis: undefined, proxies: [] };
    const redis = await startRedis('--maxmemory-policy', 'noeviction');
    this.#stops.push(() => redis.stop());
    // In front of the first process only: proxies take part of what the machine can do.
    const proxy = await startProxyProcess(program('../fleet/processes/proxy-process.js'), redis.port);
    this.#stops.push(() => proxy.close());
    return { redis, proxies: [proxy] };
  }

  async #startServices(
    bird: Bird,
    redis: RedisServer | undefined,
    proxies: readonly ProxyHandle[],
  ): Promise<ServiceHandle[]> {
    const { processes, plant } = this.#options;
    const { enforced, observed, holdChannelId, blockChannelId } = bird;
    const start = async (index: number): Promise<ServiceHandle> => {
      const redisPort = proxies[index]?.port ?? redis?.port;
      const setup: ServiceSetup = {
        port: await freePort(),
        birdUrl: bird.url,
        enforced: { id: enforced.id, accessKey: enforced.accessKey, holdChannelId, blockChannelId },
        observed: { id: observed.id, accessKey: observed.accessKey },
        signingKey: SIGNING_KEY,
        logPath: this.#logPath(index),
        max: Math.round(MAX_WINDOWS / processes),
        redis: redisPort === undefined ? undefined : { port: redisPort, processes },
        isFilled: isLong(this.#options),
        plant,
      };
      return ServiceHandle.start(program('processes/service-process.js'), setup);
    };
    const services = await Promise.all(Array.from({ length: processes }, (_, index) => start(index)));
    // The events of each channel go to one process, as behind a load balancer.
    for (const [index, { workspace, channelId }] of bird.places.entries()) {
      const port = services[index % services.length]?.port;
      const url = `http://127.0.0.1:${port}/events/${workspace.id}`;
      workspace.subscribe({
        url,
        signingKey: SIGNING_KEY,
        channelId,
        events: ['whatsapp.inbound', 'whatsapp.outbound'],
      });
    }
    return services;
  }

  #gather(bird: Bird): Customers {
    const customers = new Customers({
      random: this.#random,
      startAt: Date.now(),
      runMs: this.#options.minutes * 60_000,
      customers: Math.round(CUSTOMERS / this.#options.processes),
      probes: 0,
      newContact: (address) => bird.newContact(address, this.#random),
    });
    bird.set({ webhookLoss: 'all' });
    bird.remember(customers.all);
    bird.set({ webhookLoss: 'none' });
    return customers;
  }

  /** Each service knows its channels before Bird has faults: an event of a channel that nobody knows cannot be accepted. */
  async #prime(bird: Bird, { groups }: Customers): Promise<void> {
    for (const place of bird.places) {
      const customer = groups.open.find((one) => isOn(bird.placeOf(one), place));
      for (const { port } of this.#services) if (customer !== undefined) this.#client.send({ port, place, customer });
    }
    await this.#answeredAll();
  }

  #urlOfStream(bird: Bird, { groups }: Customers): string {
    const customer = this.#random.pick(this.#random.chance(0.5) ? groups.open : groups.closed);
    const { workspace, channelId } = bird.placeOf(customer);
    const port = this.#random.pick(this.#services).port;
    return `http://127.0.0.1:${port}/windows/${workspace.id}/${channelId}/${customer.contactId}`;
  }

  async #drive(parts: {
    readonly bird: Bird;
    readonly health: BirdHealth;
    readonly redis: RedisServer | undefined;
    readonly proxies: readonly ProxyHandle[];
    readonly customers: Customers;
    readonly streams: Streams;
  }): Promise<{ heaps: Reading[][]; codes: number[][]; residents: number[][]; seconds: number }> {
    const { bird, customers, streams } = parts;
    const runMs = this.#options.minutes * 60_000;
    const startedAt = performance.now();
    const endsAt = startedAt + runMs;
    const traffic = this.#traffic(bird, customers);
    let hasRoom = true;
    const looks = setInterval(() => {
      hasRoom = openSockets() < MAX_SOCKETS;
    }, LOOK_EVERY_MS);
    const ticks = setInterval(() => {
      bird.catchUp();
      streams.tick();
      traffic.tick(() => !this.#isPaused && hasRoom && this.#client.open < MAX_OPEN);
    }, TICK_MS);
    const happening = this.#letThingsHappen(parts, endsAt);
    const heaps: Reading[][] = this.#services.map(() => []);
    const codes: number[][] = this.#services.map(() => []);
    const residents: number[][] = this.#services.map(() => []);
    const everyMs = Math.min(MAX_SAMPLE_EVERY_MS, runMs / 12);
    // A sample that takes long on a busy machine must not take from the traffic after it.
    const isEnough = (): boolean => heaps.every(({ length }) => length >= MIN_READINGS);
    const givesUpAt = startedAt + MAX_STRETCH * runMs;
    while (performance.now() + everyMs <= (isEnough() ? endsAt : givesUpAt)) {
      await sleep(everyMs);
      const samples = await this.#sample();
      for (const [index, { sample, isQuiet }] of samples.entries()) {
        const reading = { at: (performance.now() - startedAt) / 1000, bytes: sample.heapBytes };
        if (isQuiet) heaps[index]?.push(reading);
        codes[index]?.push(sample.codeBytes);
        residents[index]?.push(sample.residentBytes);
      }
      await this.#rotateLogs();
    }
    await happening;
    traffic.stop();
    clearInterval(ticks);
    clearInterval(looks);
    const seconds = (performance.now() - startedAt) / 1000;
    await this.#answeredAll();
    return { heaps, codes, residents, seconds };
  }

  #traffic(bird: Bird, customers: Customers): Traffic {
    const random = this.#random;
    const options = { sendsPerSecond: this.#options.sendsPerSecond, maxReplyMs: MAX_REPLY_MS };
    return new Traffic(options, {
      customers,
      random,
      write: (customer, onObserved) => {
        bird.write(customer, random.chance(0.02) ? 'STOP' : 'Where is it?');
        onObserved();
      },
      send: (customer) => this.#whenRunning(() => this.#send(bird, customer, customers)),
    });
  }

  /** Replies that fall due in a pause come after it. */
  #whenRunning(act: () => void): void {
    if (this.#isPaused) this.#waiting.push(act);
    else act();
  }

  #send(bird: Bird, customer: Customer, { groups }: Customers): void {
    const random = this.#random;
    const place = bird.placeOf(customer);
    const another = random.chance(0.05) ? random.pick(groups.open) : undefined;
    const second = another !== undefined && isOn(place, bird.placeOf(another)) ? another : undefined;
    const leavesAfterMs = random.chance(0.01) ? random.between(1, 50) : undefined;
    this.#client.send({ port: random.pick(this.#services).port, place, customer, second, leavesAfterMs });
  }

  /** One fault after the other, with quiet in between. */
  async #letThingsHappen(
    { health, redis, proxies }: { health: BirdHealth; redis: RedisServer | undefined; proxies: readonly ProxyHandle[] },
    endsAt: number,
  ): Promise<void> {
    const random = new Random(this.#options.seed, 4);
    const ofBird = birdFaults.map((fault) => ({ fault, isOfBird: true as const }));
    const ofRedis = redisFaults
      .filter(({ name }) => !UNWANTED_FAULTS.includes(name))
      .map((fault) => ({ fault, isOfBird: false as const }));
    const deck = new Deck([...ofBird, ...(redis === undefined ? [] : ofRedis)], random);
    // The end comes in good days.
    while (performance.now() < endsAt - 9_000) {
      await sleep(random.between(500, 3_000));
      const { fault, isOfBird } = deck.draw();
      this.#happened.set(fault.name, (this.#happened.get(fault.name) ?? 0) + 1);
      const happens = isOfBird
        ? this.#oneOfBird(fault, health, random.between(500, 4_000))
        : redis && this.#oneOfRedis(fault, redis, proxies);
      const hangs = sleep(MAX_FAULT_MS, 'hangs', { ref: false });
      if ((await Promise.race([happens, hangs])) === 'hangs') throw new Error(`The fault '${fault.name}' hangs`);
    }
  }

  async #oneOfBird(fault: BirdFault, health: BirdHealth, durationMs: number): Promise<void> {
    health.begin(fault);
    await sleep(durationMs);
    health.end();
  }

  async #oneOfRedis(fault: Fault, redis: RedisServer, proxies: readonly ProxyHandle[]): Promise<void> {
    await fault.begin({ redis, proxies });
    await sleep(fault.durationMs);
    await fault.end({ redis, proxies });
  }

  /** While nothing is under way, because a request under way takes memory too. */
  async #sample(): Promise<Extract<FromService, { kind: 'sample' }>[]> {
    this.#isPaused = true;
    await this.#answeredAll();
    const replies = await Promise.all(this.#services.map((service) => service.ask({ kind: 'sample' }, 'sample')));
    this.#isPaused = false;
    for (const act of this.#waiting.splice(0)) act();
    return replies;
  }

  async #answeredAll(): Promise<void> {
    const giveUpAt = performance.now() + LAST_ANSWERS_MS;
    while (this.#client.open > 0 && performance.now() < giveUpAt) await sleep(10);
  }

  /** With reads under way that get no answer, and requests that wait for them. */
  async #end(
    bird: Bird,
    health: BirdHealth,
    { groups }: Customers,
    streams: Streams,
  ): Promise<{ closed: Closed; totals: ServiceTotals; hasEnded: boolean }[]> {
    const ticks = setInterval(() => bird.catchUp(), TICK_MS);
    health.stall();
    streams.stop();
    const send = (count: number): void => {
      for (let index = 0; index < count; index += 1) {
        const customer = this.#random.pick(groups.strangers);
        const port = this.#services[index % this.#services.length]?.port ?? 0;
        this.#client.send({ port, place: bird.placeOf(customer), customer });
      }
    };
    send(SENDS_AT_CLOSE);
    await sleep(50);
    const asked = this.#services.map(async (service) => {
      const { closed, totals } = await service.ask({ kind: 'close', timeoutMs: CLOSE_TIMEOUT_MS }, 'closed');
      return { closed, totals, hasEnded: await service.hasEnded() };
    });
    // A service goes on receiving requests for a while.
    send(SENDS_AT_CLOSE / 4);
    const ends = await Promise.all(asked);
    await this.#answeredAll();
    clearInterval(ticks);
    return ends;
  }

  #logPath(index: number): string {
    return join(this.#directory, `decisions-${index}.jsonl`);
  }

  async #rotateLogs(): Promise<void> {
    for (const index of this.#services.keys()) {
      // It is not there yet if nothing was decided since it was renamed.
      await rename(this.#logPath(index), `${this.#logPath(index)}.${Date.now()}`).catch(() => {});
    }
  }

  async #readLogs(index: number): Promise<{ recipients: number; files: number }> {
    const all = await readdir(this.#directory);
    const names = all.filter((name) => join(this.#directory, name).startsWith(this.#logPath(index)));
    let recipients = 0;
    for (const name of names) {
      const text = await readFile(join(this.#directory, name), 'utf8');
      for (const line of text.split('\n').filter((one) => one !== '')) {
        const { recipients: count, dropped } = JSON.parse(line) as { recipients?: number; dropped?: number };
        recipients += count ?? dropped ?? 0;
      }
    }
    return { recipients, files: names.length };
  }
}

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;
}

function isLong({ minutes }: SoakOptions): boolean {
  return minutes >= 4;
}

function isOn(one: Place, other: Place): boolean {
  return one.channelId === other.channelId;
}
