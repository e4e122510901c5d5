import { randomBytes } from 'node:crypto';
import type { WindowEvidence } from '../../core/service-window.js';
import type { Store, WindowKey } from '../../ports.js';
import type { RedisConnection } from '../connection.js';
import type { RedisKeys } from '../keys.js';
import { runScript } from '../script.js';
import { decodeRecord, encodeEvidence } from './record.js';
import type { RemoteWindow, RemoteWindows, RemoteWindowsListener } from './remote-windows.js';
import { forgetManyScript, forgetWindowScript, mergeScript } from './scripts.js';

const DAY_MS = 86_400_000;

export interface RedisWindowsParts {
  readonly connection: Pick<RedisConnection, 'isReady' | 'isResponsive' | 'send' | 'listen'>;
  readonly keys: RedisKeys;
  /** The id of this process in notifications. */
  readonly writer: string;
  readonly longestWindowMs: number;
  readonly now: () => number;
}

/** Windows in Redis. Each is one record, which a script merges with new evidence. */
export class RedisWindows implements RemoteWindows {
  readonly #parts: RedisWindowsParts;

  constructor(parts: RedisWindowsParts) {
    this.#parts = parts;
  }

  get isReady(): boolean {
    return this.#parts.connection.isReady;
  }

  get isResponsive(): boolean {
    return this.#parts.connection.isResponsive;
  }

  idOf(key: WindowKey): string {
    return this.#parts.keys.windowId(key);
  }

  async read(key: WindowKey): Promise<RemoteWindow> {
    const { connection, keys } = this.#parts;
    return this.#decode(await connection.send(['MGET', keys.window(this.idOf(key)), ...keys.tombstones(key)]));
  }

  async merge(key: WindowKey, evidence: WindowEvidence): Promise<RemoteWindow> {
    const { connection, longestWindowMs, now } = this.#parts;
    const latestAt = this.#latestAt();
    const args = [encodeEvidence(evidence, latestAt), now(), longestWindowMs, latestAt];
    return this.#decode(await runScript(connection, mergeScript, { keys: this.#keysOf(key), args }));
  }

  async forget(target: Parameters<Store['forget']>[0]): Promise<void> {
    const { connection, keys, writer, longestWindowMs } = this.#parts;
    const { workspaceId, channelId, address } = target;
    // A tombstone outlives every record from before it. Each is random, so that a new one differs from any earlier one.
    const args = [randomBytes(6).toString('base64url'), longestWindowMs + 2 * DAY_MS];
    if (channelId !== undefined && address !== undefined) {
      await runScript(connection, forgetWindowScript, {
        keys: this.#keysOf({ workspaceId, channelId, address }),
        args,
      });
    } else {
      const changed = [keys.tombstone(target), keys.notification({ writer, subject: 'window' })];
      await runScript(connection, forgetManyScript, { keys: changed, args });
    }
  }

  listen({ onReady, onChange, onHeartbeat }: RemoteWindowsListener): void {
    const { connection, keys, writer } = this.#parts;
    connection.listen({
      onReady,
      onHeartbeat,
      onNotification: (key) => {
        if (key === undefined) return onChange(undefined);
        const notification = keys.parseNotification(key);
        if (notification?.subject === 'window' && notification.writer !== writer) onChange(notification.id);
      },
    });
  }

  #keysOf(key: WindowKey): readonly string[] {
    const { keys, writer } = this.#parts;
    const id = this.idOf(key);
    return [keys.window(id), ...keys.tombstones(key), keys.notification({ writer, subject: 'window', id })];
  }

  /** The latest possible instant: no window ends later, and nothing that has happened is later. */
  #latestAt(): number {
    return this.#parts.now() + this.#parts.longestWindowMs + DAY_MS;
  }

  #decode(reply: unknown): RemoteWindow {
    const [text, workspace = '', channel = '', address = ''] = Array.isArray(reply) ? reply.map(textOf) : [];
    const tombstones = [workspace, channel, address];
    const record = decodeRecord(text ?? '', tombstones, this.#latestAt());
    const isEmpty = record === undefined || Object.keys(record.evidence).length === 0;
    return {
      evidence: isEmpty ? undefined : record.evidence,
      tombstones: [...tombstones, record?.tombstone ?? ''],
    };
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
