import { mergeEvidence, type WindowEvidence } from '../../../src/core/service-window.js';
import type { WindowKey } from '../../../src/ports.js';
import type { RemoteWindow, RemoteWindows, RemoteWindowsListener } from '../../../src/redis/windows/remote-windows.js';
import type { Deferred } from '../../guard/support.js';

/** Remote windows of which the test controls the replies and the notifications. */
export class FakeRemote implements RemoteWindows {
  isReady: boolean = true;
  isResponsive: boolean = true;
  readonly windows: Map<string, WindowEvidence> = new Map();
  readonly tombstones: string[] = ['', '', '', ''];
  /** How many reads and writes there were. */
  requests = 0;
  /** The largest number of requests at the same time. */
  maxConcurrent = 0;
  #running = 0;
  /** Delays the replies; `undefined`: replies come at once. */
  delay: Deferred<void> | undefined;
  readonly listeners: RemoteWindowsListener[] = [];

  idOf({ address }: WindowKey): string {
    return address;
  }

  read(where: WindowKey): Promise<RemoteWindow> {
    return this.#reply(where);
  }

  merge(where: WindowKey, evidence: WindowEvidence): Promise<RemoteWindow> {
    if (!this.isReady) return Promise.reject(new Error('unavailable'));
    this.windows.set(where.address, mergeEvidence(this.windows.get(where.address) ?? {}, evidence));
    return this.#reply(where);
  }

  async forget(): Promise<void> {
    if (!this.isReady) throw new Error('unavailable');
    this.windows.clear();
  }

  listen(listener: RemoteWindowsListener): void {
    this.listeners.push(listener);
  }

  /** Another process merges evidence. */
  changeElsewhere(where: WindowKey, evidence: WindowEvidence): void {
    this.windows.set(where.address, mergeEvidence(this.windows.get(where.address) ?? {}, evidence));
    for (const { onChange } of this.listeners) onChange(where.address);
  }

  disconnect(): void {
    this.isReady = false;
  }

  reconnect(): void {
    this.isReady = true;
    for (const { onReady } of this.listeners) onReady();
  }

  heartbeat(): void {
    for (const { onHeartbeat } of this.listeners) onHeartbeat();
  }

  async #reply({ address }: WindowKey): Promise<RemoteWindow> {
    this.requests += 1;
    if (!this.isReady) throw new Error('unavailable');
    const reply = { evidence: this.windows.get(address), tombstones: [...this.tombstones] };
    this.#running += 1;
    this.maxConcurrent = Math.max(this.maxConcurrent, this.#running);
    await this.delay?.promise;
    this.#running -= 1;
    return reply;
  }
}
