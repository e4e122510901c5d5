import { isObject } from './option-checks.js';
import { isPromiseLike } from './promise-like.js';

/**
 * Checks an argument of a call. An error says of what was given the type alone: the value may be a phone number.
 *
 * @throws {TypeError} naming the argument
 */
export function requireObject(value: unknown, name: string, shape: string): asserts value is object {
  requireSettled(value, name);
  if (!isObject(value)) throw new TypeError(`${name} must be an object, ${shape}; received ${typeName(value)}`);
}

/** @throws {TypeError} naming the argument */
export function requireList(value: unknown, name: string, entry: string): asserts value is readonly unknown[] {
  requireSettled(value, name);
  if (!Array.isArray(value)) throw new TypeError(`${name} must be a list of ${entry}; received ${typeName(value)}`);
}

/** The type alone. */
export function typeName(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function requireSettled(value: unknown, name: string): void {
  if (isPromiseLike(value)) throw new TypeError(`${name} is a promise; await it first`);
}
