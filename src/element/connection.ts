import type { ServiceWindowStatus } from './state.js';

/** For so long a connection may be away before anybody is told: a server that restarts is back by then. */
const GRACE_MS = 5_000;
const FIRST_RETRY_MS = 2_000;
const MAX_RETRY_MS = 60_000;

export interface ConnectionListener {
  told(status: ServiceWindowStatus): void;
  /** Called when nobody tells any more, and when somebody does again. */
  offline(isOffline: boolean): void;
}

/** A stream of `windowStatus` that comes back. @returns ends it */
export function connect(url: string, { told, offline }: ConnectionListener): () => void {
  let source: EventSource | undefined;
  let retryMs = FIRST_RETRY_MS;
  let graceTimer: ReturnType<typeof setTimeout> | undefined;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;

  const open = (): void => {
    clearTimeout(retryTimer);
    source?.close();
    const current = sourceOf(url);
    source = current;
    // What is no URL will never tell anything.
    if (current === undefined) return offline(true);
    current.onmessage = ({ data }) => {
      const status = JSON.parse(data);
      clearTimeout(graceTimer);
      graceTimer = undefined;
      retryMs = FIRST_RETRY_MS;
      offline(false);
      told(status);
    };
    current.onerror = () => {
      graceTimer ??= setTimeout(() => offline(true), GRACE_MS);
      // After an answer such as 503 the browser gives up for good.
      if (current.readyState !== EventSource.CLOSED) return;
      clearTimeout(retryTimer);
      retryTimer = setTimeout(open, retryMs * (0.5 + Math.random() / 2));
      retryMs = Math.min(MAX_RETRY_MS, retryMs * 2);
    };
  };
  const lost = (): void => offline(true);

  addEventListener('offline', lost);
  addEventListener('online', open);
  open();
  return () => {
    removeEventListener('offline', lost);
    removeEventListener('online', open);
    clearTimeout(graceTimer);
    clearTimeout(retryTimer);
    source?.close();
  };
}

function sourceOf(url: string): EventSource | undefined {
  try {
    return new EventSource(url);
  } catch {
    return undefined;
  }
}
