import { TieredStore } from '../../../src/redis/windows/tiered-store.js';
import type { AnswerListener } from '../model/network.js';
import type { Timeline } from '../model/timeline.js';
import type { Told } from '../oracle/expected-knowledge.js';
import { ServerLink, type ServerLinkParts } from '../server/server-link.js';
import type { ForgetTarget } from '../server/windows.js';
import { GuardSubject, type SubjectParts } from '../systems/systems-under-test.js';
import { LinkedFleet } from './linked-fleet.js';
import { LinkedWindows } from './linked-windows.js';

export interface FleetProcessParts extends Omit<SubjectParts, 'timeline' | 'fetch' | 'store'> {
  readonly process: number;
  readonly processes: number;
  readonly timeline: Timeline;
  readonly told: Told;
  readonly link: Omit<ServerLinkParts, 'process' | 'timeline'>;
  readonly fetchIn: (process: Timeline, onAnswer: AnswerListener) => typeof globalThis.fetch;
  readonly onAnswer: AnswerListener;
  readonly nextMark: () => string;
  readonly onForgotten: (target: ForgetTarget) => void;
}

/** One of the processes: a guard with a store of its own, over a link of its own. */
export class FleetProcess {
  readonly timeline: Timeline;
  readonly told: Told;
  link: ServerLink;
  guard: GuardSubject;
  /** How often it has been started. */
  starts = 0;
  readonly #parts: FleetProcessParts;

  constructor(parts: FleetProcessParts) {
    this.#parts = parts;
    this.timeline = parts.timeline;
    this.told = parts.told;
    this.link = this.#connect();
    this.guard = this.#start();
  }

  /** Its memory is gone, and whatever it was doing is never finished. */
  restart(): void {
    this.link.close();
    this.told.forget();
    this.link = this.#connect();
    this.guard = this.#start();
  }

  /** Happens in this process, as soon as it is awake. */
  run(act: () => void): void {
    const { timeline } = this;
    if (timeline.now >= timeline.stillUntil) act();
    else timeline.ours(timeline.now, act);
  }

  #connect(): ServerLink {
    const { process, timeline, link } = this.#parts;
    return new ServerLink({ ...link, process, timeline });
  }

  #start(): GuardSubject {
    const { timeline, told, processes, directory, windows, nextMark, onForgotten, onAnswer, fetchIn } = this.#parts;
    const { link } = this;
    this.starts += 1;
    const start = this.starts;
    const now = (): number => timeline.now;
    const shared = new LinkedWindows({ link, now, nextMark, onForgotten });
    const store = new TieredStore({ shared, max: windows, now: timeline.clock().now });
    const fleet = new LinkedFleet({
      process: `${this.#parts.process}.${start}`,
      link,
      timeline,
      instances: processes,
      startedAt: (ref) => told.known(directory.customerOfContact(ref)).askedAt,
      onTold: (ref, startedAt) => told.shown(directory.customerOfContact(ref), startedAt),
      count: this.#parts.link.count,
    });
    const ask = fetchIn(timeline, (exchange, answer) => {
      if (start === this.starts) told.answered(exchange, answer);
      onAnswer(exchange, answer);
    });
    // A process that is gone asks nothing more.
    const fetch: typeof globalThis.fetch = (input, init) =>
      start === this.starts ? ask(input, init) : new Promise(() => {});
    return new GuardSubject({
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
