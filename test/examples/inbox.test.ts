import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startInbox } from '../../examples/inbox/inbox.js';
import { accessibilityProblems, describeWithBrowser, viewports } from '../support/browser.js';

describeWithBrowser('the inbox', (open) => {
  const state = (page: Page): Promise<string | null> => page.getAttribute('service-window', 'state');
  const repliesOf = (page: Page): Promise<string[]> => page.locator('#replies tr').allInnerTexts();

  async function looksRight(page: Page): Promise<void> {
    for (const size of Object.values(viewports)) {
      await page.setViewportSize(size);
      expect(await accessibilityProblems(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    }
  }

  it('shows what Bird delivered and lost beside what the guard decided, and looks right to axe in every state', async () => {
    const inbox = await startInbox({ ticks: false });
    onTestFinished(() => inbox.close());
    const page = await open({ timezoneId: 'UTC' });
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(inbox.url);
    await expect.poll(() => state(page)).toBe('open');
    await looksRight(page);
    await page.click('[data-minutes="1416"]');
    await expect.poll(() => state(page)).toBe('closing');
    await looksRight(page);
    await page.fill('#text', 'Your parcel is with the courier.');
    await page.click('[data-minutes="60"]');
    await expect.poll(() => state(page)).toBe('closed');
    await expect.poll(() => page.isDisabled('#text')).toBe(true);
    await page.click('text=Past the guard');
    await expect.poll(() => repliesOf(page)).toHaveLength(1);
    await page.click('text=Through the guard');
    await expect.poll(() => repliesOf(page)).toHaveLength(2);
    await page.click('service-window [part=template]');
    await expect.poll(() => repliesOf(page)).toHaveLength(3);
    inbox.sandbox.clock.advance({ minutes: 3 });
    await expect
      .poll(async () => (await repliesOf(page)).map((row) => row.split('\t').slice(1)))
      .toEqual([
        ['allow: template', 'delivered'],
        ['deny: service window closed', 'not sent'],
        ['not asked', 'lost'],
      ]);
    await looksRight(page);

    await page.click('#customer button');
    await expect.poll(() => state(page)).toBe('open');
    await page.fill('#text', 'Here I am.');
    await page.click('#reply button');
    await expect.poll(() => repliesOf(page)).toHaveLength(4);
    expect((await repliesOf(page))[0]).toContain('allow: service window open');
    await looksRight(page);
    await page.click('nav li:last-child button');
    await expect.poll(() => state(page)).toBe('closed');
    expect(await page.textContent('#messages')).toContain('delivery address');

    inbox.sandbox.setFault(() => ({ status: 500 }));
    await page.reload();
    await page.click('nav li:last-child button');
    await expect.poll(() => state(page)).toBe('unknown');
    await expect.poll(() => page.textContent('[part=text]')).toContain('not known whether a reply arrives');
    expect(await page.isEnabled('#text')).toBe(true);
    await looksRight(page);
    await page.context().setOffline(true);
    await expect.poll(() => page.getAttribute('service-window', 'offline')).toBe('');
    await looksRight(page);
    await page.fill('#text', 'A draft');
    const failed = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/messages'));
    await page.click('#reply button');
    await failed;
    expect(await page.inputValue('#text')).toBe('A draft');
    expect(errors).toEqual([]);
  });
});

describe('the inbox without a browser', () => {
  it('says nothing about its customers in an address or an answer', async () => {
    const inbox = await startInbox({ ticks: false });
    onTestFinished(() => inbox.close());
    const answers = await Promise.all(
      ['state', 'conversations/1/window'].map(async (path) => (await fetch(inbox.url + path)).text()),
    );
    expect(answers.join()).not.toMatch(/\+1202/);
    expect((await fetch(`${inbox.url}conversations/3/window`)).status).toBe(404);
  });
});
