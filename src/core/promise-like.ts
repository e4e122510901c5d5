/** Whether a value is a promise of any kind: database clients have their own. */
export function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  const isHolder = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isHolder && typeof Reflect.get(Object(value), 'then') === 'function';
}

/** Ignores the rejection of a result that is not awaited, so that it does not end the process. */
export function ignoreRejection(answer: unknown): void {
  if (isPromiseLike(answer)) Promise.resolve(answer).catch(() => {});
}

/** One promise for those of the results that are promises; nothing where none is. */
export function together(results: readonly unknown[]): void | Promise<void> {
  if (!results.some((result) => result instanceof Promise)) return undefined;
  return Promise.all(results).then(() => undefined);
}
