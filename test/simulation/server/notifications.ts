import type { Timeline } from '../model/timeline.js';
import type { RedisLinkFaults } from './redis-link-faults.js';
import { keys } from './windows.js';

export interface NotificationsParts {
  readonly process: number;
  /** Its name in notifications of its own writes, which tell it nothing. */
  readonly writer: string;
  readonly timeline: Timeline;
  readonly linkFaults: RedisLinkFaults;
  /** The process is notified of a change of a window. */
  readonly onNotified: (process: number, windowId: string) => void;
}

/** The notifications of changes by others that are on their way to one process. */
export class Notifications {
  readonly #parts: NotificationsParts;
  /** By window, how many have not arrived yet; the empty id stands for any window. */
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

  /** @param deliver called each time that the notification arrives */
  send(key: string | undefined, deliver: () => void): void {
    const id = this.#windowOf(key);
    const { timeline, linkFaults, process, onNotified } = this.#parts;
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

  /** The window that another has changed; empty: it may be any; `undefined`: none. */
  #windowOf(key: string | undefined): string | undefined {
    if (key === undefined) return '';
    const { subject, writer, id = '' } = keys.parseNotification(key) ?? {};
    return subject === 'window' && writer !== this.#parts.writer ? id : undefined;
  }

  #arrived(id: string): void {
    const left = (this.#pending.get(id) ?? 1) - 1;
    if (left === 0) this.#pending.delete(id);
    else this.#pending.set(id, left);
  }
}
