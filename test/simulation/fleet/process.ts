import type { RedisStore } from '../../../src/redis/shared-store.js';
import type { AnswerListener } from '../model/network.js';
import type { Timeline } from '../model/timeline.js';
import type { ExpectedKnowledge } from '../oracle/expected-knowledge.js';
import { ServerLink, type ServerLinkParts } from '../server/server-link.js';
import { GuardUnderTest, type SystemParts } from '../systems/systems-under-test.js';
import { type Meanings, observedStore } from './observed-store.js';
import { storeOver } from './shared-store.js';

export interface FleetProcessParts extends Omit<SystemParts, 'timeline' | 'fetch' | 'store'> {
  readonly process: number;
  readonly processes: number;
  readonly timeline: Timeline;
  readonly expected: ExpectedKnowledge;
  readonly link: Omit<ServerLinkParts, 'process' | 'timeline'>;
  readonly fetchIn: (process: Timeline, onAnswer: AnswerListener) => typeof globalThis.fetch;
  readonly onAnswer: AnswerListener;
  readonly meanings: Meanings;
}

/** One of the processes: a guard with its own store and its own link to the server. */
export class FleetProcess {
  readonly timeline: Timeline;
  readonly expected: ExpectedKnowledge;
  link: ServerLink;
  guard: GuardUnderTest;
  #store: RedisStore;
  /** How often it has been started. */
  starts = 0;
  readonly #parts: FleetProcessParts;

  constructor(parts: FleetProcessParts) {
    this.#parts = parts;
    this.timeline = parts.timeline;
    this.expected = parts.expected;
    this.link = this.#connect();
    this.#store = this.#open();
    this.guard = this.#start();
  }

  /** Its memory is gone, and what it was doing is never finished. */
  restart(): void {
    this.link.close();
    this.#store.close();
    this.expected.forget();
    this.link = this.#connect();
    this.#store = this.#open();
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

  #open(): RedisStore {
    const { link, timeline } = this;
    const { processes: instances, windows: max } = this.#parts;
    const store = storeOver(link, timeline, { instances, max });
    link.isReachable = () => store.health().reachable;
    return store;
  }

  #start(): GuardUnderTest {
    const { timeline, expected, directory, meanings, onAnswer, fetchIn } = this.#parts;
    const { count } = this.#parts.link;
    const { link } = this;
    this.starts += 1;
    const start = this.starts;
    const ask = fetchIn(timeline, (exchange, answer) => {
      if (start === this.starts) expected.answered(exchange, answer);
      onAnswer(exchange, answer);
    });
    // A process that is gone asks nothing more.
    const fetch: typeof globalThis.fetch = (input, init) =>
      start === this.starts ? ask(input, init) : new Promise(() => {});
    const store = observedStore({ store: this.#store, link, timeline, expected, directory, meanings, count });
    return new GuardUnderTest({ ...this.#parts, fetch, store });
  }
}
