import { windowName } from '../core/contact-address.js';
import type { WindowKey } from '../ports.js';
import type { DispatchHost } from './dispatch-host.js';

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** In an outage each customer who writes is one more. The dispatcher's sweep finds the others, within a minute. */
const MAX_FAILING = 10_000;

interface Failing {
  readonly key: WindowKey;
  readonly host: DispatchHost;
  readonly failures: number;
  readonly timer: unknown;
}

/** The queues whose release has failed, each of which is tried again ever more rarely. */
export class Retries {
  readonly #failing = new Map<string, Failing>();
  readonly #wake: (key: WindowKey) => void;

  constructor(wake: (key: WindowKey) => void) {
    this.#wake = wake;
  }

  has(key: WindowKey): boolean {
    return this.#failing.has(windowName(key, key.address));
  }

  /** A release has failed. Returns whether none was failing before. */
  failed(key: WindowKey, host: DispatchHost): boolean {
    const name = windowName(key, key.address);
    const before = this.#failing.get(name);
    if (before === undefined && this.#failing.size >= MAX_FAILING) return false;
    const failures = before?.failures ?? 0;
    // A reply may have woken the queue before its time: one timer for each is enough.
    before?.host.clock.clearTimeout(before.timer);
    const delayMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10));
    const timer = host.clock.setTimeout(() => this.#wake(key), delayMs);
    this.#failing.set(name, { key, host, failures: failures + 1, timer });
    return before === undefined && this.#failing.size === 1;
  }

  worked(key: WindowKey): void {
    const name = windowName(key, key.address);
    const before = this.#failing.get(name);
    before?.host.clock.clearTimeout(before.timer);
    this.#failing.delete(name);
  }

  /** A guard has been closed. What it would have tried again is tried by another one, at once, if there is one. */
  end(host: DispatchHost): void {
    for (const [name, failing] of this.#failing) {
      if (failing.host !== host) continue;
      host.clock.clearTimeout(failing.timer);
      this.#failing.delete(name);
      this.#wake(failing.key);
    }
  }
}
