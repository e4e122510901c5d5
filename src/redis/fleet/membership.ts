import type { Clock, Isolation } from '../../ports.js';
import { type RedisConnection, RedisUnavailable } from '../connection.js';
import { type RedisScript, runScript } from '../script.js';
import { heartbeatScript, MEMBER_LIFE_MS } from './read-budget-scripts.js';

/** What the processes' part needs of a connection. */
export type FleetConnection = Pick<RedisConnection, 'isResponsive' | 'send' | 'listen'>;

export interface MemberScriptRun {
  readonly script: RedisScript;
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
  readonly timeoutMs?: number | undefined;
}

export interface MemberReply {
  /** `later` also where this process is not a member yet, because it does not know the time of Redis. */
  readonly role: 'member' | 'taken' | 'spent' | 'later';
  readonly waitMs: number;
}

export interface MembershipParts {
  readonly connection: FleetConnection;
  /** Where Redis keeps the members. */
  readonly key: string;
  /** The id of this process. */
  readonly process: string;
  readonly clock: Required<Clock>;
}

interface RedisTime {
  /** The clock of Redis, in microseconds. */
  readonly redisUs: number;
  /** When the reply with it arrived, by this process's monotonic clock. */
  readonly receivedAt: number;
}

interface IsolationPeriod extends Isolation {
  readonly end: () => void;
}

/**
 * Whether the other processes count this one as a member. They do until an instant of Redis's clock, which only a reply
 * of Redis can extend; a command without a reply does not. So when this process considers its membership over, it is
 * over in Redis too.
 */
export class Membership {
  readonly #parts: MembershipParts;
  readonly #waiting = new Set<() => void>();
  /** `undefined` after a reconnect: it may be another Redis, with another clock. */
  #redisTime: RedisTime | undefined;
  /** A process that starts may replace one that is still counted. */
  #memberUntil: number;
  #isolation: IsolationPeriod | undefined;

  constructor(parts: MembershipParts) {
    this.#parts = parts;
    this.#memberUntil = parts.clock.monotonic() + MEMBER_LIFE_MS;
    parts.connection.listen({
      onReady: () => {
        this.#redisTime = undefined;
        void this.#renew();
      },
      onHeartbeat: () => void this.#renew(),
      onNotification: () => {},
    });
  }

  /** Whether the others may still use the whole limit together with this process. */
  get isMember(): boolean {
    return this.#parts.clock.monotonic() < this.#memberUntil;
  }

  /** The period in which this process is not a member. */
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

  /** Runs a script that renews the membership first. Gives `undefined` where Redis is unavailable or refuses. */
  async run({ script, keys, args, timeoutMs }: MemberScriptRun): Promise<MemberReply | undefined> {
    const { connection, key, process, clock } = this.#parts;
    if (!connection.isResponsive) return undefined;
    const known = this.#redisTime;
    const endsAt = known === undefined ? '' : known.redisUs + MEMBER_LIFE_MS * 1000;
    const run = { keys: [key, ...keys], args: [process, endsAt, ...args], timeoutMs };
    try {
      const reply = await runScript(connection, script, run);
      const [role, waitUs, redisUs] = reply as [MemberReply['role'], number, number];
      this.#extend(known);
      this.#redisTime = { redisUs, receivedAt: clock.monotonic() };
      return { role, waitMs: Math.ceil(waitUs / 1000) };
    } catch (error) {
      // Redis may still run a command that timed out. A refused one, for instance by a full Redis, did not run.
      if (error instanceof RedisUnavailable) this.#extend(known);
      return undefined;
    }
  }

  /** Settles when the membership may have changed, or after `maxWaitMs`. */
  changed(maxWaitMs: number): Promise<void> {
    const { clock } = this.#parts;
    const leftMs = Math.min(maxWaitMs, this.#memberUntil - clock.monotonic());
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

  #extend(known: RedisTime | undefined): void {
    if (known === undefined) return;
    this.#memberUntil = Math.max(this.#memberUntil, known.receivedAt + MEMBER_LIFE_MS);
    if (!this.isMember) return;
    this.#isolation?.end();
    this.#isolation = undefined;
  }

  async #renew(): Promise<void> {
    // No decision waits for a heartbeat, so it may take longer than a decision would wait.
    const heartbeat = { script: heartbeatScript, keys: [], args: [], timeoutMs: MEMBER_LIFE_MS };
    const reply = await this.run(heartbeat);
    // The first reply brings the time of Redis. With it the process becomes a member.
    if (reply?.role === 'later') await this.run(heartbeat);
    for (const wake of [...this.#waiting]) wake();
  }
}
