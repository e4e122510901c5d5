import { ownFields } from './own.js';

/** The values that one option accepts: a rule in words for the error, and the rule's type and range as tests. */
export interface OptionCheck {
  readonly rule: string;
  readonly hasType: (value: unknown) => boolean;
  /** Called only for values of the right type. */
  readonly isInRange?: ((value: never) => boolean) | undefined;
  /** The option takes one of our own words, not a secret, so that an error may show what was received. */
  readonly isWord?: true | undefined;
  /** How to correct a refused value, where that is known. */
  readonly cure?: ((value: unknown) => string | undefined) | undefined;
}

export type OptionChecks = Readonly<Record<string, OptionCheck>>;

export function oneOf(...values: readonly (string | boolean | null)[]): OptionCheck {
  return {
    rule: values.map((value) => (isString(value) ? `'${value}'` : String(value))).join(' or '),
    hasType: (value) => values.some((one) => typeof one === typeof value),
    isInRange: (value: string) => values.includes(value),
    isWord: true,
  };
}

export function oneOfOrFunction(...words: readonly string[]): OptionCheck {
  const { rule, hasType, isInRange } = oneOf(...words);
  return {
    rule: `${rule} or a function`,
    hasType: (value) => hasType(value) || isFunction(value),
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

export function integerFrom(min: number, unit: string): OptionCheck {
  const isInRange = (value: number): boolean => Number.isSafeInteger(value) && value >= min;
  return { rule: `a whole number of ${unit}, ${min} or more`, hasType: isNumber, isInRange };
}

export const aBoolean: OptionCheck = { rule: 'true or false', hasType: (value) => typeof value === 'boolean' };
export const aFunction: OptionCheck = { rule: 'a function', hasType: isFunction };
export const nonEmptyString: OptionCheck = {
  rule: 'a non-empty string',
  hasType: isString,
  isInRange: (value: string) => value.trim() !== '',
};
export const anObject: OptionCheck = { rule: 'an object', hasType: isObject };
export const aMap: OptionCheck = { rule: 'a plain object', hasType: isMap };

/** An error says at which position the first invalid entry is. */
export function nonEmptyArrayOf(entries: string, isEntry: (value: unknown) => boolean): OptionCheck {
  const firstWrong = (value: unknown): number =>
    Array.isArray(value) ? [...value].findIndex((one) => !isEntry(one)) : -1;
  return {
    rule: `a non-empty array of ${entries}`,
    hasType: Array.isArray,
    isInRange: (array: readonly unknown[]) => array.length > 0 && firstWrong(array) === -1,
    cure: (value) => (firstWrong(value) === -1 ? undefined : `the entry at position ${firstWrong(value)} is invalid`),
  };
}

export const nonEmptyStrings: OptionCheck = {
  ...nonEmptyArrayOf('non-empty strings', (value) => isString(value) && value.trim() !== ''),
  hasType: (value) => Array.isArray(value) && [...value].every(isString),
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
 *   option and the kind of value. A string's value is shown only where one of our own words belongs: it may be a
 *   secret.
 */
export function checkOptions(options: unknown, checks: OptionChecks, path: string): void {
  if (!isMap(options)) throw new TypeError(`${path} must be a plain object; received ${kindOf(options)}`);
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) {
      throw new TypeError(`${path}.${name} is not a valid option; valid options are ${Object.keys(checks).join(', ')}`);
    }
    if (value === undefined) continue;
    if (!check.hasType(value)) throw new TypeError(whatIsWrong(`${path}.${name}`, value, check));
    const { isInRange } = ownFields(check);
    if (isInRange?.(value as never) === false) throw new RangeError(whatIsWrong(`${path}.${name}`, value, check));
  }
}

function whatIsWrong(option: string, value: unknown, check: OptionCheck): string {
  const { isWord, cure } = ownFields(check);
  const received = isWord && isShort(value) ? `'${value}'` : kindOf(value);
  return [`${option} must be ${check.rule}; received ${received}`, cure?.(value) ?? []].flat().join('; ');
}

/** Checks the options that a function was called with; errors begin with its name. Throws as `checkOptions` does. */
export function checkOptionsOf(name: string, options: unknown, checks: OptionChecks): void {
  if (!isMap(options)) throw new TypeError(`${name}: options must be a plain object; received ${kindOf(options)}`);
  checkOptions(options, checks, name);
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
 * Whether a value is an object of entries, such as a literal. A `Map`, a promise that was not awaited or an instance of
 * a class has no entries of its own: accepted as an empty object, it would silently switch the guard off.
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

export function isString(value: unknown): value is string {
  return typeof value === 'string';
}

export function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

/** Keys are longer, or have other characters. */
function isShort(value: unknown): value is string {
  return isString(value) && /^[\w -]{1,20}$/.test(value);
}

/** The value of an option for an error: a number as it is, since it is no secret; of anything else only the kind. */
export function kindOf(value: unknown): string {
  if (isNumber(value)) return `the number ${value}`;
  if (value === '') return 'an empty string';
  return isObject(value) && !isMap(value) ? 'an instance of a class' : typeName(value);
}

/** A value's type alone, since the value may be a phone number. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
