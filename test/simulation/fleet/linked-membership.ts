import type { Isolation } from '../../../src/ports.js';
import type { Timeline } from '../model/timeline.js';
import { MEMBER_LIFE_MS, type Presence, renewMember } from '../server/members.js';
import type { Server } from '../server/server.js';
import { HEARTBEAT_MS, type ServerLink } from '../server/server-link.js';

export interface LinkedMembershipParts {
  readonly process: string;
  readonly link: ServerLink;
  readonly timeline: Timeline;
}

/** What the last answer showed of the clocks. */
interface ServerTime {
  /** By the clock of the server. */
  readonly serverAt: number;
  readonly at: number;
}

interface IsolationPeriod extends Isolation {
  readonly end: () => void;
}

/** Whether the others count on a process: what `RedisMembership` is over Redis, in virtual time. */
export class LinkedMembership {
  readonly #parts: LinkedMembershipParts;
  readonly #waiting = new Set<() => void>();
  #serverTime: ServerTime | undefined;
  #heldUntil: number;
  #isolation: IsolationPeriod | undefined;

  constructor(parts: LinkedMembershipParts) {
    this.#parts = parts;
    // The others may still count on the process that this one replaces.
    this.#heldUntil = parts.timeline.now + MEMBER_LIFE_MS;
    parts.link.listen({
      onReady: () => {
        this.#serverTime = undefined;
        void this.#renew();
      },
      onHeartbeat: () => void this.#renew(),
      onHeartbeatsResumed: (server, lastHeartbeatAt) => this.#keep(server, lastHeartbeatAt),
      onChange: () => {},
    });
  }

  get isHeld(): boolean {
    return this.#parts.timeline.now < this.#heldUntil;
  }

  isolation(): Isolation {
    if (this.#isolation === undefined) {
      let end = (): void => {};
      const ended = new Promise<void>((resolve) => {
        end = resolve;
      });
      this.#isolation = { ended, end };
    }
    return this.#isolation;
  }

  /** `undefined`: the server cannot be asked. */
  async ask<T>(act: (server: Server, presence: Presence) => T, timeoutMs: number): Promise<T | undefined> {
    const { link, timeline, process } = this.#parts;
    if (!link.isResponsive) return undefined;
    const heartbeatAt = link.skippedHeartbeatAt(timeline.now);
    if (heartbeatAt !== undefined) this.#noteHeartbeat(heartbeatAt);
    const serverTime = this.#serverTime;
    const endsAt = serverTime === undefined ? undefined : serverTime.serverAt + MEMBER_LIFE_MS;
    const renewedUntil = (now: number): number | undefined => endAfter(link.skippedHeartbeatAt(now));
    const presence = { process, endsAt, renewedUntil };
    const run = (server: Server): { readonly answer: T; readonly serverAt: number } => ({
      answer: act(server, presence),
      serverAt: timeline.now,
    });
    try {
      const { answer, serverAt } = await link.ask(run, timeoutMs);
      this.#hold(serverTime);
      this.#serverTime = { serverAt, at: timeline.now };
      return answer;
    } catch {
      // The server may still get it.
      this.#hold(serverTime);
      return undefined;
    }
  }

  /** Settles when the membership may have changed, or after `maxWaitMs`. */
  changed(maxWaitMs: number): Promise<void> {
    const clock = this.#parts.timeline.clock();
    const leftMs = Math.min(maxWaitMs, this.#heldUntil - this.#parts.timeline.now);
    return new Promise((resolve) => {
      const wake = (): void => {
        clock.clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = clock.setTimeout(wake, Math.max(1, leftMs));
      this.#waiting.add(wake);
    });
  }

  /** What the skipped heartbeats would have brought. */
  #keep(server: Server, lastHeartbeatAt: number | undefined): void {
    const { process, timeline } = this.#parts;
    if (lastHeartbeatAt !== undefined) this.#noteHeartbeat(lastHeartbeatAt);
    const { members } = server.tables;
    const member = members.get(process);
    if (member === undefined) return;
    const endsAt = Math.max(member.endsAt, endAfter(lastHeartbeatAt) ?? member.endsAt);
    members.set(process, { ...member, endsAt }, timeline.now);
  }

  #noteHeartbeat(heartbeatAt: number): void {
    this.#hold({ serverAt: heartbeatAt - HEARTBEAT_MS, at: heartbeatAt - HEARTBEAT_MS });
    if (heartbeatAt > (this.#serverTime?.serverAt ?? Number.NEGATIVE_INFINITY))
      this.#serverTime = { serverAt: heartbeatAt, at: heartbeatAt };
  }

  #hold(serverTime: ServerTime | undefined): void {
    if (serverTime === undefined) return;
    this.#heldUntil = Math.max(this.#heldUntil, serverTime.at + MEMBER_LIFE_MS);
    if (!this.isHeld) return;
    this.#isolation?.end();
    this.#isolation = undefined;
  }

  async #renew(): Promise<void> {
    const { timeline } = this.#parts;
    const heartbeat = (server: Server, presence: Presence): boolean => renewMember(server, presence, timeline.now);
    const isMember = await this.ask(heartbeat, MEMBER_LIFE_MS);
    // Now the server's time is known.
    if (isMember === false) await this.ask(heartbeat, MEMBER_LIFE_MS);
    for (const wake of [...this.#waiting]) wake();
  }
}

/** A heartbeat carries the time that the one before it brought. */
function endAfter(heartbeatAt: number | undefined): number | undefined {
  return heartbeatAt === undefined ? undefined : heartbeatAt - HEARTBEAT_MS + MEMBER_LIFE_MS;
}
