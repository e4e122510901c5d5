import { join } from 'node:path';
import type { TestBrowser } from '../support/browser-process.js';

const NOW = Date.UTC(2026, 0, 6, 15, 30);
const HOUR_MS = 3_600_000;

/** The states side by side, each above a composer. */
export async function shootComposer(browser: TestBrowser, folder: string): Promise<void> {
  const page = await browser.open({ timezoneId: 'UTC', deviceScaleFactor: 2, viewport: { width: 1200, height: 400 } });
  await page.clock.setFixedTime(NOW);
  const drafts = ['Your parcel is with the courier', 'Your parcel is with the courier', '', ''];
  const cells = drafts.map(
    (draft, index) => `<div><service-window for="c${index}"></service-window>
      <textarea id="c${index}" aria-label="Reply" placeholder="Write a reply">${draft}</textarea></div>`,
  );
  await page.setContent(`<!doctype html><html lang="en-GB"><style>
    body { display: grid; grid-template-columns: 1fr 1fr; gap: 24px 32px; margin: 0; padding: 24px; font: 15px system-ui, sans-serif }
    div { display: flex; flex-direction: column; justify-content: end }
    textarea { box-sizing: border-box; width: 100%; height: 60px; margin-top: 8px; padding: 8px 12px; font: inherit; resize: none;
      border: 1px solid #8b939b; border-radius: 8px }
    textarea:disabled { background: #f4f5f6 }
  </style>${cells.join('')}</html>`);
  await page.addScriptTag({ path: join(process.cwd(), 'dist/element/service-window.js'), type: 'module' });
  await page.evaluate(`[...document.querySelectorAll('service-window')].forEach((element, index) => {
    element.status = ${JSON.stringify(statuses())}[index];
  })`);
  await page.locator('body').screenshot({ path: join(folder, 'composer.png') });
  await page.context().close();
}

function statuses(): object[] {
  const at = (ms: number): string => new Date(NOW + ms).toISOString();
  const common = { openUntil: null, closedAt: null, serverNow: at(0) };
  return [
    { ...common, verdict: 'allow', reason: 'service_window_open', openUntil: at(5.5 * HOUR_MS) },
    { ...common, verdict: 'allow', reason: 'service_window_open', openUntil: at(252_000) },
    { ...common, verdict: 'deny', reason: 'service_window_closed', closedAt: at(-HOUR_MS) },
    { ...common, verdict: 'unknown', reason: 'lookup_failed' },
  ];
}
