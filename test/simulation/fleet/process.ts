import { RedisWindows } from '../../../src/redis/windows/redis-windows.js';
import { TieredStore } from '../../../src/redis/windows/tiered-store.js';
import type { AnswerListener } from '../model/network.js';
import type { Timeline } from '../model/timeline.js';
import type { ExpectedKnowledge } from '../oracle/expected-knowledge.js';
import { ServerLink, type ServerLinkParts } from '../server/server-link.js';
import { type ForgetTarget, keys, options } from '../server/windows.js';
import { GuardUnderTest, type SystemParts } from '../systems/systems-under-test.js';
import { ObservedFleet } from './observed-fleet.js';

export interface FleetProcessParts extends Omit<SystemParts, 'timeline' | 'fetch' | 'store'> {
  readonly process: number;
  readonly processes: number;
  readonly timeline: Timeline;
  readonly expected: ExpectedKnowledge;
  readonly link: Omit<ServerLinkParts, 'process' | 'writer' | 'timeline'>;
  readonly fetchIn: (process: Timeline, onAnswer: AnswerListener) => typeof globalThis.fetch;
  readonly onAnswer: AnswerListener;
  /** When the reads started whose answers are shared. */
  readonly starts: Map<string, number>;
  /** Somebody wants a server to forget windows. */
  readonly onForget: (target: ForgetTarget) => void;
}

/** One of the processes: a guard with the parts of `redisStore`, over its own link to the server. */
export class FleetProcess {
  readonly timeline: Timeline;
  readonly expected: ExpectedKnowledge;
  link: ServerLink;
  guard: GuardUnderTest;
  /** How often it has been started. */
  starts = 1;
  readonly #parts: FleetProcessParts;

  constructor(parts: FleetProcessParts) {
    this.#parts = parts;
    this.timeline = parts.timeline;
    this.expected = parts.expected;
    this.link = this.#connect();
    this.guard = this.#start();
  }

  /** Its memory is gone, and what it was doing is never finished. */
  restart(): void {
    this.link.close();
    this.expected.forget();
    this.starts += 1;
    this.link = this.#connect();
    this.guard = this.#start();
  }

  /** Happens in this process, as soon as it is awake. */
  run(act: () => void): void {
    const { timeline } = this;
    if (timeline.now >= timeline.stalledUntil) act();
    else timeline.inProcess(timeline.now, act);
  }

  /** Another one each time that it is started. */
  get #writer(): string {
    return `${this.#parts.process}.${this.starts}`;
  }

  #connect(): ServerLink {
    const { process, timeline, link } = this.#parts;
    return new ServerLink({ ...link, process, writer: this.#writer, timeline });
  }

  #start(): GuardUnderTest {
    const { timeline, expected, processes, directory, windows, onForget, onAnswer, fetchIn } = this.#parts;
    const { link, starts: start } = this;
    const { now } = timeline.clock();
    const { longestWindowMs } = options;
    const parts = { connection: link, writer: this.#writer, now };
    const remote = new RedisWindows({ ...parts, keys, longestWindowMs });
    const store = new TieredStore({ remote, max: windows, now });
    const fleet = new ObservedFleet({
      ...parts,
      clock: link.clock(),
      starts: this.#parts.starts,
      instances: processes,
      startedAt: (ref) => expected.known(directory.customerOfContact(ref)).askedAt,
      onAnswered: (ref, startedAt) => expected.shown(directory.customerOfContact(ref), startedAt),
      count: this.#parts.link.count,
    });
    const ask = fetchIn(timeline, (exchange, answer) => {
      if (start === this.starts) expected.answered(exchange, answer);
      onAnswer(exchange, answer);
    });
    // A process that is gone asks nothing more.
    const fetch: typeof globalThis.fetch = (input, init) =>
      start === this.starts ? ask(input, init) : new Promise(() => {});
    return new GuardUnderTest({
      ...this.#parts,
      fetch,
      store: {
        get: (key) => store.get(key),
        merge: (key, evidence) => store.merge(key, evidence),
        forget: (target) => {
          onForget(target);
          return store.forget(target);
        },
        fleet,
      },
    });
  }
}
