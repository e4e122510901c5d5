import { Notifications, type NotificationsParts } from './notifications.js';
import { RESPONSIVE_MS, roundTripMs, ServerRequests, TIMEOUT_MS, unavailable } from './requests.js';
import type { Change, Listener, Server } from './server.js';

export const HEARTBEAT_MS = 250;
/** Heartbeats that would change nothing are skipped. What has failed is sent again with the first that is not. */
const HEARTBEATS_AFTER_FAULT = 12;

export interface LinkEvents {
  onReady(): void;
  onChange(change: Change): void;
  onHeartbeat(): void;
  /** Heartbeats are simulated again. When the last skipped one would have been, if any was. */
  onHeartbeatsResumed(server: Server, lastHeartbeatAt: number | undefined): void;
}

export interface ServerLinkParts extends NotificationsParts {
  /** The server that a new connection finds. */
  readonly find: () => Server;
  readonly count: (name: string) => void;
}

/**
 * A process's connection to the server, with what `RedisConnection` promises and no more: it gives up soon, reconnects by
 * itself, and says so. A notification is lost only with its connection, and then `onReady` says so: TCP loses nothing in
 * between. Changes may come late, twice and in any order, before or after the answers.
 */
export class ServerLink implements Listener {
  isReady = false;
  /** When the server last was unavailable or slow. */
  disturbedAt: number;
  readonly #parts: ServerLinkParts;
  readonly #requests: ServerRequests;
  readonly #notifications: Notifications;
  readonly #events: LinkEvents[] = [];
  #server: Server | undefined;
  #isResponsive = false;
  #isClosed = false;
  #connection = 0;
  #cutUntil = Number.NEGATIVE_INFINITY;
  #heartbeatsLeft = 0;
  /** Since when heartbeats are skipped; `undefined`: they are not. */
  #skippedSince: number | undefined;

  constructor(parts: ServerLinkParts) {
    this.#parts = parts;
    this.disturbedAt = parts.timeline.now;
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

  listen(events: LinkEvents): void {
    this.#events.push(events);
  }

  isUndisturbedSince(at: number): boolean {
    return this.isResponsive && this.disturbedAt < at;
  }

  hasAllNotificationsOf(windowId: string): boolean {
    return !this.#notifications.isPending(windowId);
  }

  /** When the last of the skipped heartbeats would have been. */
  skippedHeartbeatAt(now: number): number | undefined {
    const { timeline } = this.#parts;
    if (this.#skippedSince === undefined) return undefined;
    const at = timeline.now < timeline.stalledUntil ? Math.min(now, timeline.stalledFrom) : now;
    const heartbeats = Math.floor((at - this.#skippedSince) / HEARTBEAT_MS);
    if (heartbeats < 1) return undefined;
    const heartbeatAt = this.#skippedSince + heartbeats * HEARTBEAT_MS;
    // One that was due during a stall comes right after it.
    return timeline.stalledUntil <= at ? Math.max(heartbeatAt, timeline.stalledUntil) : heartbeatAt;
  }

  /** The server has lost something by itself: the next heartbeats matter. */
  resumeHeartbeats(): void {
    if (this.#server === undefined) return;
    if (this.#heartbeatsLeft === 0) this.#planHeartbeat(this.#connection);
    this.#heartbeatsLeft = HEARTBEATS_AFTER_FAULT;
    this.#endSkipping();
  }

  ask<T>(act: (server: Server) => T, timeoutMs: number = TIMEOUT_MS): Promise<T> {
    const server = this.#server;
    return server === undefined || !this.isReady
      ? Promise.reject(unavailable())
      : this.#requests.ask(server, act, timeoutMs);
  }

  receive(change: Change): void {
    this.#notifications.send(change, () => {
      for (const events of this.#events) events.onChange(change);
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

  #endSkipping(): void {
    const server = this.#server;
    if (this.#skippedSince === undefined || server === undefined) return;
    const lastHeartbeatAt = this.skippedHeartbeatAt(this.#parts.timeline.now);
    this.#skippedSince = undefined;
    for (const events of this.#events) events.onHeartbeatsResumed(server, lastHeartbeatAt);
  }

  #planHeartbeat(connection: number): void {
    const { timeline } = this.#parts;
    timeline.inProcess(timeline.now + HEARTBEAT_MS, () => {
      if (connection !== this.#connection) return;
      this.#heartbeatsLeft -= 1;
      if (this.#heartbeatsLeft > 0) this.#planHeartbeat(connection);
      else this.#skippedSince = timeline.now;
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
      for (const events of this.#events) events.onHeartbeat();
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
    for (const events of this.#events) events.onReady();
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
