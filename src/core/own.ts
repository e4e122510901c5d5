/**
 * Reads one own property and nothing from the prototype chain. A flag that arrived through `__proto__` in somebody's
 * JSON, or through a polluted `Object.prototype`, must never open a window.
 */
export function own(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

/** A copy of the own fields and without a prototype: what is absent is `undefined`, whoever has polluted `Object.prototype`. */
export function ownFields<T extends object>(value: T): T {
  return Object.assign(Object.create(null), value);
}

/** In JSON `null` says as little as an absent field. */
export function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
