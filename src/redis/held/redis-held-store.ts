import type { WindowKey } from '../../ports.js';
import { heldContent } from '../../stores/held-content.js';
import type { HeldMessage, HeldStore } from '../../stores/held-store.js';
import type { RedisConnection } from '../connection.js';
import type { HeldKeys, RedisKeys } from '../keys.js';
import { HeldCommands } from './commands.js';
import { KEY_LIFE_MS, SPARE_MS } from './lifetimes.js';
import { decodeHeldMessage, decodeWindowKey } from './record.js';
import { RetryUntilAcknowledged } from './retry-until-acknowledged.js';
import {
  claimNudgeScript,
  confirmScript,
  listScript,
  lockScript,
  offerScript,
  removeScript,
  settleScript,
  unlockScript,
} from './scripts.js';
import type { Seal } from './seal.js';
import { UnreadableMessages } from './unreadable-messages.js';

/** The longest lock. It limits how long a process that has died blocks a queue, whatever the clocks show. */
const MAX_LOCK_MS = 600_000;
/** How long a message may stay undecided. It is as long as a decision may take. */
const UNDECIDED_MS = 60_000;

export interface RedisHeldStoreParts {
  readonly connection: Pick<RedisConnection, 'send' | 'listen' | 'firstAttempt'>;
  readonly keys: RedisKeys;
  readonly seal: Seal;
  /** The id of this process. */
  readonly writer: string;
  readonly now: () => number;
  /** How long a reply may take. */
  readonly timeoutMs: number;
}

/**
 * Held messages in Redis. A command without a reply may have run, or may still run. So a message is added in two steps.
 * An offered message was promised to nobody and expires by itself, so a missing reply to the first step needs no
 * repair. If the reply to the second step is missing, the message may be stored though its sender hears that it is not.
 * Then its removal is retried until Redis acknowledges it. For a minute no other process releases the message. It is
 * sent twice only if this process dies, or is cut off for that minute, between the two steps.
 */
export class RedisHeldStore implements HeldStore {
  readonly #parts: RedisHeldStoreParts;
  readonly #commands: HeldCommands;
  readonly #unreadable: UnreadableMessages;
  readonly #retries = new RetryUntilAcknowledged();

  constructor(parts: RedisHeldStoreParts) {
    const { connection, keys, now, timeoutMs } = parts;
    this.#parts = parts;
    this.#commands = new HeldCommands(connection, timeoutMs);
    this.#unreadable = new UnreadableMessages({ commands: this.#commands, keys, now });
    const retry = (): void => void this.#retries.retry();
    connection.listen({ onReady: retry, onHeartbeat: retry, onNotification: () => {} });
  }

  async add(message: HeldMessage, maxPerWindow: number): Promise<'added' | 'full' | HeldMessage> {
    const { keys, seal, writer } = this.#parts;
    const held = this.#keysOf(message);
    const { field, id, queue, bodies, windows } = held;
    this.#retries.delete(field);
    const lifeMs = Math.max(0, message.expiresAt - this.#parts.now()) + SPARE_MS;
    const body = seal.close(JSON.stringify(message), placeOf(held, field));
    const content = keys.heldContent(id, heldContent(message));
    const offer = [field, content, body, maxPerWindow, writer, UNDECIDED_MS, lifeMs];
    const offered = await this.#commands.runList(offerScript, [queue, bodies], offer);
    if (offered[0] !== 'offered') return this.#result(offered, held);
    const { workspaceId, channelId, address } = message;
    const window = seal.close(JSON.stringify({ workspaceId, channelId, address }), `${windows} ${id}`);
    const confirm = [field, id, window, UNDECIDED_MS, lifeMs];
    const confirmed = await this.#commands
      .runList(confirmScript, [queue, bodies, windows], confirm)
      .catch((error: unknown) => {
        this.#retries.add(field, () => this.#settle(message, false));
        throw error;
      });
    await this.#unreadable.recordSecret(message.expiresAt).catch(() => {});
    return this.#result(confirmed, held);
  }

  async list(key: WindowKey): Promise<readonly HeldMessage[]> {
    const held = this.#parts.keys.held(key);
    const keys = [held.queue, held.bodies];
    const listed = await this.#commands.runList(
      listScript,
      keys,
      [this.#parts.writer],
      this.#commands.patientTimeoutMs,
    );
    const messages: HeldMessage[] = [];
    for (let index = 0; index < listed.length; index += 2) {
      const message = this.#decrypt(held, listed[index], listed[index + 1]);
      // An unreadable message does not block the others. It stays, because the version that can read it may come back.
      if (message !== undefined) messages.push(message);
      else this.#unreadable.add(placeOf(held, String(listed[index])));
    }
    return messages;
  }

  countUnreadable(): Promise<number> {
    return this.#unreadable.count();
  }

  async remove(message: HeldMessage): Promise<void> {
    const { field, id, queue, bodies, windows, released } = this.#keysOf(message);
    const keys = [queue, bodies, windows, released];
    await this.#runUntilAcknowledged(field, () => this.#commands.run(removeScript, keys, [field, id, UNDECIDED_MS]));
  }

  async windows(workspaceId: string): Promise<readonly WindowKey[]> {
    const { keys, seal } = this.#parts;
    const windows = keys.heldWindows(workspaceId);
    const reply = await this.#sendPatiently(['HGETALL', windows]);
    const found = Object.entries(reply as object);
    return found
      .map(([id, sealed]) => decodeWindowKey(seal.open(String(sealed), `${windows} ${id}`)))
      .filter((key) => key !== undefined);
  }

  async settle(message: HeldMessage, isUsed: boolean): Promise<boolean> {
    // An undecided message is confirmed by itself before long. Its removal must not be lost.
    if (isUsed) return this.#settle(message, true);
    return this.#runUntilAcknowledged(this.#keysOf(message).field, () => this.#settle(message, false));
  }

  async lock(key: WindowKey, owner: string, until: number): Promise<boolean> {
    const leftMs = Math.ceil(until - this.#parts.now());
    const lifeMs = Math.min(Math.max(leftMs, 1), MAX_LOCK_MS);
    return (await this.#commands.run(lockScript, [this.#parts.keys.held(key).lock], [owner, lifeMs])) === 1;
  }

  async unlock(key: WindowKey, owner: string): Promise<void> {
    await this.#commands.run(unlockScript, [this.#parts.keys.held(key).lock], [owner]);
  }

  async claimNudge(key: WindowKey): Promise<boolean> {
    return (await this.#commands.run(claimNudgeScript, [this.#parts.keys.held(key).nudge], [KEY_LIFE_MS])) === 1;
  }

  async endNudge(key: WindowKey): Promise<void> {
    await this.#commands.send(['DEL', this.#parts.keys.held(key).nudge]);
  }

  async pause(key: WindowKey): Promise<void> {
    await this.#sendPatiently(['SET', this.#parts.keys.held(key).pause, '1', 'PX', String(KEY_LIFE_MS)]);
  }

  async resume(key: WindowKey): Promise<void> {
    await this.#sendPatiently(['DEL', this.#parts.keys.held(key).pause]);
  }

  async isPaused(key: WindowKey): Promise<boolean> {
    return (await this.#sendPatiently(['EXISTS', this.#parts.keys.held(key).pause])) === 1;
  }

  /** No decision waits for it: in a busy process a reply takes longer than a decision may. */
  #sendPatiently(command: readonly string[]): Promise<unknown> {
    return this.#commands.send(command, this.#commands.patientTimeoutMs);
  }

  async #settle(message: HeldMessage, isUsed: boolean): Promise<boolean> {
    const { field, id, queue, bodies, windows, released } = this.#keysOf(message);
    const keys = [queue, bodies, windows, released];
    return (await this.#commands.run(settleScript, keys, [field, id, isUsed ? 1 : 0])) === 1;
  }

  /** Runs an operation. If that fails, rejects, and retries the operation until Redis acknowledges it. */
  async #runUntilAcknowledged<T>(field: string, operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      this.#retries.add(field, operation);
      throw error;
    }
  }

  #keysOf(message: HeldMessage): HeldKeys & { readonly field: string; readonly released: string } {
    const { keys } = this.#parts;
    const field = keys.heldMessage(message.id);
    const held = keys.held(message);
    return { ...held, field, released: keys.heldReleased(held.id, field) };
  }

  #result([word, field, body]: readonly unknown[], held: HeldKeys): 'added' | 'full' | HeldMessage {
    if (word === 'added' || word === 'full') return word;
    const same = word === 'same' ? this.#decrypt(held, field, body) : undefined;
    // Nobody can say whether an unreadable message will be sent.
    if (same === undefined) throw new Error('Redis has not kept the message');
    return same;
  }

  #decrypt(held: HeldKeys, field: unknown, body: unknown): HeldMessage | undefined {
    return decodeHeldMessage(this.#parts.seal.open(String(body), placeOf(held, String(field))));
  }
}

/** A message can be decrypted only where it was stored. */
function placeOf({ bodies }: HeldKeys, field: string): string {
  return `${bodies} ${field}`;
}
