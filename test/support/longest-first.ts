import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take many seconds, by what their paths contain. */
const long: readonly string[] = [
  // First, since it packs the package while the simulation runs beside it, and the examples find it packed.
  '/hold-crash.',
  '/test/simulation/',
  '/redis/fleet/',
  '/test/fleet/',
  '/test/examples/',
];

/**
 * Starts with the files that take longest: in a fresh clone nobody knows how long each takes, and one that is started last
 * keeps a core busy while the others have nothing left to do.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = long.findIndex((part) => moduleId.includes(part));
      return index < 0 ? long.length : index;
    };
    return sorted.toSorted((one, other) => rank(one) - rank(other));
  }
}
