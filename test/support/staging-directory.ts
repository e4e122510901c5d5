import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where tests put what others of the same run use again. Removed after the run. */
    stagingDirectory: string;
  }
}

/** Run once, before the first test file. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'freeform-guard-staging-'));
  project.provide('stagingDirectory', directory);
  return () => rm(directory, { recursive: true });
}
