import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startInbox } from '../../examples/inbox/inbox.js';
import type { TestBrowser, viewports } from '../support/browser-process.js';

/** The inbox in each state of the element. A phone shows the conversation alone. */
export async function shootInbox(browser: TestBrowser, folder: string, width: keyof typeof viewports): Promise<void> {
  const inbox = await startInbox({ ticks: false });
  const page = await browser.open({ width, timezoneId: 'UTC' });
  const save = async (name: string): Promise<void> => {
    const path = join(folder, `inbox-${name}-${width}.png`);
    await (width === 'phone' ? page.locator('main').screenshot({ path }) : page.screenshot({ path }));
  };
  await page.goto(inbox.url);
  await shows(page, '[state=open]');
  await save('open');
  await page.click('[data-minutes="1416"]');
  await shows(page, '[state=closing]');
  await page.fill('#text', 'Your parcel is with the courier, and arrives');
  await save('closing');
  for (let minute = 0; minute < 5; minute += 1) await page.click('[data-minutes="1"]');
  await shows(page, '[state=closed]');
  await page.click('text=Past the guard');
  await page.click('text=Through the guard');
  await page.waitForSelector('td.stopped');
  await page.click('service-window [part=template]');
  await page.waitForSelector('text=Template:');
  inbox.sandbox.clock.advance({ minutes: 3 });
  await page.waitForSelector('td.lost');
  await save('closed');
  await page.click('#customer button');
  await shows(page, '[state=open]');
  await save('unlocked');
  inbox.sandbox.setFault(() => ({ status: 500 }));
  await page.click('nav li:last-child button');
  await shows(page, '[state=unknown]:not([offline])');
  await page.waitForSelector('service-window >> text=not known');
  await save('unknown');
  await page.context().setOffline(true);
  await shows(page, '[offline]');
  await save('offline');
  await page.context().close();
  await inbox.close();
}

function shows(page: Page, state: string): Promise<unknown> {
  return page.waitForSelector(`service-window${state}`);
}
