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
  readonly link: RedisConnection;
  readonly names: RedisKeys;
  /** Stands for this process in what it tells the others. */
  readonly writer: string;
  readonly longestWindowMs: number;
  readonly now: () => number;
}

/** Windows in Redis, where each is one record that is only ever joined with, by a script of the server's. */
export class RedisWindows implements RemoteWindows {
  readonly #parts: RedisWindowsParts;

  constructor(parts: RedisWindowsParts) {
    this.#parts = parts;
  }

  get isReady(): boolean {
    return this.#parts.link.isReady;
  }

  get isResponsive(): boolean {
    return this.#parts.link.isResponsive;
  }

  idOf(key: WindowKey): string {
    return this.#parts.names.windowId(key);
  }

  async read(key: WindowKey): Promise<RemoteWindow> {
    const { link, names } = this.#parts;
    return this.#decode(await link.ask(['MGET', names.window(this.idOf(key)), ...names.marks(key)]));
  }

  async merge(key: WindowKey, evidence: WindowEvidence): Promise<RemoteWindow> {
    const { link, longestWindowMs, now } = this.#parts;
    const latestAt = this.#latestAt();
    const args = [encodeEvidence(evidence, latestAt), now(), longestWindowMs, latestAt];
    return this.#decode(await runScript(link, mergeScript, { keys: this.#keysOf(key), args }));
  }

  async forget(target: Parameters<Store['forget']>[0]): Promise<void> {
    const { link, names, writer, longestWindowMs } = this.#parts;
    const { workspaceId, channelId, address } = target;
    // A mark has to outlive every record from before it. Nobody can tell two of the same name apart, so none is used twice.
    const args = [randomBytes(6).toString('base64url'), longestWindowMs + 2 * DAY_MS];
    if (channelId !== undefined && address !== undefined) {
      await runScript(link, forgetWindowScript, { keys: this.#keysOf({ workspaceId, channelId, address }), args });
    } else {
      await runScript(link, forgetManyScript, {
        keys: [names.mark(target), names.told({ writer, what: 'window' })],
        args,
      });
    }
  }

  listen({ onReady, onChange, onHeartbeat }: RemoteWindowsListener): void {
    const { link, names, writer } = this.#parts;
    link.listen({
      onReady,
      onHeartbeat,
      onNotification: (name) => {
        if (name === undefined) return onChange(undefined);
        const told = names.parseNotification(name);
        if (told.what === 'window' && told.writer !== writer) onChange(told.id);
      },
    });
  }

  #keysOf(key: WindowKey): readonly string[] {
    const { names, writer } = this.#parts;
    const id = this.idOf(key);
    return [names.window(id), ...names.marks(key), names.told({ writer, what: 'window', id })];
  }

  /** No window ends later, and nothing that has happened can have happened later. */
  #latestAt(): number {
    return this.#parts.now() + this.#parts.longestWindowMs + DAY_MS;
  }

  #decode(reply: unknown): RemoteWindow {
    const [text, ...marks] = Array.isArray(reply) ? reply.map(textOf) : [''];
    const wide = [marks[0] ?? '', marks[1] ?? '', marks[2] ?? ''];
    const record = decodeRecord(text ?? '', wide, this.#latestAt());
    const isEmpty = record === undefined || Object.keys(record.evidence).length === 0;
    return { evidence: isEmpty ? undefined : record.evidence, marks: [...wide, record?.forgottenMark ?? ''] };
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
