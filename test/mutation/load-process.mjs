// Starts the tests anew for each mutant that it is sent, in one vitest: what runs when a module is loaded runs once in a process.
import { createVitest } from 'vitest/node';

const vitest = await createVitest('test', {
  config: 'vitest.config.ts',
  watch: false,
  maxWorkers: 1,
  bail: 1,
  testTimeout: 5_000,
  reporters: [{}],
});

/** Whether a test fails, or none runs. */
async function fails(files, mutant) {
  // Its workers inherit it.
  process.env.__STRYKER_ACTIVE_MUTANT__ = mutant;
  const specifications = await vitest.globTestSpecifications(files);
  const { testModules } = await vitest.runTestSpecifications(specifications);
  return testModules.length === 0 || testModules.some((module) => !module.ok());
}

process.on('message', async ({ id, files }) => {
  // What fails without a mutant, too, has found none.
  process.send({ isFound: (await fails(files, id)) && !(await fails(files, '')) });
});
process.once('disconnect', () => process.exit());
process.send({ isReady: true });
