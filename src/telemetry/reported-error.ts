import { isPromiseLike } from '../core/promise-like.js';

/** An error that the guard has met outside of itself, as it was thrown. It may hold anything, so it is logged nowhere. */
export interface ReportedError {
  /**
   * Whose error it is: `hook`, a function in your options; `store`, the store of windows; `held_store`, that of held
   * messages; `guard`, a defect of the guard itself.
   */
  readonly source: 'hook' | 'store' | 'held_store' | 'guard';
  /** The name of the function, such as `resolve` or the store's `get`; `onClosed` is a reroute policy. */
  readonly hook?: string | undefined;
  /** The workspace whose options have the function, or whose messages it concerns; absent where there is none. */
  readonly workspaceId?: string | undefined;
  /** What was thrown. A function that took too long gives an error with `code: 'deadline_exceeded'`. */
  readonly error: unknown;
}

export type ReportError = (reported: ReportedError) => void;

/**
 * Hands errors to the application's function, which can make nothing fail or wait.
 *
 * @param onFailure called where the function itself fails
 */
export function errorReporter(
  onError: ((reported: ReportedError) => unknown) | undefined,
  onFailure: () => void,
): ReportError {
  if (onError === undefined) return () => {};
  return (reported) => {
    try {
      const given = onError(reported);
      if (isPromiseLike(given)) Promise.resolve(given).catch(onFailure);
    } catch {
      onFailure();
    }
  };
}
