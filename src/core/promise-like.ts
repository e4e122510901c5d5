/** Promises of other kinds count as well: clients of databases have their own. */
export function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  const isHolder = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isHolder && typeof Reflect.get(Object(value), 'then') === 'function';
}

/** An answer that nobody waits for must not end the process by its rejection. */
export function ignoreRejection(answer: unknown): void {
  if (isPromiseLike(answer)) Promise.resolve(answer).catch(() => {});
}
