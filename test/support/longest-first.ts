import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take many seconds, by what their paths contain. */
const long: readonly string[] = [
  '/test/simulation/',
  '/hold-crash.',
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
    const isLong = ({ moduleId }: TestSpecification): boolean => long.some((part) => moduleId.includes(part));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
