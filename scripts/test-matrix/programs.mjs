import { deepStrictEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { locked } from './package.mjs';

const read = (name) => readFileSync(new URL(`programs/${name}`, import.meta.url), 'utf8');

/** A program that uses every entry, and decides against the sandbox. */
export const consumer = read('consumer.ts');
export const types = read('types.ts');
export const expected = JSON.parse(read('expected.json'));

/** What users of some entries install themselves. */
export const companions = [locked('fastify'), locked('@opentelemetry/api'), locked('redis')];

/** Runs the program and prints what it gives; behind it, as one module. */
export const moduleMain = 'consume().then((result) => console.log(JSON.stringify(result)));\n';

/** The same program for `require`. */
export function asCommonJs(source) {
  return source
    .replace(/^import (\{.*\}) from ('.*');$/gm, 'const $1 = require($2);')
    .replace('export async function consume', 'exports.consume = consume;\nasync function consume');
}

/** Throws unless the program printed what it has to. */
export function assertConsumed(printed) {
  deepStrictEqual(JSON.parse(printed), expected);
}
