import type { WindowEvidence } from '../../../src/core/service-window.js';
import type { WindowKey } from '../../../src/ports.js';
import type { RemoteWindow, RemoteWindows, RemoteWindowsListener } from '../../../src/redis/windows/remote-windows.js';
import type { ServerLink } from '../server/server-link.js';
import { type ForgetTarget, forgetWindows, mergeWindow, readWindow, windowId } from '../server/windows.js';

export interface LinkedWindowsParts {
  readonly link: ServerLink;
  /** True time, as the server has it. */
  readonly now: () => number;
  /** A new tombstone each time. */
  readonly nextTombstone: () => string;
  /** Called when a server forgets windows. */
  readonly onForgotten: (target: ForgetTarget) => void;
}

/** The windows that processes share, over a link: what `RedisWindows` is over Redis. */
export class LinkedWindows implements RemoteWindows {
  readonly #parts: LinkedWindowsParts;

  constructor(parts: LinkedWindowsParts) {
    this.#parts = parts;
  }

  get isReady(): boolean {
    return this.#parts.link.isReady;
  }

  get isResponsive(): boolean {
    return this.#parts.link.isResponsive;
  }

  idOf(key: WindowKey): string {
    return windowId(key);
  }

  read(key: WindowKey): Promise<RemoteWindow> {
    return this.#parts.link.ask((server) => readWindow(server, key));
  }

  merge(key: WindowKey, evidence: WindowEvidence): Promise<RemoteWindow> {
    const { link, now } = this.#parts;
    return link.ask((server) => mergeWindow(server, { key, evidence, writer: link }, now()));
  }

  forget(target: ForgetTarget): Promise<void> {
    const { link, now, nextTombstone, onForgotten } = this.#parts;
    const tombstone = nextTombstone();
    return link.ask((server) => {
      onForgotten(target);
      forgetWindows(server, { target, tombstone, writer: link }, now());
    });
  }

  listen({ onReady, onChange, onHeartbeat }: RemoteWindowsListener): void {
    this.#parts.link.listen({
      onReady,
      onHeartbeat,
      onHeartbeatsResumed: () => {},
      onChange: ({ what, id }) => {
        if (what === 'window') onChange(id);
      },
    });
  }
}
