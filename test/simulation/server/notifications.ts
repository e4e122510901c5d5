import type { RedisKeys } from '../../../src/redis/keys.js';
import type { Timeline } from '../model/timeline.js';
import type { RedisLinkFaults } from './redis-link-faults.js';

export interface NotificationsParts {
  readonly process: number;
  readonly timeline: Timeline;
  readonly keys: RedisKeys;
  readonly linkFaults: RedisLinkFaults;
  /** The process is notified of a change of a window by another one. */
  readonly onNotified: (process: number, windowId: string) => void;
}

/** The notifications that are on their way over one connection. */
export class Notifications {
  readonly #parts: NotificationsParts;
  /** By window, how many of changes by others have not arrived yet; the empty id stands for any window. */
  #pending = new Map<string, number>();

  constructor(parts: NotificationsParts) {
    this.#parts = parts;
  }

  get isEmpty(): boolean {
    return this.#pending.size === 0;
  }

  isPending(windowId: string): boolean {
    return this.#pending.has(windowId) || this.#pending.has('');
  }

  /**
   * @param key `undefined`: any may have changed
   * @param deliver called each time that the notification arrives
   */
  send(key: string | undefined, isOwn: boolean, deliver: () => void): void {
    const { timeline, linkFaults, process, onNotified } = this.#parts;
    const id = isOwn ? undefined : this.#windowOf(key);
    const pending = this.#pending;
    for (const delayMs of linkFaults.notificationDelays(process, timeline.now)) {
      if (id !== undefined) pending.set(id, (pending.get(id) ?? 0) + 1);
      timeline.inProcess(timeline.now + delayMs, () => {
        // The connection broke meanwhile.
        if (pending !== this.#pending) return;
        if (id !== undefined) {
          onNotified(process, id);
          this.#arrived(id);
        }
        timeline.flushPromises();
        deliver();
      });
    }
  }

  /** The connection breaks: nothing of it arrives. */
  drop(): void {
    this.#pending = new Map();
  }

  #windowOf(key: string | undefined): string | undefined {
    if (key === undefined) return '';
    const notification = this.#parts.keys.parseNotification(key);
    return notification?.subject === 'window' ? (notification.id ?? '') : undefined;
  }

  #arrived(id: string): void {
    const left = (this.#pending.get(id) ?? 1) - 1;
    if (left === 0) this.#pending.delete(id);
    else this.#pending.set(id, left);
  }
}
