/**
 * Reads one own property and nothing from the prototype chain. A flag that arrives through `__proto__` in a JSON body,
 * or through a polluted `Object.prototype`, must never open a window.
 */
export function own(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

/**
 * A copy of the own fields without a prototype: an absent field is `undefined`, even if `Object.prototype` is polluted.
 */
export function ownFields<T extends object>(value: T): T {
  return Object.assign(Object.create(null), value);
}

/** Whether a field is set: in JSON `null` means the same as an absent field. */
export function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
