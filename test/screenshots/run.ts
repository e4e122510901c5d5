// Writes the pictures of the documentation to `img`: `npm run screenshots`. Look at each before you commit it.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startBrowser, viewports } from '../support/browser-process.js';
import { shootComposer } from './composer.js';
import { shootInbox } from './inbox.js';
import { shootReport } from './report.js';

const folder = join(process.cwd(), 'img');
await mkdir(folder, { recursive: true });
const browser = await startBrowser();
try {
  await shootComposer(browser, folder);
  for (const width of Object.keys(viewports) as (keyof typeof viewports)[]) await shootInbox(browser, folder, width);
  await shootReport(browser, folder);
} finally {
  await browser.close();
}
