import type { WindowKey } from '../../ports.js';
import { heldContent } from '../../stores/held-content.js';
import type { HeldMessage, HeldStore } from '../../stores/held-store.js';
import type { RedisConnection } from '../connection.js';
import type { HeldKeys, RedisKeys } from '../keys.js';
import { type RedisScript, runScript } from '../script.js';
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

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** More of them are as bad as so many. */
const MAX_UNREADABLE = 10_000;
/** So long after the last message of a row has expired its keys go, too: then no process was there to give it up. */
const SPARE_MS = 7 * DAY_MS;
/** No message waits longer, and a nudge or a pause is remembered as long as one does. */
const ROW_LIFE_MS = 30 * DAY_MS + SPARE_MS;
/** Whatever the clocks of two processes show: so long at most a row is locked by one that has died. */
const MAX_LOCK_MS = 600_000;
/** As long as a decision may take, so that it is heard before others release what they found. */
const UNDECIDED_MS = 60_000;
/** So long at least a whole row may take: no decision waits for it, and a long one must not stay for being long. */
const LOOK_MS = 1_000;

export interface RedisHeldStoreParts {
  readonly link: Pick<RedisConnection, 'ask' | 'listen' | 'tried'>;
  readonly names: RedisKeys;
  readonly seal: Seal;
  /** Stands for this process. */
  readonly writer: string;
  readonly now: () => number;
  /** How long an answer may take. */
  readonly timeoutMs: number;
}

/**
 * Held messages in Redis. A command of which nothing was heard in time may have been carried out, or may yet be. So a
 * message is added in two steps. What is only offered was promised to nobody, and goes by itself: where the first answer
 * is missing, nothing is left to do. Where the second is, the message may be there though its sender is told that it is
 * not; it is taken back until that is heard, and until then, for a minute, no process releases it. What is left is a
 * process that dies, or is cut off for a minute, exactly between the two.
 */
export class RedisHeldStore implements HeldStore {
  readonly #parts: RedisHeldStoreParts;
  readonly #unheard = new RetryUntilAcknowledged();
  /** Where messages are that cannot be opened. */
  readonly #unreadable = new Set<string>();
  /** Until when messages wait that were sealed with this secret, as Redis was last told. */
  #sealedUntil = 0;

  constructor(parts: RedisHeldStoreParts) {
    this.#parts = parts;
    const repeat = (): void => void this.#unheard.repeat();
    parts.link.listen({ onReady: repeat, onHeartbeat: repeat, onNotification: () => {} });
  }

  async add(message: HeldMessage, maxPerWindow: number): Promise<'added' | 'full' | HeldMessage> {
    const { names, seal, writer } = this.#parts;
    const held = this.#held(message);
    const { field, id, row, bodies, windows } = held;
    this.#unheard.delete(field);
    const lifeMs = Math.max(0, message.expiresAt - this.#parts.now()) + SPARE_MS;
    const body = seal.close(JSON.stringify(message), placeOf(held, field));
    const content = names.heldContent(id, heldContent(message));
    const offer = [field, content, body, maxPerWindow, writer, UNDECIDED_MS, lifeMs];
    const offered = await this.#list(offerScript, [row, bodies], offer);
    if (offered[0] !== 'offered') return this.#answer(offered, held);
    const { workspaceId, channelId, address } = message;
    const window = seal.close(JSON.stringify({ workspaceId, channelId, address }), `${windows} ${id}`);
    const confirm = [field, id, window, UNDECIDED_MS, lifeMs];
    const confirmed = await this.#list(confirmScript, [row, bodies, windows], confirm).catch((error: unknown) => {
      this.#unheard.add(field, () => this.#settle(message, false));
      throw error;
    });
    await this.#noteSecret(message.expiresAt).catch(() => {});
    return this.#answer(confirmed, held);
  }

  async list(key: WindowKey): Promise<readonly HeldMessage[]> {
    const held = this.#parts.names.held(key);
    const keys = [held.row, held.bodies];
    const listed = await this.#list(listScript, keys, [this.#parts.writer], this.#lookMs);
    const messages: HeldMessage[] = [];
    for (let index = 0; index < listed.length; index += 2) {
      const message = this.#open(held, listed[index], listed[index + 1]);
      // One that cannot be read must not keep the others from going. It stays: it may be of a version that comes back.
      if (message !== undefined) messages.push(message);
      else if (this.#unreadable.size < MAX_UNREADABLE) this.#unreadable.add(placeOf(held, String(listed[index])));
    }
    return messages;
  }

  async countUnreadable(): Promise<number> {
    const { names, now } = this.#parts;
    const secrets = Object.entries((await this.#ask(['HGETALL', names.heldSecrets])) as object);
    const others = secrets.filter(([id, until]) => id !== names.secretId && Number(until) > now());
    return this.#unreadable.size + others.length;
  }

  /** What another secret has sealed is under names that nobody can guess: this is how a process hears that it is there. */
  async #noteSecret(expiresAt: number): Promise<void> {
    const { names, link } = this.#parts;
    if (expiresAt < this.#sealedUntil + HOUR_MS) return;
    this.#sealedUntil = expiresAt;
    await link.ask(['HSET', names.heldSecrets, names.secretId, String(Math.ceil(expiresAt))]);
    await link.ask(['PEXPIRE', names.heldSecrets, String(ROW_LIFE_MS)]);
  }

  async remove(message: HeldMessage): Promise<void> {
    const { field, id, done, ...held } = this.#held(message);
    const keys = [held.row, held.bodies, held.windows, done];
    await this.#insist(field, () => this.#run(removeScript, keys, [field, id, UNDECIDED_MS]));
  }

  async windows(workspaceId: string): Promise<readonly WindowKey[]> {
    const { names, seal } = this.#parts;
    const name = names.heldWindows(workspaceId);
    const found = Object.entries((await this.#ask(['HGETALL', name], this.#lookMs)) as object);
    const keys = found.map(([id, sealed]) => decodeWindowKey(seal.open(String(sealed), `${name} ${id}`)));
    return keys.filter((key) => key !== undefined);
  }

  async settle(message: HeldMessage, isUsed: boolean): Promise<boolean> {
    // One that is to wait does so by itself before long; one that is not to must not.
    if (isUsed) return this.#settle(message, true);
    return this.#insist(this.#held(message).field, () => this.#settle(message, false));
  }

  async lock(key: WindowKey, owner: string, until: number): Promise<boolean> {
    const leftMs = Math.ceil(until - this.#parts.now());
    const lifeMs = Math.min(Math.max(leftMs, 1), MAX_LOCK_MS);
    return (await this.#run(lockScript, [this.#parts.names.held(key).lock], [owner, lifeMs])) === 1;
  }

  async unlock(key: WindowKey, owner: string): Promise<void> {
    await this.#run(unlockScript, [this.#parts.names.held(key).lock], [owner]);
  }

  async claimNudge(key: WindowKey): Promise<boolean> {
    return (await this.#run(claimNudgeScript, [this.#parts.names.held(key).nudge], [ROW_LIFE_MS])) === 1;
  }

  async endNudge(key: WindowKey): Promise<void> {
    await this.#ask(['DEL', this.#parts.names.held(key).nudge]);
  }

  async pause(key: WindowKey): Promise<void> {
    await this.#ask(['SET', this.#parts.names.held(key).pause, '1', 'PX', String(ROW_LIFE_MS)]);
  }

  async resume(key: WindowKey): Promise<void> {
    await this.#ask(['DEL', this.#parts.names.held(key).pause]);
  }

  async isPaused(key: WindowKey): Promise<boolean> {
    return (await this.#ask(['EXISTS', this.#parts.names.held(key).pause])) === 1;
  }

  async #settle(message: HeldMessage, isUsed: boolean): Promise<boolean> {
    const { field, id, row, bodies, windows, done } = this.#held(message);
    return (await this.#run(settleScript, [row, bodies, windows, done], [field, id, isUsed ? 1 : 0])) === 1;
  }

  /** Does it, or rejects and does it as soon as Redis can be asked again. */
  async #insist<T>(field: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#unheard.add(field, work);
      throw error;
    }
  }

  #held(message: HeldMessage): HeldKeys & { readonly field: string; readonly done: string } {
    const { names } = this.#parts;
    const field = names.heldMessage(message.id);
    const held = names.held(message);
    return { ...held, field, done: names.heldDone(held.id, field) };
  }

  #answer([word, field, body]: readonly unknown[], held: HeldKeys): 'added' | 'full' | HeldMessage {
    if (word === 'added' || word === 'full') return word;
    const same = word === 'same' ? this.#open(held, field, body) : undefined;
    // Of one that cannot be read nobody can say that it will be sent.
    if (same === undefined) throw new Error('Redis has not kept the message');
    return same;
  }

  #open(held: HeldKeys, field: unknown, body: unknown): HeldMessage | undefined {
    return decodeHeldMessage(this.#parts.seal.open(String(body), placeOf(held, String(field))));
  }

  get #lookMs(): number {
    return Math.max(this.#parts.timeoutMs, LOOK_MS);
  }

  async #list(
    script: RedisScript,
    keys: readonly string[],
    args: ScriptArgs,
    timeoutMs?: number,
  ): Promise<readonly unknown[]> {
    const reply = await this.#run(script, keys, args, timeoutMs);
    return Array.isArray(reply) ? reply : [];
  }

  async #run(
    script: RedisScript,
    keys: readonly string[],
    args: ScriptArgs,
    timeoutMs: number = this.#parts.timeoutMs,
  ): Promise<unknown> {
    const link = await this.#triedLink();
    return runScript(link, script, { keys, args, timeoutMs });
  }

  async #ask(command: readonly string[], timeoutMs?: number): Promise<unknown> {
    return (await this.#triedLink()).ask(command, timeoutMs);
  }

  /** Waits only in a store that was made just now: what waits in Redis is asked for as soon as the guard is there. */
  async #triedLink(): Promise<RedisHeldStoreParts['link']> {
    const { link } = this.#parts;
    await link.tried;
    return link;
  }
}

type ScriptArgs = readonly (string | number)[];

/** A message can be opened where it was put, and nowhere else. */
function placeOf({ bodies }: HeldKeys, field: string): string {
  return `${bodies} ${field}`;
}
