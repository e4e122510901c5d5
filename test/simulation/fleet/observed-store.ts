import type { Fleet, ReadLease, Store, WindowRef } from '../../../src/ports.js';
import type { RedisStore } from '../../../src/redis/shared-store.js';
import type { Directory } from '../model/directory.js';
import type { Timeline } from '../model/timeline.js';
import type { ExpectedKnowledge } from '../oracle/expected-knowledge.js';
import type { ServerLink } from '../server/server-link.js';
import { keys } from './shared-store.js';

type ForgetTarget = Parameters<Store['forget']>[0];

/** What the names and answers on the server are about, which only those know who have made them. */
export class Meanings {
  readonly #targets = new Map<string, ForgetTarget>();
  readonly #startedAt = new Map<string, number>();

  /** What is forgotten where this key changes. */
  target(key: string): ForgetTarget | undefined {
    return this.#targets.get(key);
  }

  noteTarget(target: ForgetTarget): void {
    const { workspaceId, channelId, address } = target;
    const isWindow = channelId !== undefined && address !== undefined;
    const key = isWindow ? keys.window(keys.windowId({ workspaceId, channelId, address })) : keys.tombstone(target);
    this.#targets.set(key, target);
  }

  /** When the read began, in true time, of which this is the answer. */
  startedAt(answer: unknown): number | undefined {
    return this.#startedAt.get(String(answer));
  }

  noteAnswer(answer: unknown, startedAt: number): void {
    this.#startedAt.set(String(answer), startedAt);
  }
}

export interface ObservedStoreParts {
  readonly store: RedisStore;
  readonly link: ServerLink;
  readonly timeline: Timeline;
  readonly expected: ExpectedKnowledge;
  readonly directory: Directory;
  readonly meanings: Meanings;
  readonly count: (name: string) => void;
}

/** The store as the guard gets it. What becomes known by it is noted for the oracle. */
export function observedStore({ store, ...parts }: ObservedStoreParts): Store {
  return {
    ...store,
    forget: (target) => {
      parts.meanings.noteTarget(target);
      return store.forget(target);
    },
    fleet: new ObservedFleet(store.fleet, parts),
  };
}

class ObservedFleet implements Fleet {
  readonly #fleet: Fleet;
  readonly #parts: Omit<ObservedStoreParts, 'store'>;

  constructor(fleet: Fleet, parts: Omit<ObservedStoreParts, 'store'>) {
    this.#fleet = fleet;
    this.#parts = parts;
  }

  get instances(): number {
    return this.#fleet.instances;
  }

  async takeRead(...read: Parameters<Fleet['takeRead']>): ReturnType<Fleet['takeRead']> {
    const { timeline, count } = this.#parts;
    const askedAt = timeline.now;
    const taken = await this.#fleet.takeRead(...read);
    if (taken === 'taken') count('read of the shared limit');
    if (typeof taken !== 'object') return taken;
    count('read of its own share');
    if (timeline.now > askedAt) count('waited until it was no member');
    return taken;
  }

  async joinRead(ref: WindowRef, after: number | undefined): Promise<ReadLease | undefined> {
    const lease = await this.#fleet.joinRead(ref, after);
    if (lease?.role === 'answered') this.#answered(ref);
    return lease?.role === 'reader' ? { ...lease, finish: (facts) => this.#finish(ref, lease, facts) } : lease;
  }

  /** The reply that said so has just arrived. */
  #answered(ref: WindowRef): void {
    const { link, expected, directory, meanings } = this.#parts;
    const [, , answer] = link.lastReply as readonly unknown[];
    const startedAt = meanings.startedAt(answer);
    if (startedAt === undefined) throw new RangeError('an answer that nobody has given');
    expected.shown(directory.customerOfContact(ref), startedAt);
  }

  #finish(
    ref: WindowRef,
    { finish }: Extract<ReadLease, { role: 'reader' }>,
    facts: Parameters<typeof finish>[0],
  ): void {
    const { link, expected, directory, meanings } = this.#parts;
    const { sent } = link;
    finish(facts);
    if (link.sent === sent) return;
    meanings.noteAnswer(link.lastSent.at(-1), expected.known(directory.customerOfContact(ref)).askedAt);
  }
}
