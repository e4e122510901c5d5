import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Store, WindowKey, WindowRef } from '../ports.js';

type ForgetTarget = Parameters<Store['forget']>[0];

/** What a notification can be about, in the words that keys in Redis use: deployments of other versions read them. */
const subjects = { window: 'window', readLease: 'turn' } as const;

/** Says who changed what. Without an id, any of its kind may have changed. */
export interface Notification {
  readonly writer: string;
  readonly subject: keyof typeof subjects;
  readonly id?: string | undefined;
}

/** The keys for one window's held messages. */
export interface HeldKeys {
  /** Stands for the window: 22 characters. */
  readonly id: string;
  /** What is known of each message without decrypting it. */
  readonly queue: string;
  /** The encrypted messages. */
  readonly bodies: string;
  /** The windows of the workspace that have held messages. */
  readonly windows: string;
  readonly lock: string;
  readonly nudge: string;
  /** Exists while the queue is paused: it waits on although its window is open. */
  readonly pause: string;
}

/**
 * The names of the store's keys in Redis. Phone numbers can be guessed one by one. So the name of a customer, a channel
 * or a workspace is a keyed hash, which nobody can compute without the secret.
 */
export class RedisKeys {
  readonly #prefix: string;
  readonly #secret: string;

  constructor(prefix: string, secret: string) {
    this.#prefix = prefix;
    this.#secret = secret;
  }

  /** Stands for a window: 22 characters. */
  windowId({ workspaceId, channelId, address }: WindowKey): string {
    return this.#hash('window', workspaceId, channelId, address);
  }

  window(id: string): string {
    return `${this.#prefix}w:${id}`;
  }

  /** The tombstones that may concern a window: its workspace's, its channel's and its address's. */
  tombstones({ workspaceId, channelId, address }: WindowKey): readonly [string, string, string] {
    return [
      this.tombstone({ workspaceId }),
      this.tombstone({ workspaceId, channelId }),
      this.tombstone({ workspaceId, address }),
    ];
  }

  tombstone({ workspaceId, channelId, address }: ForgetTarget): string {
    return `${this.#prefix}f:${this.#hash('forgotten', workspaceId, channelId ?? null, address ?? null)}`;
  }

  budget(workspaceId: string): string {
    return `${this.#prefix}b:${this.#hash('budget', workspaceId)}`;
  }

  /** A copy of the budget, because one of the two may get lost. */
  budgetCopy(workspaceId: string): string {
    return `${this.#prefix}bc:${this.#hash('budget', workspaceId)}`;
  }

  /** The processes that are alive. */
  get members(): string {
    return `${this.#prefix}m`;
  }

  /** Stands for the read of a window. */
  readLeaseId({ workspaceId, channelId, contactId, address }: WindowRef): string {
    return this.#hash('turn', workspaceId, channelId, contactId, address ?? null);
  }

  readLease(id: string): string {
    return `${this.#prefix}t:${id}`;
  }

  held({ workspaceId, channelId, address }: WindowKey): HeldKeys {
    const id = this.#hash('held', workspaceId, channelId, address);
    const key = (kind: string): string => `${this.#prefix}h${kind}:${id}`;
    return {
      id,
      queue: key('r'),
      bodies: key('b'),
      windows: this.heldWindows(workspaceId),
      lock: key('l'),
      nudge: key('n'),
      pause: key('p'),
    };
  }

  heldWindows(workspaceId: string): string {
    return `${this.#prefix}hw:${this.#hash('held windows', workspaceId)}`;
  }

  /** Until when messages wait, by the id of the secret that encrypted them. */
  get heldSecrets(): string {
    return `${this.#prefix}hs`;
  }

  /** Stands for the secret. */
  get secretId(): string {
    return this.#hash('held secret');
  }

  /** Stands for a message within its queue. */
  heldMessage(id: string): string {
    return this.#hash('held message', id);
  }

  /** Stands for a message's reference and content within its queue. */
  heldContent(queueId: string, content: string): string {
    return this.#hash('held content', queueId, content);
  }

  /** Exists for a minute after a message was released. */
  heldReleased(queueId: string, message: string): string {
    return `${this.#prefix}hd:${queueId}:${message}`;
  }

  /** A key that is created and deleted to notify all processes of a change. */
  notification({ writer, subject, id = '' }: Notification): string {
    return `${this.notificationPrefix}${writer}:${subjects[subject]}:${id}`;
  }

  /** `undefined` for a key that this version does not write. */
  parseNotification(key: string): Notification | undefined {
    const [writer = '', word, id = ''] = key.slice(this.notificationPrefix.length).split(':');
    const subject = (['window', 'readLease'] as const).find((name) => subjects[name] === word);
    return subject && { writer, subject, id: id === '' ? undefined : id };
  }

  get notificationPrefix(): string {
    return `${this.#prefix}n:`;
  }

  /** A signature that only a process with the secret can make. */
  sign(...parts: readonly (string | number)[]): string {
    return this.#hash('signature', ...parts);
  }

  isSignature(candidate: unknown, ...parts: readonly (string | number)[]): boolean {
    if (typeof candidate !== 'string') return false;
    const [given, expected] = [Buffer.from(candidate), Buffer.from(this.sign(...parts))];
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  #hash(purpose: string, ...parts: readonly (string | number | null)[]): string {
    // JSON keeps the parts apart, whatever characters they contain.
    const digest = createHmac('sha256', this.#secret)
      .update(JSON.stringify([purpose, ...parts]))
      .digest();
    // A substring would keep the whole text in memory, once for each window. So the bytes are cut first.
    return digest.subarray(0, 16).toString('base64url');
  }
}
