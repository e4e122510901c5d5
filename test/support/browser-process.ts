import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Debian's place for it; `CHROMIUM` names another, such as `/usr/bin/google-chrome`. */
export const browserProgram: string = process.env.CHROMIUM ?? '/usr/bin/chromium';

export const isBrowserInstalled: boolean = existsSync(browserProgram);

/** The two widths in which every page has to look right. */
export const viewports = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
} as const;

export interface TestBrowser {
  /** A page with cookies and storage of its own. Default: a desktop's width. */
  open(options?: BrowserContextOptions & { readonly width?: keyof typeof viewports }): Promise<Page>;
  close(): Promise<void>;
}

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A headless Chromium with a fresh profile. */
export async function startBrowser(): Promise<TestBrowser> {
  const browser: Browser = await chromium.launch({ executablePath: browserProgram, headless: true, args: flags });
  return {
    open: async ({ width = 'desktop', ...options } = {}) => {
      const context = await browser.newContext({ viewport: viewports[width], locale: 'en-GB', ...options });
      context.setDefaultTimeout(10_000);
      return context.newPage();
    },
    close: () => browser.close(),
  };
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeViolation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe-core finds wrong with a page, one line for each element; nothing where all is well. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  // A page that was looked at before still has it, and what passes need not be described.
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axeSource);
  const violations: readonly AxeViolation[] = await page.evaluate(
    "axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations)",
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html}: ${failureSummary}`),
  );
}
