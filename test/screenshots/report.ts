import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import type { TestBrowser, viewports } from '../support/browser-process.js';

type ColorScheme = NonNullable<NonNullable<Parameters<Browser['newContext']>[0]>['colorScheme']>;

interface Picture {
  readonly name: string;
  readonly width: keyof typeof viewports;
  readonly colorScheme: ColorScheme;
  readonly height: number;
}

const pictures: readonly Picture[] = [
  { name: 'report', width: 'desktop', colorScheme: 'light', height: 940 },
  { name: 'report-dark', width: 'desktop', colorScheme: 'dark', height: 940 },
  { name: 'report-phone', width: 'phone', colorScheme: 'dark', height: 1500 },
];

/** The top of the report of a busy day that was observed. */
export async function shootReport(browser: TestBrowser, folder: string): Promise<void> {
  const temporary = mkdtempSync(join(tmpdir(), 'report-'));
  const [log, html] = [join(temporary, 'decisions.jsonl'), join(temporary, 'report.html')];
  // The bench is JavaScript, which tsc does not copy.
  const { writeDecisionLog } = await import(pathToFileURL(join(process.cwd(), 'bench/decision-log.mjs')).href);
  await writeDecisionLog(log, { decisions: 200_000, random: pseudoRandom() });
  execFileSync(process.execPath, ['dist/cli/cli.js', 'report', log, '--html', html], { stdio: 'pipe' });
  for (const { name, width, colorScheme, height } of pictures) {
    const page = await browser.open({ width, colorScheme, timezoneId: 'UTC' });
    await page.setViewportSize({ width: page.viewportSize()?.width ?? 0, height });
    await page.goto(pathToFileURL(html).href);
    await page.waitForSelector('canvas');
    await page.screenshot({ path: join(folder, `${name}.png`) });
    await page.context().close();
  }
  rmSync(temporary, { recursive: true });
}

/** The same numbers each time, so that the same page gives the same picture. */
function pseudoRandom(): () => number {
  let state = 7;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}
