import { windowName } from '../../core/contact-address.js';
import { own } from '../../core/own.js';
import { FairTokenBucket } from '../../lookup/reads/read-budget.js';
import type { Cache, Clock, WindowKey } from '../../ports.js';
import { memoryCache } from '../../stores/memory-store.js';
import type { ReadContact } from '../observations/observed.js';
import type { WindowQuery, WindowQueryOptions, WindowStatus } from '../window-query.js';
import type { RecalledWindow } from './recalled-window.js';
import { WatchedWindow } from './watched-window.js';

export interface WindowWatchesParts {
  readonly clock: Clock;
  /** The time as the provider of a workspace has it, epoch ms. */
  readonly now: (workspaceId: string) => number;
  readonly recall: (query: WindowQuery, options: WindowQueryOptions) => RecalledWindow;
  readonly ask: (query: WindowQuery, options: WindowQueryOptions) => Promise<WindowStatus>;
  /** Whether others may change what the store holds, such as another guard, and nobody here is told. */
  readonly isStoreShared: boolean;
}

/** Somebody who watches a window. */
export interface WindowWatcher {
  /** Called with each change, at once. */
  readonly changed: (status: WindowStatus) => void;
  /** Called when the guard is closed: nothing changes any more. */
  readonly closed: () => void;
}

export interface WindowWatch {
  /** `undefined`: nobody has answered yet, and `changed` will be called. */
  readonly status: WindowStatus | undefined;
  stop(): void;
}

/** One window, with those who watch it. */
interface Topic {
  readonly window: WatchedWindow;
  readonly watchers: Set<WindowWatcher>;
  /** Under which names it is in the index. */
  names: readonly string[];
}

const SHARED_RECALL_AGAIN_MS = 2_000;
const OWN_RECALL_AGAIN_MS = 60_000;
/** Of the 50 reads that Bird allows, the questions of all watches of a workspace may take so many a second. */
const questionLimit = { perSecond: 5, burst: 20 } as const;
/** What waits longer for its turn is asked later: a watch has time. */
const MAX_TURN_MS = 5_000;

/** The windows that somebody watches: who watches the same window shares what is asked. */
export class WindowWatches {
  readonly #parts: WindowWatchesParts;
  readonly #topics = new Map<string, Topic>();
  readonly #byName = new Map<string, Set<Topic>>();
  readonly #questions: Cache<FairTokenBucket> = memoryCache({ max: 1_000 });
  #count = 0;
  #isClosed = false;

  constructor(parts: WindowWatchesParts) {
    this.#parts = parts;
  }

  /** How many watch. */
  get count(): number {
    return this.#count;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** @param query a copy, which nobody changes: it is asked about for as long as somebody watches */
  watch(query: WindowQuery, options: WindowQueryOptions, watcher: WindowWatcher): WindowWatch {
    const name = nameOf(query, options);
    const known = this.#topics.get(name);
    const topic = known ?? this.#add(name, query, options);
    topic.watchers.add(watcher);
    this.#count += 1;
    if (known === undefined) topic.window.look();
    let isWatching = true;
    return {
      status: topic.window.status,
      stop: () => {
        if (!isWatching) return;
        isWatching = false;
        this.#count -= 1;
        topic.watchers.delete(watcher);
        if (topic.watchers.size === 0) this.#remove(name, topic);
      },
    };
  }

  /** Call when something was observed of a window. A property, so that it can be handed on. */
  readonly observed = ({ byAddress, byId }: ReadContact): void => {
    if (this.#byName.size === 0) return;
    for (const { window } of this.#topicsOf(byAddress)) window.changed();
    for (const { window } of this.#topicsOf(byId)) window.changed();
  };

  /** Call when Bird has answered about a window: it may be remembered now. */
  readonly answered = (key: WindowKey): void => {
    if (this.#byName.size === 0) return;
    for (const { window } of this.#topicsOf(key)) window.look();
  };

  close(): void {
    this.#isClosed = true;
    const watchers = [...this.#topics.values()].flatMap((topic) => [...topic.watchers]);
    for (const [name, topic] of this.#topics) this.#remove(name, topic);
    for (const watcher of watchers) watcher.closed();
  }

  #topicsOf(key: WindowKey | undefined): Iterable<Topic> {
    return (key && this.#byName.get(windowName(key, key.address))) ?? none;
  }

  #add(name: string, query: WindowQuery, options: WindowQueryOptions): Topic {
    const { clock, now, recall, isStoreShared } = this.#parts;
    const workspaceId = String(own(query, 'workspaceId')).toLowerCase();
    const watchers = new Set<WindowWatcher>();
    const window = new WatchedWindow({
      clock,
      now: () => now(workspaceId),
      recall: () => {
        const { keys, status } = recall(query, options);
        this.#index(topic, keys);
        return status;
      },
      ask: () => this.#ask({ workspaceId, query, options, watchers }),
      recallAgainMs: isStoreShared ? SHARED_RECALL_AGAIN_MS : OWN_RECALL_AGAIN_MS,
      onChange: (status) => {
        for (const { changed } of watchers) changed(status);
      },
    });
    const topic: Topic = { window, watchers, names: [] };
    this.#topics.set(name, topic);
    return topic;
  }

  #remove(name: string, topic: Topic): void {
    topic.window.stop();
    this.#index(topic, []);
    this.#topics.delete(name);
  }

  /** A conversation's window is known only once the conversation was read. */
  #index(topic: Topic, keys: readonly WindowKey[]): void {
    const names = keys.map((key) => windowName(key, key.address));
    if (names.length === topic.names.length && names.every((name, index) => name === topic.names[index])) return;
    for (const name of topic.names) {
      const topics = this.#byName.get(name);
      topics?.delete(topic);
      if (topics?.size === 0) this.#byName.delete(name);
    }
    topic.names = names;
    for (const name of names) this.#byName.set(name, (this.#byName.get(name) ?? new Set()).add(topic));
  }

  async #ask({ workspaceId, query, options, watchers }: Question): Promise<WindowStatus | undefined> {
    const { clock, ask } = this.#parts;
    const questions = this.#questions.get(workspaceId) ?? new FairTokenBucket({ clock, ...questionLimit });
    this.#questions.set(workspaceId, questions);
    try {
      await questions.take(clock.now() + MAX_TURN_MS);
    } catch {
      return undefined;
    }
    // Nobody may be left who wants to know.
    return watchers.size === 0 ? undefined : ask(query, options);
  }
}

interface Question {
  readonly workspaceId: string;
  readonly query: WindowQuery;
  readonly options: WindowQueryOptions;
  readonly watchers: ReadonlySet<WindowWatcher>;
}

const none: readonly Topic[] = [];

/** Whoever asks in the same words shares an answer. It holds an address, so it is never shown. */
function nameOf(query: WindowQuery, { sender }: WindowQueryOptions): string {
  return JSON.stringify([sender, query]);
}
