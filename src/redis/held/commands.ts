import type { RedisConnection } from '../connection.js';
import { type RedisScript, runScript } from '../script.js';

/** The shortest timeout for commands for which no decision waits, such as those that read a whole queue. */
const MIN_PATIENT_TIMEOUT_MS = 1_000;

type ScriptArgs = readonly (string | number)[];

/** A connection for the commands of held messages. */
export class HeldCommands {
  readonly #connection: Pick<RedisConnection, 'send' | 'firstAttempt'>;
  readonly #timeoutMs: number;

  constructor(connection: Pick<RedisConnection, 'send' | 'firstAttempt'>, timeoutMs: number) {
    this.#connection = connection;
    this.#timeoutMs = timeoutMs;
  }

  /** The timeout for commands for which no decision waits. */
  get patientTimeoutMs(): number {
    return Math.max(this.#timeoutMs, MIN_PATIENT_TIMEOUT_MS);
  }

  /**
   * The first command of a new store waits for the attempt to connect, because a guard asks for held messages as soon
   * as it is created.
   */
  async send(command: readonly string[], timeoutMs?: number): Promise<unknown> {
    await this.#connection.firstAttempt;
    return this.#connection.send(command, timeoutMs);
  }

  async run(
    script: RedisScript,
    keys: readonly string[],
    args: ScriptArgs,
    timeoutMs: number = this.#timeoutMs,
  ): Promise<unknown> {
    await this.#connection.firstAttempt;
    return runScript(this.#connection, script, { keys, args, timeoutMs });
  }

  /** Runs a script that returns a list. */
  async runList(
    script: RedisScript,
    keys: readonly string[],
    args: ScriptArgs,
    timeoutMs?: number,
  ): Promise<readonly unknown[]> {
    const reply = await this.run(script, keys, args, timeoutMs);
    return Array.isArray(reply) ? reply : [];
  }
}
