// Starts the tests anew for each mutant that it is sent, in one vitest: what runs when a module is loaded runs once in a process.
import { createVitest } from 'vitest/node';

const vitest = await createVitest('test', {
  config: 'vitest.config.ts',
  watch: false,
  maxWorkers: 1,
  testTimeout: 5_000,
  // One that fails is enough.
  bail: 1,
  reporters: [{}],
});

/** The tests that fail and the files that cannot be loaded, until the first. */
async function failing(files, mutant) {
  // Its workers inherit it.
  process.env.__STRYKER_ACTIVE_MUTANT__ = mutant;
  const specifications = await vitest.globTestSpecifications(files);
  const { testModules } = await vitest.runTestSpecifications(specifications);
  return testModules.flatMap((module) => {
    const file = module.moduleId;
    const tests = [...module.children.allTests('failed')].map((test) => ({ file, name: test.fullName }));
    return module.errors().length > 0 ? [...tests, { file, name: 'cannot be loaded' }] : tests;
  });
}

process.on('message', async ({ id, files }) => {
  const found = await failing(files, id);
  // What fails without a mutant, too, has found none.
  const without = found.length === 0 ? [] : await failing([...new Set(found.map(({ file }) => file))], '');
  const isFound = found.some(({ file, name }) => !without.some((one) => one.file === file && one.name === name));
  process.send({ isFound });
});
process.once('disconnect', () => process.exit());
process.send({ isReady: true });
