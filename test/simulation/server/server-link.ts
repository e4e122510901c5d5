import { Hearsay, type HearsayParts } from './notifications.js';
import { away, PATIENCE_MS, QUICK_MS, Questions, roundTripMs } from './requests.js';
import type { Change, Listener, Server } from './server.js';

export const BEAT_MS = 250;
/** Beats that would change nothing are left out: what has failed is told again at the first that comes. */
const BEATS_AFTER_TROUBLE = 12;

export interface LinkEvents {
  onBack(): void;
  onChange(change: Change): void;
  onBeat(): void;
  /** Beats are simulated again; the last one that was left out, if any was. */
  onCalmOver(server: Server, lastBeatAt: number | undefined): void;
}

export interface ServerLinkParts extends HearsayParts {
  /** The server that a new connection finds. */
  readonly find: () => Server;
  readonly count: (name: string) => void;
}

/**
 * A process's connection to the server, with what `RedisConnection` promises and no more: it gives up soon, comes back by
 * itself, and says so. A change is not told to a process only where its connection broke, and then it hears that it is
 * back: TCP loses nothing in between. Changes may come late, twice and in any order, before or after the answers.
 */
export class ServerLink implements Listener {
  isWell = false;
  /** When the process last had to do without the server, or not all was in time. */
  disturbedAt: number;
  readonly #parts: ServerLinkParts;
  readonly #questions: Questions;
  readonly #hearsay: Hearsay;
  readonly #events: LinkEvents[] = [];
  #server: Server | undefined;
  #isQuick = false;
  #isClosed = false;
  #connection = 0;
  #cutUntil = Number.NEGATIVE_INFINITY;
  #beats = 0;
  /** Since when beats are left out; `undefined`: they are not. */
  #calmSince: number | undefined;

  constructor(parts: ServerLinkParts) {
    this.#parts = parts;
    this.disturbedAt = parts.timeline.now;
    this.#hearsay = new Hearsay(parts);
    this.#questions = new Questions({
      ...parts,
      onOutcome: (outcome) => {
        if (outcome === 'quick') this.#isQuick = true;
        else this.#trouble(outcome);
      },
    });
    this.#open();
  }

  get isQuick(): boolean {
    return this.isWell && this.#isQuick;
  }

  /** The server that this process takes for the right one. */
  get server(): Server | undefined {
    return this.#server;
  }

  listen(events: LinkEvents): void {
    this.#events.push(events);
  }

  isUndisturbedSince(at: number): boolean {
    return this.isQuick && this.disturbedAt < at;
  }

  hasHeardOf(windowId: string): boolean {
    return !this.#hearsay.isOf(windowId);
  }

  /** When the last of the beats would have been that were left out as they would have changed nothing. */
  calmBeatAt(now: number): number | undefined {
    const { timeline } = this.#parts;
    if (this.#calmSince === undefined) return undefined;
    const at = timeline.now < timeline.stillUntil ? Math.min(now, timeline.stillFrom) : now;
    const beats = Math.floor((at - this.#calmSince) / BEAT_MS);
    if (beats < 1) return undefined;
    const beatAt = this.#calmSince + beats * BEAT_MS;
    // One that was due while the process stood still comes as soon as it does not.
    return timeline.stillUntil <= at ? Math.max(beatAt, timeline.stillUntil) : beatAt;
  }

  /** What the server holds has changed by itself: the next beats matter. */
  rouse(): void {
    if (this.#server === undefined) return;
    if (this.#beats === 0) this.#planBeat(this.#connection);
    this.#beats = BEATS_AFTER_TROUBLE;
    this.#endCalm();
  }

  ask<T>(act: (server: Server) => T, patienceMs: number = PATIENCE_MS): Promise<T> {
    const server = this.#server;
    return server === undefined || !this.isWell ? Promise.reject(away()) : this.#questions.ask(server, act, patienceMs);
  }

  hear(change: Change): void {
    this.#hearsay.send(change, () => {
      for (const events of this.#events) events.onChange(change);
    });
  }

  /** The connection breaks, and another one cannot be had before an instant. */
  cut(until: number): void {
    this.#cutUntil = Math.max(this.#cutUntil, until);
    this.#parts.timeline.ours(this.#parts.timeline.now, () => this.#drop());
  }

  /** The process is gone. */
  close(): void {
    this.#endCalm();
    this.#isClosed = true;
    this.isWell = false;
    this.#connection += 1;
    this.#server?.listeners.delete(this);
    this.#server = undefined;
    this.#questions.drop();
    this.#hearsay.lose();
  }

  #trouble(kind: 'slow' | 'refused' | 'missed' | 'reconnected'): void {
    this.#parts.count(`server: ${kind}`);
    this.#isQuick = false;
    if (kind === 'missed') this.isWell = false;
    this.disturbedAt = this.#parts.timeline.now;
    this.rouse();
  }

  #endCalm(): void {
    const server = this.#server;
    if (this.#calmSince === undefined || server === undefined) return;
    const lastBeatAt = this.calmBeatAt(this.#parts.timeline.now);
    this.#calmSince = undefined;
    for (const events of this.#events) events.onCalmOver(server, lastBeatAt);
  }

  #planBeat(connection: number): void {
    const { timeline } = this.#parts;
    timeline.ours(timeline.now + BEAT_MS, () => {
      if (connection !== this.#connection) return;
      this.#beats -= 1;
      if (this.#beats > 0) this.#planBeat(connection);
      else this.#calmSince = timeline.now;
      this.#beat(connection);
    });
  }

  #beat(connection: number): void {
    const { timeline, weather, process } = this.#parts;
    const passage = weather.passage(process, timeline.now);
    const tookMs = passage.isRefused ? Number.POSITIVE_INFINITY : roundTripMs(passage);
    timeline.ours(timeline.now + Math.min(tookMs, PATIENCE_MS), () => {
      if (connection !== this.#connection) return;
      timeline.stir();
      if (tookMs > PATIENCE_MS) return this.isWell ? this.#trouble('missed') : this.#drop();
      this.#isQuick = tookMs <= QUICK_MS;
      if (!this.#isQuick) this.rouse();
      if (!this.isWell) this.#back();
      for (const events of this.#events) events.onBeat();
    });
  }

  #open(): void {
    const { timeline, find } = this.#parts;
    if (this.#isClosed || this.#server !== undefined) return;
    if (timeline.now < this.#cutUntil) return void timeline.ours(this.#cutUntil, () => this.#open());
    this.#server = find();
    this.#server.listeners.add(this);
    this.#trouble('reconnected');
    this.#isQuick = true;
    timeline.stir();
    this.#back();
  }

  #back(): void {
    this.isWell = true;
    this.disturbedAt = this.#parts.timeline.now;
    for (const events of this.#events) events.onBack();
  }

  #drop(): void {
    const { timeline, count } = this.#parts;
    if (this.#server === undefined) return;
    this.#endCalm();
    if (!this.#hearsay.isEmpty) count('change lost with its connection');
    this.#server.listeners.delete(this);
    this.#server = undefined;
    this.#connection += 1;
    this.isWell = false;
    this.#beats = 0;
    this.#hearsay.lose();
    this.#questions.failAll();
    timeline.ours(timeline.now + BEAT_MS, () => this.#open());
  }
}
