/** A function of the application that the guard calls. */
export interface Hook {
  readonly name: string;
  /** The workspace whose options contain it; `undefined`: it serves all, or the workspace is not known. */
  readonly workspaceId?: string | undefined;
  /** Distinguishes hooks of the same name, such as a channel's own. */
  readonly part?: string | undefined;
}

export interface HookFailure {
  /** `hook_failed`: it threw or took too long; `hook_answer`: it returned an unusable value. */
  readonly cause: 'hook_failed' | 'hook_answer';
  /**
   * The log text: what the failure means for the send. The hook's own error is never shown, since it may contain
   * anything.
   */
  readonly text: string;
  /** What the hook threw, for whoever wants to see it. It is never logged. */
  readonly error?: unknown;
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
  /** Default `Hook works again`. */
  readonly overText?: string | undefined;
}

/** Records whether hooks work. */
export interface HookWatcher {
  failed(hook: Hook, failure: HookFailure): void;
  worked(hook: Hook): void;
}
