/** A function of the application's, called by the guard. */
export interface Hook {
  readonly name: string;
  /** Whose options it stands in; `undefined`: it serves all, or the workspace is not known. */
  readonly workspaceId?: string | undefined;
  /** Which of several under that name, such as a channel's own. */
  readonly part?: string | undefined;
}

export interface HookFailure {
  /** `hook_failed`: it threw or took too long; `hook_answer`: it gave what cannot be used. */
  readonly cause: 'hook_failed' | 'hook_answer';
  /** What that means for the send. The hook's own error is never shown: nobody knows what it holds. */
  readonly text: string;
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
  /** Default `A hook works again`. */
  readonly overText?: string | undefined;
}

/** Hears whether hooks work. */
export interface HookWatcher {
  failed(hook: Hook, failure: HookFailure): void;
  worked(hook: Hook): void;
}
