import type { WindowEvidence } from '../../core/service-window.js';
import type { Store, WindowKey } from '../../ports.js';

/** Windows that several processes keep together, as the memory in front of them sees it. */
export interface RemoteWindows {
  /** Whether they can be asked, and the changes of others are told. */
  readonly isReady: boolean;
  /** Whether they answer so soon that a decision may wait for them again. */
  readonly isResponsive: boolean;
  /** Stands for a window in what is told. */
  idOf(key: WindowKey): string;
  /** Rejects where they are away. */
  read(key: WindowKey): Promise<RemoteWindow>;
  /** Joins, and gives what is known after that. Rejects where it was not kept. */
  merge(key: WindowKey, evidence: WindowEvidence): Promise<RemoteWindow>;
  forget(target: Parameters<Store['forget']>[0]): Promise<void>;
  listen(listener: RemoteWindowsListener): void;
}

export interface RemoteWindow {
  readonly evidence: WindowEvidence | undefined;
  /** Marks of what was forgotten. One that is there and was not before says that whatever is from before is gone. */
  readonly marks: readonly string[];
}

export interface RemoteWindowsListener {
  /** They are there again; what others changed meanwhile was not told. */
  onReady(): void;
  /** Another process changed a window; `undefined`: any of them. */
  onChange(id: string | undefined): void;
  /** From time to time while they are there. */
  onHeartbeat(): void;
}
