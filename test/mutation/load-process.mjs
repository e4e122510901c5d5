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

process.on('message', async ({ id, files }) => {
  // Its workers inherit it.
  process.env.__STRYKER_ACTIVE_MUTANT__ = id;
  const specifications = await vitest.globTestSpecifications(files);
  const { testModules } = await vitest.runTestSpecifications(specifications);
  process.send({ isFound: testModules.length === 0 || testModules.some((module) => !module.ok()) });
});
process.once('disconnect', () => process.exit());
process.send({ isReady: true });
