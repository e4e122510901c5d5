import type { SandboxState, WorkspaceState } from '../state.js';

/** A request that has passed routing, key and rate limit, as an operation receives it. */
export interface ApiRequest {
  readonly state: SandboxState;
  readonly workspace: WorkspaceState;
  /** The ids in the path, by name, decoded. */
  readonly ids: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The parsed JSON body; `undefined` without one. */
  readonly body: unknown;
}
