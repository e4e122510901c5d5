import { isObject, typeName } from './option-checks.js';
import { isPromiseLike } from './promise-like.js';

/**
 * Checks an argument of a call. An error shows only the type of what was received: the value may be a phone number.
 *
 * @throws {TypeError} naming the argument
 */
export function requireObject(value: unknown, name: string, shape: string): asserts value is object {
  requireSettled(value, name);
  if (!isObject(value)) throw new TypeError(`${name} must be an object, ${shape}; received ${typeName(value)}`);
}

/** @throws {TypeError} naming the argument */
export function requireArray(value: unknown, name: string, entries: string): asserts value is readonly unknown[] {
  requireSettled(value, name);
  if (!Array.isArray(value)) throw new TypeError(`${name} must be an array of ${entries}; received ${typeName(value)}`);
}

/** @throws {TypeError} naming the argument */
export function requireBoolean(value: unknown, name: string): asserts value is boolean {
  if (typeof value !== 'boolean') throw new TypeError(`${name} must be true or false; received ${typeName(value)}`);
}

function requireSettled(value: unknown, name: string): void {
  if (isPromiseLike(value)) throw new TypeError(`${name} is a promise; await it first`);
}
