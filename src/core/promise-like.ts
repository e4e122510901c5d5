/** Whether a value is a promise of any kind: database clients have their own. */
export function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  const isHolder = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isHolder && typeof Reflect.get(Object(value), 'then') === 'function';
}

/** Ignores the rejection of a result that is not awaited, so that it does not end the process. */
export function ignoreRejection(answer: unknown): void {
  if (isPromiseLike(answer)) Promise.resolve(answer).catch(() => {});
}
