import type { Clock, Fleet, ReadLease, WindowRef } from '../../../src/ports.js';
import type { FleetConnection } from '../../../src/redis/fleet/membership.js';
import { reserveScript } from '../../../src/redis/fleet/read-budget-scripts.js';
import { finishScript, joinScript } from '../../../src/redis/fleet/read-lease-scripts.js';
import { RedisFleet } from '../../../src/redis/fleet/redis-fleet.js';
import { keys, options } from '../server/windows.js';

export interface ObservedFleetParts {
  readonly connection: FleetConnection;
  readonly writer: string;
  readonly instances: number;
  /** Epoch ms, as the process has it. */
  readonly now: () => number;
  readonly clock: Required<Clock>;
  /** When the reads started whose answers are shared, in true time, by answer. The same map for all processes. */
  readonly starts: Map<string, number>;
  /** When this process's latest read of a window started, in true time. */
  readonly startedAt: (ref: WindowRef) => number;
  /** The answer of another process's read arrived. */
  readonly onAnswered: (ref: WindowRef, startedAt: number) => void;
  readonly count: (name: string) => void;
}

/** `RedisFleet`, and what the oracle has to know of it. */
export class ObservedFleet implements Fleet {
  readonly instances: number;
  readonly #parts: ObservedFleetParts;
  readonly #fleet: RedisFleet;
  /** By lease, when the read started that this process is about to report, or of which it has just received the answer. */
  readonly #startOfLease = new Map<string, number>();

  constructor(parts: ObservedFleetParts) {
    this.#parts = parts;
    this.instances = parts.instances;
    const timeoutMs = options.timeoutMs / 2;
    this.#fleet = new RedisFleet({ ...parts, connection: this.#watch(parts.connection), keys, timeoutMs });
  }

  async takeRead(...read: Parameters<Fleet['takeRead']>): ReturnType<Fleet['takeRead']> {
    const { clock, count } = this.#parts;
    const requestedAt = clock.monotonic();
    const answer = await this.#fleet.takeRead(...read);
    if (answer === 'taken') count('read of the shared limit');
    else if (answer !== 'spent') {
      count('read of its own share');
      if (clock.monotonic() > requestedAt) count('waited until it was no member');
    }
    return answer;
  }

  async joinRead(ref: WindowRef, after: number | undefined): Promise<ReadLease | undefined> {
    const { startedAt, onAnswered, count } = this.#parts;
    const lease = await this.#fleet.joinRead(ref, after);
    if (lease === undefined) return undefined;
    count(`lease ${lease.role}`);
    const id = keys.readLease(keys.readLeaseId(ref));
    if (lease.role === 'answered') onAnswered(ref, this.#startOfLease.get(id) ?? Number.NEGATIVE_INFINITY);
    if (lease.role !== 'reader') return lease;
    return {
      ...lease,
      finish: (facts) => {
        this.#startOfLease.set(id, startedAt(ref));
        lease.finish(facts);
      },
    };
  }

  #watch(connection: FleetConnection): FleetConnection {
    return {
      get isResponsive() {
        return connection.isResponsive;
      },
      listen: (listener) => connection.listen(listener),
      send: (command, timeoutMs) => this.#watched(command, () => connection.send(command, timeoutMs)),
    };
  }

  async #watched([, script, , id = '', ...rest]: readonly string[], send: () => Promise<unknown>): Promise<unknown> {
    const { starts, count } = this.#parts;
    const start = this.#startOfLease.get(id);
    if (isScript(finishScript, script) && start !== undefined) starts.set(rest.at(-1) ?? '', start);
    const reply = await send();
    const [role, , answer] = reply as readonly unknown[];
    if (isScript(reserveScript, script) && role === 'later') count('asked for a read again');
    if (isScript(joinScript, script) && role === 'answered') {
      this.#startOfLease.set(id, starts.get(String(answer)) ?? Number.NEGATIVE_INFINITY);
    }
    return reply;
  }
}

function isScript({ text, sha }: { readonly text: string; readonly sha: string }, sent: string | undefined): boolean {
  return sent === sha || sent === text;
}
