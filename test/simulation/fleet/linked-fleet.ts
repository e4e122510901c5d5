import type { Fleet, ReadLease, WindowFacts, WindowRef } from '../../../src/ports.js';
import type { Timeline } from '../model/timeline.js';
import { finishLease, type Joined, joinLease, MAX_READ_MS, type Reserved, reserveRead } from '../server/read-leases.js';
import type { ServerLink } from '../server/server-link.js';
import { LinkedMembership } from './linked-membership.js';

const TIMEOUT_MS = 20;
const BURST_SHARE = 0.7;
const MIN_WAIT_MS = 20;
/** An older answer, by the clocks of the two, is not believed. */
const MAX_ANSWER_AGE_MS = 10_000;
const READS_PER_CONNECTION = 2 ** 32;

/** An answer that a process shares with the others. */
interface SharedAnswer {
  readonly facts: WindowFacts;
  /** By the clock of the process. */
  readonly at: number;
  /** In true time. */
  readonly startedAt: number;
}

type Limit = Parameters<Fleet['takeRead']>[1];

export interface LinkedFleetParts {
  /** Another one each time that it is started. */
  readonly process: string;
  readonly link: ServerLink;
  readonly timeline: Timeline;
  readonly instances: number;
  /** When this process's latest read of a window started, in true time. */
  readonly startedAt: (ref: WindowRef) => number;
  /** The answer of another process's read arrived. */
  readonly onAnswered: (ref: WindowRef, startedAt: number) => void;
  readonly count: (name: string) => void;
}

/** The processes that share a server: what `RedisFleet` is over Redis, in virtual time. */
export class LinkedFleet implements Fleet {
  readonly instances: number;
  readonly #parts: LinkedFleetParts;
  readonly #membership: LinkedMembership;
  readonly #waiting = new Map<string, Set<() => void>>();
  /** Numbers of reads from two servers cannot be compared. */
  #connection = 0;

  constructor(parts: LinkedFleetParts) {
    this.#parts = parts;
    this.instances = parts.instances;
    this.#membership = new LinkedMembership(parts);
    parts.link.listen({
      onReady: () => {
        this.#connection += 1;
        for (const id of [...this.#waiting.keys()]) this.#wake(id);
      },
      onHeartbeat: () => {},
      onHeartbeatsResumed: () => {},
      onChange: ({ what, id }) => {
        if (what === 'lease') for (const one of id === undefined ? [...this.#waiting.keys()] : [id]) this.#wake(one);
      },
    });
  }

  async takeRead(workspaceId: string, limit: Limit, maxWaitMs: number): ReturnType<Fleet['takeRead']> {
    const { timeline, count } = this.#parts;
    const giveUpAt = timeline.now + Math.max(0, maxWaitMs);
    for (;;) {
      const answer = await this.#reserve(workspaceId, limit, Math.max(0, giveUpAt - timeline.now));
      if (answer?.role === 'taken') {
        count('read of the shared limit');
        await this.#sleep(answer.waitMs);
        return 'taken';
      }
      if (answer?.role === 'spent') return 'spent';
      if (answer === undefined && !this.#membership.isHeld) {
        count('read of its own share');
        return this.#membership.isolation();
      }
      if (timeline.now >= giveUpAt) return 'spent';
      count(answer === undefined ? 'waited until it was no member' : 'asked for a read again');
      if (answer === undefined) await this.#membership.changed(giveUpAt - timeline.now);
      else if (answer.waitMs > 0) await this.#sleep(Math.max(MIN_WAIT_MS, answer.waitMs));
    }
  }

  #reserve(workspaceId: string, { perSecond, burst }: Limit, maxWaitMs: number): Promise<Reserved | undefined> {
    const { timeline, instances } = this.#parts;
    const intervalMs = 1000 / perSecond;
    const burstMs = Math.max(1, Math.floor(burst * BURST_SHARE)) * intervalMs;
    const reservation = { workspaceId, intervalMs, burstMs, maxWaitMs, instances };
    return this.#membership.ask(
      (server, presence) => reserveRead(server, presence, reservation, timeline.now),
      TIMEOUT_MS,
    );
  }

  async #sleep(ms: number): Promise<void> {
    if (ms <= 0) return;
    await new Promise<void>((resolve) => void this.#parts.timeline.clock().setTimeout(resolve, ms));
  }

  async joinRead(ref: WindowRef, after: number | undefined): Promise<ReadLease | undefined> {
    const { link, timeline, count } = this.#parts;
    if (!link.isResponsive) return undefined;
    const id = leaseId(ref);
    const reader = {};
    const wait = this.#listen(id);
    const first = this.#connection * READS_PER_CONNECTION;
    const later = after !== undefined && after >= first ? after - first : undefined;
    const joined = await link
      .ask((server) => joinLease(server, { id, reader, after: later }, timeline.now), TIMEOUT_MS)
      .catch(() => undefined);
    if (joined !== undefined) count(`lease ${joined.role}`);
    if (joined?.role === 'waiter') return { role: 'waiter', running: first + joined.number, ...wait };
    wait.leave();
    if (joined?.role === 'answered') return this.#answered(ref, joined, first);
    if (joined === undefined) return undefined;
    return { role: 'reader', finish: (facts) => this.#finish(ref, { reader, number: joined.number, facts }) };
  }

  #answered(
    ref: WindowRef,
    { number, answer }: Extract<Joined, { role: 'answered' }>,
    first: number,
  ): ReadLease | undefined {
    const { timeline, onAnswered } = this.#parts;
    const { facts, at, startedAt } = answer as SharedAnswer;
    if (Math.abs(timeline.clock().now() - at) > MAX_ANSWER_AGE_MS) return undefined;
    onAnswered(ref, startedAt);
    return { role: 'answered', facts, read: first + number };
  }

  #finish(ref: WindowRef, read: { reader: object; number: number; facts: WindowFacts | undefined }): void {
    const { link, timeline, startedAt } = this.#parts;
    const { facts, ...lease } = read;
    const answer: SharedAnswer | undefined = facts && { facts, at: timeline.clock().now(), startedAt: startedAt(ref) };
    link.ask((server) => finishLease(server, { id: leaseId(ref), ...lease, answer }, timeline.now)).catch(() => {});
  }

  #listen(id: string): { readonly settled: Promise<void>; readonly leave: () => void } {
    const clock = this.#parts.timeline.clock();
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting);
    let wake: () => void = () => {};
    const settled = new Promise<void>((resolve) => {
      wake = resolve;
    });
    waiting.add(wake);
    const giveUp = clock.setTimeout(wake, MAX_READ_MS);
    const leave = (): void => {
      clock.clearTimeout(giveUp);
      waiting.delete(wake);
      if (waiting.size === 0 && this.#waiting.get(id) === waiting) this.#waiting.delete(id);
    };
    return { settled, leave };
  }

  #wake(id: string): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    for (const wake of waiting ?? []) wake();
  }
}

function leaseId({ workspaceId, channelId, contactId, address }: WindowRef): string {
  return [workspaceId, channelId, contactId, address ?? ''].join(' ');
}
