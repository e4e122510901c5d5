import { defineConfig, type ViteUserConfig } from 'vitest/config';
import config from '../../vitest.config.js';

/** The suite as the mutation run needs it: what takes long under a mutant has found it. */
const mutationConfig: ViteUserConfig = defineConfig({
  ...config,
  test: {
    ...config.test,
    runner: './test/mutation/runner.ts',
    reporters: ['dot'],
    testTimeout: 4_000,
    hookTimeout: 4_000,
    expect: { poll: { timeout: 2_000 } },
    // The order in which coverage was taken.
    sequence: {},
  },
});

export default mutationConfig;
