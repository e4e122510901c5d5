import type { WindowEvidence } from '../../core/service-window.js';
import type { Store, WindowKey } from '../../ports.js';

/** The windows that several processes share, as the memory in front of them uses them. */
export interface RemoteWindows {
  /** Whether they are available, and changes by other processes are notified. */
  readonly isReady: boolean;
  /** Whether they answer fast enough for a decision to wait. */
  readonly isResponsive: boolean;
  /** The id of a window in notifications. */
  idOf(key: WindowKey): string;
  /** Rejects while they are unavailable. */
  read(key: WindowKey): Promise<RemoteWindow>;
  /** Merges evidence, and gives the result. Rejects where it was not stored. */
  merge(key: WindowKey, evidence: WindowEvidence): Promise<RemoteWindow>;
  forget(target: Parameters<Store['forget']>[0]): Promise<void>;
  listen(listener: RemoteWindowsListener): void;
}

export interface RemoteWindow {
  readonly evidence: WindowEvidence | undefined;
  /** The tombstones that concern the window. A new one says that everything from before it is forgotten. */
  readonly tombstones: readonly string[];
}

export interface RemoteWindowsListener {
  /** They are available, for the first time or again. Notifications before this may have been missed. */
  onReady(): void;
  /** Another process changed a window; `undefined`: it may have been any window. */
  onChange(id: string | undefined): void;
  /** Called from time to time while they are available. */
  onHeartbeat(): void;
}
