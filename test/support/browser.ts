import { afterAll, beforeAll, describe } from 'vitest';
import { isBrowserInstalled, browserProgram as program, startBrowser, type TestBrowser } from './browser-process.js';

export { accessibilityProblems, type TestBrowser, viewports } from './browser-process.js';

/**
 * A suite that drives pages in a Chromium, which its tests share. Where there is none it is skipped, for everyone to see;
 * in CI that is a failure, since nobody sees there what was skipped.
 *
 * @param body gets how to open a page, for use inside the tests
 */
export function describeWithBrowser(name: string, body: (open: TestBrowser['open']) => void): void {
  if (!isBrowserInstalled) {
    const problem = `${name}: skipped, because there is no ${program} (apt-get install chromium)`;
    if (process.env.CI === 'true') throw new Error(problem);
    console.warn(`\n${problem}\n`);
    return void describe.skip(`${name} (no ${program})`, () => body(neverOpen));
  }
  // A browser takes its time on a machine that does much else.
  describe(name, { timeout: 60_000 }, () => {
    let browser: TestBrowser | undefined;
    beforeAll(async () => {
      browser = await startBrowser();
    });
    afterAll(async () => {
      await browser?.close();
    });
    body((options) => browser?.open(options) ?? neverOpen());
  });
}

const neverOpen = (): Promise<never> => Promise.reject(new Error('The browser is not running'));
