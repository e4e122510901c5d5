import { inputs } from './inputs.js';
import type { Property } from './property.js';

/** A property and how often it runs. */
export interface Share {
  readonly input: string;
  readonly property: Property;
  readonly runs: number;
}

/** Divides runs among the properties of some inputs, in the proportion that their costs suggest. */
export function sharesOf(
  runs: number,
  isChosen: (input: string, property: Property) => boolean = () => true,
): readonly Share[] {
  const all = Object.entries(inputs).flatMap(([input, properties]) =>
    properties.filter((property) => isChosen(input, property)).map((property) => ({ input, property })),
  );
  const sum = all.reduce((total, { property }) => total + property.weight, 0);
  return all.map((one) => ({ ...one, runs: Math.ceil((runs * one.property.weight) / sum) }));
}

/** A seed for each part of a run, so that a failing part can be run alone. */
export function seedOf(seed: number, ...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5 ^ seed;
  for (const sign of parts.join(' ')) hash = Math.imul(hash ^ sign.charCodeAt(0), 0x01000193);
  return hash | 0;
}

/** The command that runs one failure again. */
export function replayOf(property: Property, { seed, path }: { readonly seed: number; readonly path: string }): string {
  return `npm run fuzz -- --property '${property.name}' --seed=${seed} --path '${path}'`;
}
