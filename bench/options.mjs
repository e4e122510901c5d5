import { parseArgs } from 'node:util';

/** @param sections the sections that `--only` may name */
export function readOptions(sections) {
  const { values } = parseArgs({
    options: {
      /** A build to measure instead of this project's: its `dist`, or the folder of its package. */
      build: { type: 'string' },
      /** Another build to measure beside it. Then the exit status says whether this one is slower. */
      against: { type: 'string' },
      /** Sections to measure instead of all. */
      only: { type: 'string', multiple: true, default: [...sections] },
      /** Runs everything for a moment: it shows whether the bench works. The figures mean nothing. */
      smoke: { type: 'boolean', default: false },
    },
  });
  const unknown = values.only.find((name) => !sections.includes(name));
  if (unknown !== undefined)
    throw new RangeError(`--only ${unknown} is not a valid section; valid sections are ${sections.join(', ')}`);
  return values;
}
