import type { Timeline } from '../model/timeline.js';
import type { RedisLinkFaults } from './redis-link-faults.js';
import type { Change } from './server.js';

export interface NotificationsParts {
  readonly process: number;
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
  send({ what, id = '' }: Change, deliver: () => void): void {
    const { timeline, linkFaults, process, onNotified } = this.#parts;
    const pending = this.#pending;
    for (const delayMs of linkFaults.notificationDelays(process, timeline.now)) {
      if (what === 'window') pending.set(id, (pending.get(id) ?? 0) + 1);
      timeline.inProcess(timeline.now + delayMs, () => {
        // The connection broke meanwhile.
        if (pending !== this.#pending) return;
        if (what === 'window') {
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

  #arrived(id: string): void {
    const left = (this.#pending.get(id) ?? 1) - 1;
    if (left === 0) this.#pending.delete(id);
    else this.#pending.set(id, left);
  }
}
