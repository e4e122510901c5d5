import type { DuplicatedClient, RedisClient } from '../../../src/redis/client.js';
import { scriptOf } from './commands.js';
import { type Disturbance, LinkConnection, type LinkConnectionParts, RESPONSIVE_MS } from './link-connection.js';
import type { Server } from './server.js';

export interface ServerLinkParts extends Omit<LinkConnectionParts, 'find' | 'onDisturbed' | 'onReply'> {
  /** The server that a new connection finds. */
  readonly find: () => Server;
}

/**
 * What lies between a process and the server: it stands in the place of the application's client of Redis. It knows whether
 * the process is connected, as `docs/correctness.md` has it.
 */
export class ServerLink implements RedisClient {
  /** When the server last was unavailable or slow. */
  disturbedAt: number;
  /** Whether the store of the process says that it reaches the server. */
  isReachable: () => boolean = () => false;
  /** What was sent last, and how much has been. */
  lastSent: readonly string[] = [];
  sent = 0;
  lastReply: unknown;
  readonly #parts: ServerLinkParts;
  #connection: LinkConnection | undefined;
  #isResponsive = false;
  #cutUntil = Number.NEGATIVE_INFINITY;
  #pingedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: ServerLinkParts) {
    this.#parts = parts;
    this.disturbedAt = parts.timeline.now;
  }

  duplicate(): DuplicatedClient {
    const { timeline, find } = this.#parts;
    const connection = new LinkConnection({
      ...this.#parts,
      find: () => (timeline.now < this.#cutUntil ? undefined : find()),
      onDisturbed: (kind) => this.#disturb(kind),
      onReply: (args, reply, tookMs) => this.#replied(args, reply, tookMs),
    });
    this.#connection = connection;
    return {
      connect: () => connection.connect(),
      on: (event, listener) => connection.on(event, listener),
      unref: () => {},
      destroy: () => connection.destroy(),
      sendCommand: (args) => {
        this.lastSent = args;
        this.sent += 1;
        if (args[0] === 'PING') this.#pingedAt = timeline.now;
        return connection.sendCommand(args);
      },
    };
  }

  /** The application never closes its client. */
  on(): void {}

  /** The server that this process is connected to. */
  get server(): Server | undefined {
    return this.#connection?.server;
  }

  get isResponsive(): boolean {
    return this.server !== undefined && this.#isResponsive && this.isReachable();
  }

  isUndisturbedSince(at: number): boolean {
    return this.isResponsive && this.disturbedAt < at;
  }

  hasAllNotificationsOf(windowId: string): boolean {
    return this.#connection?.notifications.isPending(windowId) === false;
  }

  /** The connection breaks, and the next one is not possible before an instant. */
  cut(until: number): void {
    const { timeline } = this.#parts;
    this.#cutUntil = Math.max(this.#cutUntil, until);
    timeline.inProcess(timeline.now, () => this.#connection?.break());
  }

  /** The process is gone. */
  close(): void {
    this.#connection?.vanish();
  }

  #disturb(kind: Disturbance): void {
    this.#parts.count(`server: ${kind}`);
    this.#isResponsive = false;
    this.disturbedAt = this.#parts.timeline.now;
  }

  #replied(args: readonly string[], reply: unknown, tookMs: number): void {
    const { timeline, count } = this.#parts;
    this.lastReply = reply;
    const script = scriptOf(args);
    if (script !== undefined && Array.isArray(reply)) count(`${script.name}: ${String(reply[0]).slice(0, 8)}`);
    // It was unavailable until now.
    if (!this.isReachable()) this.disturbedAt = timeline.now;
    if (args[1] === 'TRACKING' && args[2] === 'ON') this.#disturb('reconnected');
    const isInTime = tookMs <= RESPONSIVE_MS;
    const isBeat = args[0] === 'PING' && this.#pingedAt >= this.disturbedAt;
    if (isInTime && (isBeat || args[1] === 'TRACKING')) this.#isResponsive = true;
  }
}
