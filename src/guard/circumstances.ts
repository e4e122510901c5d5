import type { Policy } from './policy.js';
import type { Workspace } from './workspace.js';

/** The circumstances of a decision: the facts are the workspace's, the rules the policy's, the instant the clock's. */
export interface Circumstances {
  readonly workspace: Workspace;
  readonly policy: Policy;
  readonly now: () => number;
}
