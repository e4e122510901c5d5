import { TieredStore } from '../../../src/redis/windows/tiered-store.js';
import type { AnswerListener } from '../model/network.js';
import type { Timeline } from '../model/timeline.js';
import type { ExpectedKnowledge } from '../oracle/expected-knowledge.js';
import { ServerLink, type ServerLinkParts } from '../server/server-link.js';
import type { ForgetTarget } from '../server/windows.js';
import { GuardUnderTest, type SystemParts } from '../systems/systems-under-test.js';
import { LinkedFleet } from './linked-fleet.js';
import { LinkedWindows } from './linked-windows.js';

export interface FleetProcessParts extends Omit<SystemParts, 'timeline' | 'fetch' | 'store'> {
  readonly process: number;
  readonly processes: number;
  readonly timeline: Timeline;
  readonly expected: ExpectedKnowledge;
  readonly link: Omit<ServerLinkParts, 'process' | 'timeline'>;
  readonly fetchIn: (process: Timeline, onAnswer: AnswerListener) => typeof globalThis.fetch;
  readonly onAnswer: AnswerListener;
  readonly nextTombstone: () => string;
  readonly onForgotten: (target: ForgetTarget) => void;
}

/** One of the processes: a guard with its own store and its own link to the server. */
export class FleetProcess {
  readonly timeline: Timeline;
  readonly expected: ExpectedKnowledge;
  link: ServerLink;
  guard: GuardUnderTest;
  /** How often it has been started. */
  starts = 0;
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
    this.link = this.#connect();
    this.guard = this.#start();
  }

  /** Happens in this process, as soon as it is awake. */
  run(act: () => void): void {
    const { timeline } = this;
    if (timeline.now >= timeline.stalledUntil) act();
    else timeline.inProcess(timeline.now, act);
  }

  #connect(): ServerLink {
    const { process, timeline, link } = this.#parts;
    return new ServerLink({ ...link, process, timeline });
  }

  #start(): GuardUnderTest {
    const { timeline, expected, processes, directory, windows, nextTombstone, onForgotten, onAnswer, fetchIn } =
      this.#parts;
    const { link } = this;
    this.starts += 1;
    const start = this.starts;
    const now = (): number => timeline.now;
    const shared = new LinkedWindows({ link, now, nextTombstone, onForgotten });
    const store = new TieredStore({ remote: shared, max: windows, now: timeline.clock().now });
    const fleet = new LinkedFleet({
      process: `${this.#parts.process}.${start}`,
      link,
      timeline,
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
        forget: (target) => store.forget(target),
        fleet,
      },
    });
  }
}
