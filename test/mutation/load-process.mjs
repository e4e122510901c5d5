// Starts the tests anew for each mutant that it is sent, in one vitest: what runs when a module is loaded runs once in a process.
import { createVitest } from 'vitest/node';

const vitest = await createVitest('test', {
  config: 'vitest.config.ts',
  watch: false,
  maxWorkers: 1,
  testTimeout: 5_000,
  reporters: [{}],
});

/** The names of the tests that fail, and of the files that cannot be loaded. */
async function failing(files, mutant) {
  // Its workers inherit it.
  process.env.__STRYKER_ACTIVE_MUTANT__ = mutant;
  const specifications = await vitest.globTestSpecifications(files);
  const { testModules } = await vitest.runTestSpecifications(specifications);
  const names = testModules.flatMap((module) => [
    ...(module.errors().length > 0 ? [module.moduleId] : []),
    ...[...module.children.allTests('failed')].map((test) => `${module.moduleId} ${test.fullName}`),
  ]);
  return testModules.length === 0 ? ['no test runs'] : names;
}

process.on('message', async ({ id, files }) => {
  const found = await failing(files, id);
  // What fails without a mutant, too, has found none.
  const without = found.length === 0 ? [] : await failing(files, '');
  process.send({ isFound: found.some((name) => !without.includes(name)) });
});
process.once('disconnect', () => process.exit());
process.send({ isReady: true });
