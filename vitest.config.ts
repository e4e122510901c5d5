import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.js';

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

const config: ViteUserConfig = defineConfig({
  resolve: {
    // Tests and examples name the package as a user does, and run against the sources.
    alias: [
      { find: /^freeform-guard\/core$/, replacement: source('core/core.ts') },
      { find: /^freeform-guard\/sandbox$/, replacement: source('sandbox/sandbox.ts') },
      { find: /^freeform-guard\/otel$/, replacement: source('otel.ts') },
      { find: /^freeform-guard\/element$/, replacement: source('element/service-window.ts') },
      { find: /^freeform-guard\/redis$/, replacement: source('redis/redis-store.ts') },
      { find: /^freeform-guard\/fastify$/, replacement: source('http/fastify/fastify-guard.ts') },
      { find: /^freeform-guard\/fetch$/, replacement: source('http/fetch/fetch.ts') },
      { find: /^freeform-guard$/, replacement: source('index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/staging-directory.ts'],
    setupFiles: ['test/support/setup.ts'],
    reporters: ['default', './test/support/plain-line-reporter.ts'],
    testTimeout: 60_000,
    // A hook starts servers, browsers and compilers, and a busy machine takes its time for them.
    hookTimeout: 60_000,
    sequence: { sequencer: LongestFirst },
    // A process for each file takes a quarter of the time, and nothing here keeps state that another file could meet.
    isolate: false,
    // The default leaves one core out, and on two that is half of them.
    maxWorkers: 2,
    // A poll ends when it holds; how long that takes is the machine's affair.
    expect: { poll: { timeout: 15_000 } },
  },
});

export default config;
