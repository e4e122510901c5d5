import { fileURLToPath } from 'node:url';
import { mergeConfig, type ViteUserConfig } from 'vitest/config';
import suite from '../../../vitest.config.js';

const config: ViteUserConfig = mergeConfig(suite, {
  root: fileURLToPath(new URL('../../..', import.meta.url)),
  test: { setupFiles: ['test/fuzz/prototypes/setup.ts'] },
});

export default config;
