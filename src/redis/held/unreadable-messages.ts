import type { RedisKeys } from '../keys.js';
import type { HeldCommands } from './commands.js';
import { KEY_LIFE_MS } from './lifetimes.js';
import { recordSecretScript } from './scripts.js';

const HOUR_MS = 3_600_000;
/** Beyond this number the exact count does not matter. */
const MAX_COUNTED = 10_000;

export interface UnreadableMessagesParts {
  readonly commands: HeldCommands;
  readonly keys: RedisKeys;
  readonly now: () => number;
}

/**
 * Counts held messages that this process cannot decrypt: damaged ones that it has met, and one for each other secret
 * that still has messages. Those are stored under names that this process cannot compute. So each process records in
 * Redis until when messages wait under its secret.
 */
export class UnreadableMessages {
  readonly #parts: UnreadableMessagesParts;
  readonly #places = new Set<string>();
  /** The instant that Redis has for this process's secret. */
  #recordedUntil = 0;

  constructor(parts: UnreadableMessagesParts) {
    this.#parts = parts;
  }

  /** @param place of a message that could not be decrypted or read */
  add(place: string): void {
    if (this.#places.size < MAX_COUNTED) this.#places.add(place);
  }

  async count(): Promise<number> {
    const { commands, keys, now } = this.#parts;
    const secrets = Object.entries((await commands.send(['HGETALL', keys.heldSecrets])) as object);
    const others = secrets.filter(([id, until]) => id !== keys.secretId && Number(until) > now());
    return this.#places.size + others.length;
  }

  /** Records that a message waits under this process's secret until `expiresAt`. */
  async recordSecret(expiresAt: number): Promise<void> {
    const { commands, keys } = this.#parts;
    const before = this.#recordedUntil;
    if (expiresAt < before + HOUR_MS) return;
    // Set at once: of many messages at the same time one is enough.
    this.#recordedUntil = expiresAt;
    try {
      await commands.run(recordSecretScript, [keys.heldSecrets], [keys.secretId, Math.ceil(expiresAt), KEY_LIFE_MS]);
    } catch (error) {
      this.#recordedUntil = before;
      throw error;
    }
  }
}
