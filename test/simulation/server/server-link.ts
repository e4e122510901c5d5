import type { Clock } from '../../../src/ports.js';
import {
  type ConnectionListener,
  HEARTBEAT_MS,
  type RedisConnection,
  RedisUnavailable,
} from '../../../src/redis/connection.js';
import { MEMBER_LIFE_MS } from '../../../src/redis/fleet/read-budget-scripts.js';
import { isMemberRead, memberOf, runCommand } from './commands.js';
import { Notifications, type NotificationsParts } from './notifications.js';
import { RESPONSIVE_MS, roundTripMs, ServerRequests, TIMEOUT_MS } from './requests.js';
import type { Listener, Server } from './server.js';
import { SkippedHeartbeats } from './skipped-heartbeats.js';

/** Heartbeats that would change nothing are skipped. What has failed is sent again with the first that is not. */
const HEARTBEATS_AFTER_FAULT = 12;

export interface ServerLinkParts extends NotificationsParts {
  /** The server that a new connection finds. */
  readonly find: () => Server;
  /** The server forgets what is under a key: a window, or all that a tombstone covers. */
  readonly onForgotten: (key: string) => void;
  readonly count: (name: string) => void;
}

type Connection = Pick<RedisConnection, 'isReady' | 'isResponsive' | 'send' | 'listen'>;

/**
 * A process's connection to the server, with what `RedisConnection` promises and no more: it takes commands, gives up
 * soon, reconnects by itself, and says so. A notification is lost only with its connection, and then `onReady` says so:
 * TCP loses nothing in between. Changes may come late, twice and in any order, before or after the answers.
 */
export class ServerLink implements Listener, Connection {
  isReady = false;
  /** When the server last was unavailable or slow. */
  disturbedAt: number;
  readonly #parts: ServerLinkParts;
  readonly #requests: ServerRequests;
  readonly #notifications: Notifications;
  readonly #listeners: ConnectionListener[] = [];
  readonly #skipped: SkippedHeartbeats;
  #server: Server | undefined;
  #isResponsive = false;
  #isClosed = false;
  #connection = 0;
  #cutUntil = Number.NEGATIVE_INFINITY;
  #heartbeatsLeft = 0;
  /** The name that the process has among the members. */
  #member: string | undefined;

  constructor(parts: ServerLinkParts) {
    this.#parts = parts;
    this.disturbedAt = parts.timeline.now;
    this.#skipped = new SkippedHeartbeats(parts.timeline);
    this.#notifications = new Notifications(parts);
    this.#requests = new ServerRequests({
      ...parts,
      onOutcome: (outcome) => {
        if (outcome === 'in time') this.#isResponsive = true;
        else this.#disturb(outcome);
      },
    });
    this.#open();
  }

  get isResponsive(): boolean {
    return this.isReady && this.#isResponsive;
  }

  /** The server that this process is connected to. */
  get server(): Server | undefined {
    return this.#server;
  }

  listen(listener: ConnectionListener): void {
    this.#listeners.push(listener);
  }

  isUndisturbedSince(at: number): boolean {
    return this.isResponsive && this.disturbedAt < at;
  }

  hasAllNotificationsOf(windowId: string): boolean {
    return !this.#notifications.isPending(windowId);
  }

  /** The clock of the process for all that heartbeats renew. */
  clock(): Required<Clock> {
    return this.#skipped.clock();
  }

  resumeHeartbeats(): void {
    if (this.#server === undefined) return;
    const nextAt = this.#endSkipping();
    if (this.#heartbeatsLeft === 0) this.#planHeartbeat(this.#connection, nextAt);
    this.#heartbeatsLeft = HEARTBEATS_AFTER_FAULT;
  }

  send(args: readonly string[], timeoutMs: number = TIMEOUT_MS): Promise<unknown> {
    const { timeline, onForgotten } = this.#parts;
    const server = this.#server;
    if (server === undefined || !this.isReady) return Promise.reject(new RedisUnavailable());
    this.#member = memberOf(args) ?? this.#member;
    // Who waits for a read looks at the clock meanwhile.
    if (isMemberRead(args)) this.resumeHeartbeats();
    const { trueMs: skippedMs } = this.#skipped.total();
    const renewedUntil = (now: number): number | undefined => endAfter(this.#skipped.lastAt(now));
    const run = (on: Server): unknown =>
      runCommand(on, args, { now: timeline.now, skippedMs, renewedUntil, onForgotten });
    return this.#requests.send(server, run, timeoutMs);
  }

  receive(key: string | undefined): void {
    this.#notifications.send(key, () => {
      for (const listener of this.#listeners) listener.onNotification(key);
    });
  }

  /** The connection breaks, and the next one is not possible before an instant. */
  cut(until: number): void {
    this.#cutUntil = Math.max(this.#cutUntil, until);
    this.#parts.timeline.inProcess(this.#parts.timeline.now, () => this.#drop());
  }

  /** The process is gone. */
  close(): void {
    this.#endSkipping();
    this.#isClosed = true;
    this.isReady = false;
    this.#connection += 1;
    this.#server?.listeners.delete(this);
    this.#server = undefined;
    this.#requests.drop();
    this.#notifications.drop();
  }

  #disturb(kind: 'slow' | 'refused' | 'missed' | 'reconnected'): void {
    this.#parts.count(`server: ${kind}`);
    this.#isResponsive = false;
    if (kind === 'missed') this.isReady = false;
    this.disturbedAt = this.#parts.timeline.now;
    this.resumeHeartbeats();
  }

  /** Gives the instant when the next heartbeat is due. */
  #endSkipping(): number {
    const { now } = this.#parts.timeline;
    const endsAt = endAfter(this.#skipped.lastAt(now));
    const members = this.#server?.tables.members;
    const member = this.#member === undefined ? undefined : members?.get(this.#member);
    if (this.#member !== undefined && member !== undefined) {
      members?.set(this.#member, { endsAt: Math.max(member.endsAt, endsAt ?? member.endsAt) }, now);
    }
    return this.#skipped.end();
  }

  #planHeartbeat(connection: number, at: number): void {
    const { timeline } = this.#parts;
    timeline.inProcess(at, () => {
      if (connection !== this.#connection) return;
      this.#heartbeatsLeft -= 1;
      if (this.#heartbeatsLeft > 0) this.#planHeartbeat(connection, timeline.now + HEARTBEAT_MS);
      else this.#skipped.start();
      this.#heartbeat(connection);
    });
  }

  #heartbeat(connection: number): void {
    const { timeline, linkFaults, process } = this.#parts;
    const delivery = linkFaults.delivery(process, timeline.now);
    const tookMs = delivery.isRefused ? Number.POSITIVE_INFINITY : roundTripMs(delivery);
    timeline.inProcess(timeline.now + Math.min(tookMs, TIMEOUT_MS), () => {
      if (connection !== this.#connection) return;
      timeline.flushPromises();
      if (tookMs > TIMEOUT_MS) return this.isReady ? this.#disturb('missed') : this.#drop();
      this.#isResponsive = tookMs <= RESPONSIVE_MS;
      if (!this.#isResponsive) this.resumeHeartbeats();
      if (!this.isReady) this.#ready();
      for (const listener of this.#listeners) listener.onHeartbeat();
    });
  }

  #open(): void {
    const { timeline, find } = this.#parts;
    if (this.#isClosed || this.#server !== undefined) return;
    if (timeline.now < this.#cutUntil) return void timeline.inProcess(this.#cutUntil, () => this.#open());
    this.#server = find();
    this.#server.listeners.add(this);
    this.#disturb('reconnected');
    this.#isResponsive = true;
    timeline.flushPromises();
    this.#ready();
  }

  #ready(): void {
    this.isReady = true;
    this.disturbedAt = this.#parts.timeline.now;
    for (const listener of this.#listeners) listener.onReady();
  }

  #drop(): void {
    const { timeline, count } = this.#parts;
    if (this.#server === undefined) return;
    this.#endSkipping();
    if (!this.#notifications.isEmpty) count('notification lost with its connection');
    this.#server.listeners.delete(this);
    this.#server = undefined;
    this.#connection += 1;
    this.isReady = false;
    this.#heartbeatsLeft = 0;
    this.#notifications.drop();
    this.#requests.failAll();
    timeline.inProcess(timeline.now + HEARTBEAT_MS, () => this.#open());
  }
}

/** A heartbeat carries the time that the one before it brought. */
function endAfter(heartbeatAt: number | undefined): number | undefined {
  return heartbeatAt === undefined ? undefined : heartbeatAt - HEARTBEAT_MS + MEMBER_LIFE_MS;
}
