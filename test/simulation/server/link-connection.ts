import type { DuplicatedClient } from '../../../src/redis/client.js';
import { RESPONSIVE_SHARE } from '../../../src/redis/connection.js';
import { answer, ErrorReply, partsOf, scriptOf } from './commands.js';
import { Notifications, type NotificationsParts } from './notifications.js';
import type { Delivery } from './redis-link-faults.js';
import type { Server, Subscriber } from './server.js';

/** Beyond this an answer is given up, and beyond that it is slow. */
const TIMEOUT_MS = 40;
export const RESPONSIVE_MS: number = RESPONSIVE_SHARE * TIMEOUT_MS;
const CONNECTING_MS = 2;

export type Disturbance = 'slow' | 'refused' | 'missed' | 'reconnected';

export interface LinkConnectionParts extends NotificationsParts {
  /** The server that a new connection finds; `undefined`: none can be reached. */
  readonly find: () => Server | undefined;
  readonly onDisturbed: (kind: Disturbance) => void;
  /** An answer arrives, before the process sees it. */
  readonly onReply: (args: readonly string[], reply: unknown, tookMs: number) => void;
  /** Windows are forgotten on the server: the one with this key, or those that this tombstone covers. */
  readonly onForgotten: (key: string) => void;
  readonly count: (name: string) => void;
}

interface Waiting {
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A connection as the client of Redis opens it. A notification is lost only with it: TCP loses nothing in between.
 * Commands and answers may get lost or be late, and notifications come late, twice and in any order: that is more than TCP
 * does.
 */
export class LinkConnection implements DuplicatedClient, Subscriber {
  server: Server | undefined;
  readonly notifications: Notifications;
  readonly #parts: LinkConnectionParts;
  readonly #waiting = new Set<Waiting>();
  readonly #onError: ((error: unknown) => void)[] = [];
  readonly #onInvalidate: ((key: unknown) => void)[] = [];
  #isOver = false;

  constructor(parts: LinkConnectionParts) {
    this.#parts = parts;
    this.notifications = new Notifications(parts);
  }

  connect(): Promise<void> {
    const { timeline, find, linkFaults } = this.#parts;
    const isSilent = linkFaults.isSilent();
    return new Promise((resolve, reject) => {
      timeline.inProcess(timeline.now + CONNECTING_MS, () => {
        if (this.#isOver) return;
        this.server = find();
        if (this.server === undefined && isSilent) return;
        timeline.flushPromises();
        if (this.server === undefined) reject(new Error('Connection refused'));
        else resolve();
      });
    });
  }

  on(event: 'error' | 'invalidate', listener: (value: unknown) => void): void {
    (event === 'error' ? this.#onError : this.#onInvalidate).push(listener);
  }

  unref(): void {}

  sendCommand(args: readonly string[]): Promise<unknown> {
    const { timeline, linkFaults, process } = this.#parts;
    const { server } = this;
    if (server === undefined) return Promise.reject(new Error('The client is closed'));
    const delivery = linkFaults.delivery(process, timeline.now);
    return new Promise((resolve, reject) => {
      const waiting = { resolve, reject };
      this.#waiting.add(waiting);
      this.#watch(waiting, delivery);
      // It takes effect whether or not anybody waits for it by then.
      timeline.at(timeline.now + delivery.requestMs, () => {
        const reply = delivery.isRefused ? new ErrorReply('BUSY') : this.#run(server, args, delivery);
        this.#reply(waiting, { args, reply, delivery });
      });
    });
  }

  receive(key: string | undefined, writer: Subscriber | undefined): void {
    this.notifications.send(key, writer === this, () => {
      for (const listener of this.#onInvalidate) listener(key ?? null);
    });
  }

  /** The connection breaks, and the process notices. */
  break(): void {
    this.#parts.timeline.flushPromises();
    const { server } = this;
    this.#leave();
    if (server !== undefined) for (const listener of this.#onError) listener(new Error('The connection broke'));
  }

  destroy(): void {
    this.#leave();
    this.#parts.timeline.flushPromises();
    for (const { reject } of this.#waiting) reject(new Error('The client is closed'));
    this.#waiting.clear();
  }

  /** The process is gone: nothing of this reaches it any more. */
  vanish(): void {
    this.#leave();
    this.#waiting.clear();
  }

  #leave(): void {
    if (!this.notifications.isEmpty) this.#parts.count('notification lost with its connection');
    this.notifications.drop();
    this.server?.subscribers.delete(this);
    this.server = undefined;
    this.#isOver = true;
  }

  #run(server: Server, args: readonly string[], { repeatMs }: Delivery): unknown {
    const { timeline, count } = this.#parts;
    if (server.isDeposed) count('asked a server that was deposed');
    if (repeatMs !== undefined && scriptOf(args) !== undefined) {
      timeline.at(timeline.now + repeatMs, () => {
        count('asked twice');
        this.#answer(server, args);
      });
    }
    return this.#answer(server, args);
  }

  #answer(server: Server, args: readonly string[]): unknown {
    const { timeline, onForgotten } = this.#parts;
    // Of a connection that is over, the server knows it.
    if (this.#isOver && scriptOf(args) === undefined) return undefined;
    try {
      const reply = answer(server, { args, sender: this }, timeline.now);
      const script = scriptOf(args);
      if (script?.name === 'forget') onForgotten(partsOf(args).keys[0] ?? '');
      return reply;
    } catch (error) {
      if (!(error instanceof ErrorReply)) throw error;
      return error;
    }
  }

  #watch(waiting: Waiting, delivery: Delivery): void {
    const { timeline, onDisturbed } = this.#parts;
    const tookMs = roundTripMs(delivery);
    for (const [ms, kind] of [
      [RESPONSIVE_MS, 'slow'],
      [TIMEOUT_MS, 'missed'],
    ] as const) {
      if (tookMs <= ms) continue;
      timeline.inProcess(timeline.now + ms, () => {
        if (this.#waiting.has(waiting)) onDisturbed(kind);
      });
    }
  }

  #reply(
    waiting: Waiting,
    {
      args,
      reply,
      delivery,
    }: { readonly args: readonly string[]; readonly reply: unknown; readonly delivery: Delivery },
  ): void {
    const { timeline, onDisturbed, onReply } = this.#parts;
    if (delivery.answerMs === undefined) return;
    timeline.inProcess(timeline.now + delivery.answerMs, () => {
      if (!this.#waiting.delete(waiting)) return;
      timeline.flushPromises();
      if (delivery.isRefused) onDisturbed('refused');
      else onReply(args, reply, roundTripMs(delivery));
      if (reply instanceof Error) waiting.reject(reply);
      else waiting.resolve(reply);
    });
  }
}

function roundTripMs({ requestMs, answerMs = Number.POSITIVE_INFINITY }: Delivery): number {
  return requestMs + answerMs;
}
