import { ownFields } from './own.js';

/** What one option may hold: its type and its range, in words for the error and as a test. */
export interface OptionCheck {
  readonly rule: string;
  readonly hasType: (value: unknown) => boolean;
  readonly isInRange?: ((value: never) => boolean) | undefined;
  /** It holds a word of ours and no secret, so that an error may show what was received. */
  readonly isWord?: true | undefined;
  /** What to do about a value that is refused, where that is known. */
  readonly cure?: ((value: unknown) => string | undefined) | undefined;
}

export type OptionChecks = Readonly<Record<string, OptionCheck>>;

export function oneOf(...words: readonly string[]): OptionCheck {
  const rule = words.map((word) => `'${word}'`).join(' or ');
  return { rule, hasType: isText, isInRange: (value: string) => words.includes(value), isWord: true };
}

export function oneOfOrFunction(...words: readonly string[]): OptionCheck {
  const { rule, isInRange } = oneOf(...words);
  return {
    rule: `${rule} or a function`,
    hasType: (value) => isText(value) || isFunction(value),
    isInRange: (value: never) => isFunction(value) || isInRange?.(value) === true,
    isWord: true,
  };
}

export function numberBetween(min: number, max: number, unit: string): OptionCheck {
  const isInRange = (value: number): boolean => value >= min && value <= max;
  return { rule: `a number of ${unit} from ${min} to ${max}`, hasType: isNumber, isInRange };
}

export function integerBetween(min: number, max: number, unit: string): OptionCheck {
  const isInRange = (value: number): boolean => Number.isInteger(value) && value >= min && value <= max;
  return { rule: `a whole number of ${unit} from ${min} to ${max}`, hasType: isNumber, isInRange };
}

export const aBoolean: OptionCheck = { rule: 'true or false', hasType: (value) => typeof value === 'boolean' };
export const aFunction: OptionCheck = { rule: 'a function', hasType: isFunction };
export const aText: OptionCheck = {
  rule: 'a text that is not empty',
  hasType: isText,
  isInRange: (value: string) => value.trim() !== '',
};
export const anObject: OptionCheck = { rule: 'an object', hasType: isObject };
export const aMap: OptionCheck = { rule: 'a plain object', hasType: isMap };

/** A list of at least one; an error says by its position which entry is none. */
export function aListOf(entry: string, isEntry: (value: unknown) => boolean): OptionCheck {
  const firstWrong = (value: unknown): number =>
    Array.isArray(value) ? [...value].findIndex((one) => !isEntry(one)) : -1;
  return {
    rule: `a list of at least one ${entry}`,
    hasType: Array.isArray,
    isInRange: (list: readonly unknown[]) => list.length > 0 && firstWrong(list) === -1,
    cure: (value) => (firstWrong(value) === -1 ? undefined : `the one at position ${firstWrong(value)} is none`),
  };
}

export const aListOfKeys: OptionCheck = {
  ...aListOf('text that is not empty', (key) => isText(key) && key.trim() !== ''),
  hasType: (value) => Array.isArray(value) && [...value].every(isText),
};

export function objectWith(...methods: readonly string[]): OptionCheck {
  const hasMethods = (value: object): boolean =>
    methods.every((method) => isFunction((value as Readonly<Record<string, unknown>>)[method]));
  return { rule: `an object with ${methods.join(', ')}`, hasType: isObject, isInRange: hasMethods };
}

/**
 * Checks every option that is there, and that there is no other. `undefined` means absent.
 *
 * @throws {TypeError} for a misspelt option or a wrong type, {RangeError} for a value outside its range; both name the
 *   option and the kind of value, and the value of a text only where it should have been a word: it may be a secret.
 */
export function checkOptions(options: unknown, checks: OptionChecks, path: string): void {
  if (!isMap(options)) throw new TypeError(`${path} must be a plain object; received ${kindOf(options)}`);
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) {
      throw new TypeError(`${path}.${name} is not an option; known are ${Object.keys(checks).join(', ')}`);
    }
    if (value === undefined) continue;
    const { isInRange, isWord, cure } = ownFields(check);
    const received = isWord && isShort(value) ? `'${value}'` : kindOf(value);
    const text = [`${path}.${name} must be ${check.rule}; received ${received}`, cure?.(value) ?? []].flat().join('; ');
    if (!check.hasType(value)) throw new TypeError(text);
    if (isInRange?.(value as never) === false) throw new RangeError(text);
  }
}

/** @throws {TypeError} naming the first that is missing */
export function requireAll(options: Readonly<Record<string, unknown>>, path: string): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) throw new TypeError(`${path}.${name} is missing`);
  }
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Whether a value is an object of entries, such as a literal. A `Map`, a promise that nobody awaited or an instance of
 * a class has no entries of its own: taken for an empty map, it would switch the guard off without a word.
 */
export function isMap(value: unknown): value is object {
  if (!isObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // The prototype of literals, of this realm or another, is the one that has none itself.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

export function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number';
}

/** Keys are longer, or have other characters. */
function isShort(value: unknown): value is string {
  return isText(value) && /^[\w -]{1,20}$/.test(value);
}

/** Numbers are no secrets and say what is wrong; of anything else only the kind is told. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return `the number ${value}`;
  if (value === '') return 'an empty string';
  if (typeof value === 'object') return isMap(value) ? 'an object' : 'an instance of a class';
  return `a ${typeof value}`;
}
