import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { writeDecisionLog } from '../../../bench/decision-log.mjs';
import { bundleReportPage } from '../../../scripts/report-page.mjs';
import { accessibilityProblems, describeWithBrowser, viewports } from '../../support/browser.js';
import { AT, closed, lineOf, newFolder, observed, observedClosed, report, writeLog } from './support.js';

let script = '';
beforeAll(async () => {
  script = await bundleReportPage();
});

/** The page of a log, as a file. */
async function pageOf(log: string): Promise<string> {
  const path = newFolder()('report.html');
  const { error } = await report([log, '--html', path], { pageScript: () => script });
  expect(error).toBe(`Wrote ${path}\n`);
  return path;
}

it('is one file of less than 100 kB, with the licence of what draws its plots, and loads nothing', async () => {
  const html = readFileSync(await pageOf(writeLog([lineOf(observedClosed), lineOf(closed)])), 'utf8');
  expect(html.length).toBeLessThan(100_000);
  expect(html).toContain('Copyright (c) 2022 Leon Sorokin');
  expect(html.replace(/\/\*![\s\S]*?\*\//, '')).not.toMatch(/https?:|\bsrc=|<link|@import|url\(/);
  expect(html).toContain(`content="default-src 'none'; style-src 'sha256-`);
});

describeWithBrowser('the page of a report', (open) => {
  const paintedPixels = (page: Page, plot: number): Promise<number> =>
    page.evaluate(`{
      const canvas = document.querySelectorAll('canvas')[${plot}];
      const { width, height } = canvas;
      const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
      copy.drawImage(canvas, 0, 0);
      const { data } = copy.getImageData(0, 0, width, height);
      let painted = 0;
      for (let alpha = 3; alpha < data.length; alpha += 4) if (data[alpha] > 0) painted += 1;
      painted;
    }`);

  it('looks right to axe, wide and narrow, light and dark, and draws its plots anew for each', async () => {
    const log = newFolder()('decisions.jsonl');
    const mode = (workspace: number): string => (workspace < 9 ? 'observe' : 'enforce');
    await writeDecisionLog(log, { decisions: 3_000, mode });
    const page = await open({ colorScheme: 'light' });
    const errors: string[] = [];
    page.on('console', (message) => errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('request', (request) => request.url().startsWith('file:') || errors.push(request.url()));
    await page.goto(pathToFileURL(await pageOf(log)).href);
    expect(await page.textContent('.sentence')).toMatch(/^With enforce, \d+ of [\d,]+ messages \(/);
    await page.click('summary >> nth=0');
    expect(await page.isVisible('text=2026-11-27 11:00')).toBe(true);

    // A bar tells its own number, and not the height that it has in the stack.
    await page.hover('.u-over >> nth=0');
    const told = await page.locator('.u-legend >> nth=0').locator('.u-value').allTextContents();
    const [time = '', ...numbers] = told;
    const row = page.locator('details >> nth=0').locator('tbody tr', { has: page.locator(`text="${time}"`) });
    const [, ...cells] = await row.locator('td').allTextContents();
    expect([time, ...cells.slice(0, 4)]).toEqual([
      expect.stringMatching(/^2026-11-27 1[12]:00$/),
      ...numbers.toReversed(),
    ]);

    const pictures = new Set<string>();
    for (const [width, colorScheme] of [
      [viewports.desktop, 'light'],
      [viewports.desktop, 'dark'],
      [viewports.phone, 'dark'],
      [viewports.phone, 'light'],
    ] as const) {
      await page.setViewportSize(width);
      await page.emulateMedia({ colorScheme });
      await expect
        .poll(() => page.evaluate('document.querySelector("canvas").clientWidth'))
        .toBeGreaterThan(width.width / 2);
      expect(await page.locator('canvas').count()).toBe(3);
      for (const plot of [0, 1, 2]) await expect.poll(() => paintedPixels(page, plot)).toBeGreaterThan(2_000);
      pictures.add(await page.evaluate('document.querySelector("canvas").toDataURL()'));
      expect(await accessibilityProblems(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    }
    expect(pictures.size).toBe(4);
    expect(errors).toEqual([]);
  });

  it('takes no markup from a log, whose file has any name', async () => {
    const page = await open();
    const path = newFolder()('<img src=x onerror=alert(1)>.jsonl');
    await page.goto(pathToFileURL(await pageOf(writeLog(['?', lineOf(observed)], path))).href);
    expect(await page.textContent('.flaw')).toContain('<img src=x onerror=alert(1)>.jsonl:1');
    expect(await page.locator('img').count()).toBe(0);
  });

  it('puts the hours of years together', async () => {
    const page = await open();
    const lines = [0, 1, 40_000].map((hours) => lineOf({ ...observedClosed, at: AT - hours * 3_600_000 }));
    await page.goto(pathToFileURL(await pageOf(writeLog(lines))).href);
    expect(await page.textContent('figcaption >> nth=0')).toContain('Messages by week');
    expect(await paintedPixels(page, 0)).toBeGreaterThan(500);
  });
});
