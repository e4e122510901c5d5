import type { Framework } from '../support/service.js';
import { describeHooks } from './http-adapter/hooks.js';
import { describeLifecycle } from './http-adapter/lifecycle.js';
import { describeSends } from './http-adapter/sends.js';
import { describeVerdicts } from './http-adapter/verdicts.js';

/**
 * What every framework must make of the middleware. Beside what each test says, `startService` counts: every request of
 * every test has exactly one of `next` and a response.
 */
export function describeHttpAdapter(framework: Framework): void {
  describeVerdicts(framework);
  describeSends(framework);
  describeHooks(framework);
  describeLifecycle(framework);
}
