import type { Isolation } from '../../ports.js';
import { type RedisConnection, RedisUnavailable } from '../connection.js';
import { type RedisScript, runScript } from '../script.js';
import { heartbeatScript, MEMBER_LIFE_MS } from './read-budget-scripts.js';

export interface MemberScriptRun {
  readonly script: RedisScript;
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
  readonly timeoutMs?: number | undefined;
}

export interface MemberAnswer {
  /** `later` also where this process could not be counted, since it did not know the time. */
  readonly role: 'member' | 'taken' | 'spent' | 'later';
  readonly waitMs: number;
}

interface Heard {
  /** What the clock of Redis showed, in microseconds. */
  readonly redisUs: number;
  /** When that was heard, by this process's clock that only grows. */
  readonly at: number;
}

interface AlonePeriod extends Isolation {
  readonly end: () => void;
}

/**
 * Whether the others count on this process. They do until an instant of Redis's clock that only an answer of Redis moves
 * on; what was sent and not answered does not. When this process believes that it is over, it is over for Redis too.
 */
export class Membership {
  readonly #link: RedisConnection;
  readonly #key: string;
  readonly #process: string;
  readonly #waiting = new Set<() => void>();
  /** `undefined`: it may be another Redis now, with another clock. */
  #heard: Heard | undefined;
  /** At first the others may count on a process that this one has come in the place of. */
  #heldUntil = performance.now() + MEMBER_LIFE_MS;
  #alone: AlonePeriod | undefined;

  constructor(link: RedisConnection, key: string, process: string) {
    this.#link = link;
    this.#key = key;
    this.#process = process;
    link.listen({
      onReady: () => {
        this.#heard = undefined;
        void this.#renew();
      },
      onHeartbeat: () => void this.#renew(),
      onNotification: () => {},
    });
  }

  /** Whether the others may still take the whole limit together with this process. */
  get isHeld(): boolean {
    return performance.now() < this.#heldUntil;
  }

  /** The time in which this process is no member. */
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

  /** Has a script run that first renews the membership; `undefined`: Redis cannot be asked, or refuses. */
  async ask({ script, keys, args, timeoutMs }: MemberScriptRun): Promise<MemberAnswer | undefined> {
    if (!this.#link.isResponsive) return undefined;
    const heard = this.#heard;
    const endsAt = heard === undefined ? '' : heard.redisUs + MEMBER_LIFE_MS * 1000;
    const run = { keys: [this.#key, ...keys], args: [this.#process, endsAt, ...args], timeoutMs };
    try {
      const reply = await runScript(this.#link, script, run);
      const [role, waitUs, redisUs] = reply as [MemberAnswer['role'], number, number];
      this.#hold(heard);
      this.#heard = { redisUs, at: performance.now() };
      return { role, waitMs: Math.ceil(waitUs / 1000) };
    } catch (error) {
      // Redis may get it yet. What it refuses, such as one that is full, was not done.
      if (error instanceof RedisUnavailable) this.#hold(heard);
      return undefined;
    }
  }

  /** Settles when the membership may have changed, or after `maxWaitMs`. */
  changed(maxWaitMs: number): Promise<void> {
    const leftMs = Math.min(maxWaitMs, this.#heldUntil - performance.now());
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.max(1, leftMs)).unref();
      this.#waiting.add(wake);
    });
  }

  #hold(heard: Heard | undefined): void {
    if (heard === undefined) return;
    this.#heldUntil = Math.max(this.#heldUntil, heard.at + MEMBER_LIFE_MS);
    if (!this.isHeld) return;
    this.#alone?.end();
    this.#alone = undefined;
  }

  async #renew(): Promise<void> {
    // No decision waits for it: that it is late says nothing against Redis.
    const beat = { script: heartbeatScript, keys: [], args: [], timeoutMs: MEMBER_LIFE_MS };
    const answer = await this.ask(beat);
    // Now the time is known.
    if (answer?.role === 'later') await this.ask(beat);
    for (const wake of [...this.#waiting]) wake();
  }
}
