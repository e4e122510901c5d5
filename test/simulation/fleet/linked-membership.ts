import type { Isolation } from '../../../src/ports.js';
import type { Timeline } from '../model/timeline.js';
import { MEMBER_LIFE_MS, type Presence, renewMember } from '../server/members.js';
import type { Server } from '../server/server.js';
import { BEAT_MS, type ServerLink } from '../server/server-link.js';

export interface LinkedMembershipParts {
  readonly process: string;
  readonly link: ServerLink;
  readonly timeline: Timeline;
}

interface Heard {
  /** What the clock of the server showed. */
  readonly serverAt: number;
  readonly at: number;
}

interface AlonePeriod extends Isolation {
  readonly end: () => void;
}

/** Whether the others count on a process: what `RedisMembership` is over Redis, in virtual time. */
export class LinkedMembership {
  readonly #parts: LinkedMembershipParts;
  readonly #waiting = new Set<() => void>();
  #heard: Heard | undefined;
  #heldUntil: number;
  #alone: AlonePeriod | undefined;

  constructor(parts: LinkedMembershipParts) {
    this.#parts = parts;
    // The others may count on the process whose place this one has taken.
    this.#heldUntil = parts.timeline.now + MEMBER_LIFE_MS;
    parts.link.listen({
      onBack: () => {
        this.#heard = undefined;
        void this.#renew();
      },
      onBeat: () => void this.#renew(),
      onCalmOver: (server, lastBeatAt) => this.#keep(server, lastBeatAt),
      onChange: () => {},
    });
  }

  get isHeld(): boolean {
    return this.#parts.timeline.now < this.#heldUntil;
  }

  alone(): Isolation {
    if (this.#alone === undefined) {
      let end = (): void => {};
      const ended = new Promise<void>((resolve) => {
        end = resolve;
      });
      this.#alone = { ended, end };
    }
    return this.#alone;
  }

  /** `undefined`: the server cannot be asked. */
  async ask<T>(act: (server: Server, presence: Presence) => T, patienceMs: number): Promise<T | undefined> {
    const { link, timeline, process } = this.#parts;
    if (!link.isQuick) return undefined;
    const beatAt = link.calmBeatAt(timeline.now);
    if (beatAt !== undefined) this.#hear(beatAt);
    const heard = this.#heard;
    const endsAt = heard === undefined ? undefined : heard.serverAt + MEMBER_LIFE_MS;
    const renewedUntil = (now: number): number | undefined => endAfter(link.calmBeatAt(now));
    const presence = { process, endsAt, renewedUntil };
    const run = (server: Server): { readonly answer: T; readonly serverAt: number } => ({
      answer: act(server, presence),
      serverAt: timeline.now,
    });
    try {
      const { answer, serverAt } = await link.ask(run, patienceMs);
      this.#hold(heard);
      this.#heard = { serverAt, at: timeline.now };
      return answer;
    } catch {
      // The server may get it yet.
      this.#hold(heard);
      return undefined;
    }
  }

  /** Settles when the membership may have changed, or after `mostMs`. */
  changed(mostMs: number): Promise<void> {
    const clock = this.#parts.timeline.clock();
    const leftMs = Math.min(mostMs, this.#heldUntil - this.#parts.timeline.now);
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

  /** What the beats that were left out would have brought. */
  #keep(server: Server, lastBeatAt: number | undefined): void {
    const { process, timeline } = this.#parts;
    if (lastBeatAt !== undefined) this.#hear(lastBeatAt);
    const { members } = server.tables;
    const member = members.get(process);
    if (member === undefined) return;
    const endsAt = Math.max(member.endsAt, endAfter(lastBeatAt) ?? member.endsAt);
    members.set(process, { ...member, endsAt }, timeline.now);
  }

  #hear(beatAt: number): void {
    this.#hold({ serverAt: beatAt - BEAT_MS, at: beatAt - BEAT_MS });
    if (beatAt > (this.#heard?.serverAt ?? Number.NEGATIVE_INFINITY)) this.#heard = { serverAt: beatAt, at: beatAt };
  }

  #hold(heard: Heard | undefined): void {
    if (heard === undefined) return;
    this.#heldUntil = Math.max(this.#heldUntil, heard.at + MEMBER_LIFE_MS);
    if (!this.isHeld) return;
    this.#alone?.end();
    this.#alone = undefined;
  }

  async #renew(): Promise<void> {
    const { timeline } = this.#parts;
    const beat = (server: Server, presence: Presence): boolean => renewMember(server, presence, timeline.now);
    const isMember = await this.ask(beat, MEMBER_LIFE_MS);
    // Now the time is known.
    if (isMember === false) await this.ask(beat, MEMBER_LIFE_MS);
    for (const wake of [...this.#waiting]) wake();
  }
}

/** A beat says what the one before it has heard. */
function endAfter(beatAt: number | undefined): number | undefined {
  return beatAt === undefined ? undefined : beatAt - BEAT_MS + MEMBER_LIFE_MS;
}
