import type { FreeformQuestion, TemplateQuestion } from '../bird/send/parsed-send.js';
import type { Policy } from './policy.js';
import type { Workspace } from './workspace.js';

/** The circumstances of a decision: the facts are the workspace's, the rules the policy's, the instant the clock's. */
export interface Circumstances {
  readonly workspace: Workspace;
  readonly policy: Policy;
  readonly now: () => number;
}

/** A send that the facts have to decide. */
export interface OpenCase extends Circumstances {
  readonly question: FreeformQuestion | TemplateQuestion;
}
