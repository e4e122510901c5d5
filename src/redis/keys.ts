import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Store, WindowKey, WindowRef } from '../ports.js';

type ForgetTarget = Parameters<Store['forget']>[0];

/** Who changed what. Without an id: any of it may have changed. */
export interface Told {
  readonly writer: string;
  readonly what: 'window' | 'turn' | string;
  readonly id?: string | undefined;
}

/** The keys of one window's held messages. */
export interface HeldKeys {
  /** Stands for the window: 22 characters. */
  readonly id: string;
  /** What is to be known of each message without opening it. */
  readonly row: string;
  /** The messages themselves. */
  readonly bodies: string;
  /** The workspace's windows. */
  readonly windows: string;
  readonly lock: string;
  readonly nudge: string;
  /** There while the row waits on although its window is open. */
  readonly pause: string;
}

/**
 * What the store's keys are called in Redis. Phone numbers can be guessed one by one, so whatever names a customer, a
 * channel or a workspace is a keyed hash, which nobody can compute without the secret.
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

  /** The marks of what was forgotten that may concern a window: its workspace's, its channel's and its address's. */
  marks({ workspaceId, channelId, address }: WindowKey): readonly [string, string, string] {
    return [this.mark({ workspaceId }), this.mark({ workspaceId, channelId }), this.mark({ workspaceId, address })];
  }

  mark({ workspaceId, channelId, address }: ForgetTarget): string {
    return `${this.#prefix}f:${this.#hash('forgotten', workspaceId, channelId ?? null, address ?? null)}`;
  }

  budget(workspaceId: string): string {
    return `${this.#prefix}b:${this.#hash('budget', workspaceId)}`;
  }

  /** The same once more: one of the two may get lost. */
  budgetCopy(workspaceId: string): string {
    return `${this.#prefix}bc:${this.#hash('budget', workspaceId)}`;
  }

  /** Which processes are alive. */
  get members(): string {
    return `${this.#prefix}m`;
  }

  /** Stands for a window that is to be read. */
  turnId({ workspaceId, channelId, contactId, address }: WindowRef): string {
    return this.#hash('turn', workspaceId, channelId, contactId, address ?? null);
  }

  turn(id: string): string {
    return `${this.#prefix}t:${id}`;
  }

  held({ workspaceId, channelId, address }: WindowKey): HeldKeys {
    const id = this.#hash('held', workspaceId, channelId, address);
    const named = (kind: string): string => `${this.#prefix}h${kind}:${id}`;
    return {
      id,
      row: named('r'),
      bodies: named('b'),
      windows: this.heldWindows(workspaceId),
      lock: named('l'),
      nudge: named('n'),
      pause: named('p'),
    };
  }

  heldWindows(workspaceId: string): string {
    return `${this.#prefix}hw:${this.#hash('held windows', workspaceId)}`;
  }

  /** Until when messages wait, by what stands for the secret with which they were sealed. */
  get heldSecrets(): string {
    return `${this.#prefix}hs`;
  }

  /** Stands for the secret. */
  get secretId(): string {
    return this.#hash('held secret');
  }

  /** Stands for a message, within its row. */
  heldMessage(id: string): string {
    return this.#hash('held message', id);
  }

  /** Stands for a message's reference and content, within its row. */
  heldContent(rowId: string, content: string): string {
    return this.#hash('held content', rowId, content);
  }

  /** Says that a message was released just now. */
  heldDone(rowId: string, message: string): string {
    return `${this.#prefix}hd:${rowId}:${message}`;
  }

  /** A key that is made and deleted to tell all processes what was changed. */
  told({ writer, what, id = '' }: Told): string {
    return `${this.notificationPrefix}${writer}:${what}:${id}`;
  }

  parseNotification(name: string): Told {
    const [writer = '', what = '', id = ''] = name.slice(this.notificationPrefix.length).split(':');
    return { writer, what, id: id === '' ? undefined : id };
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
    // A list in JSON: parts cannot flow into one another, whatever they hold.
    const digest = createHmac('sha256', this.#secret)
      .update(JSON.stringify([purpose, ...parts]))
      .digest();
    // The bytes are cut, not the text: a part of a text keeps all of it in memory, for as many windows as there are.
    return digest.subarray(0, 16).toString('base64url');
  }
}
