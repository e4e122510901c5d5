import { brotliCompressSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { accessibilityProblems, describeWithBrowser, viewports } from '../support/browser.js';
import { type AgentPage, bundleElement, type PageOptions, serveAgentPage } from './agent-page.js';

let element = '';
beforeAll(async () => {
  element = await bundleElement();
});

it('has at most 4 kB in brotli', async () => {
  expect(brotliCompressSync(await bundleElement(true)).length).toBeLessThanOrEqual(4096);
});

describeWithBrowser('<service-window>', (open) => {
  const state = (page: Page): Promise<string | null> => page.getAttribute('service-window', 'state');
  const shown = async (page: Page): Promise<string> => (await page.textContent('[part=text]')) ?? '';
  const reload = (page: Page): Promise<unknown> => page.reload({ waitUntil: 'domcontentloaded' });

  it('goes from open to closing, closed, open again, offline and unknown, and each looks right to axe at both widths', async () => {
    const agent = await serveAgentPage(element);
    const page = await open({ timezoneId: 'UTC' });
    const errors: string[] = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    const looksRight = async (): Promise<void> => {
      for (const size of Object.values(viewports)) {
        await page.setViewportSize(size);
        expect(await accessibilityProblems(page)).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      }
    };

    agent.customerWrites();
    await page.goto(agent.url);
    await expect.poll(() => state(page)).toBe('open');
    expect(await shown(page)).toBe('Replies are possible until Wed 6 Mar, 9:00');
    expect(await page.textContent('[part=countdown]')).toMatch(/^2[34]h \d+m left$/);
    await looksRight();

    agent.advance({ hours: 23, minutes: 56 });
    await reload(page);
    await expect.poll(() => state(page)).toBe('closing');
    expect(await shown(page)).toBe('Replies are possible only until 9:00');
    expect(await page.textContent('[part=countdown]')).toMatch(/^[34]m \d+s left$/);
    expect(await page.isEnabled('#composer')).toBe(true);
    await looksRight();

    agent.advance({ minutes: 4 });
    await expect.poll(() => state(page)).toBe('closed');
    expect(await shown(page)).toContain('The time for replies ended at 9:00.');
    expect(await page.isDisabled('#composer')).toBe(true);
    await looksRight();

    agent.customerWrites();
    await expect.poll(() => state(page)).toBe('open');
    expect(await page.isEnabled('#composer')).toBe(true);
    await looksRight();

    await page.context().setOffline(true);
    await expect.poll(() => page.getAttribute('service-window', 'offline')).toBe('');
    expect([await state(page), await shown(page)]).toEqual([
      'unknown',
      'No connection, so it is not known whether a reply arrives.',
    ]);
    await looksRight();
    await page.context().setOffline(false);
    await expect.poll(() => state(page)).toBe('open');

    agent.sandbox.setFault(() => ({ status: 500 }));
    agent.guard.forget({ workspaceId: agent.workspace.id });
    await reload(page);
    await expect.poll(() => shown(page)).toBe('It is not known whether a reply arrives. You can try.');
    expect(await state(page)).toBe('unknown');
    expect(await page.isEnabled('#composer')).toBe(true);
    await looksRight();
    // The network errors are the test's own; a refused style or script would be among them.
    expect(errors.filter((text) => !/net::ERR_|favicon|404/.test(text))).toEqual([]);
  });

  async function closedPage(options?: PageOptions): Promise<{ agent: AgentPage; page: Page }> {
    const agent = await serveAgentPage(element, options);
    const page = await open({ timezoneId: 'UTC' });
    agent.customerWrites();
    agent.advance({ hours: 25 });
    await page.goto(agent.url);
    await expect.poll(() => state(page)).toBe('closed');
    return { agent, page };
  }

  it('leaves the focus and the draft where they are, and takes no input until the customer writes', async () => {
    const agent = await serveAgentPage(element);
    const page = await open();
    agent.customerWrites();
    agent.advance({ hours: 23, minutes: 59 });
    await page.goto(agent.url);
    await expect.poll(() => state(page)).toBe('closing');
    await page.evaluate(`document.forms.reply.addEventListener('submit', (event) => {
      event.preventDefault();
      window.sent = true;
    })`);
    const focused = 'document.activeElement.id';
    await page.click('#composer');
    await page.keyboard.type('A draft');
    agent.advance({ minutes: 1 });
    await expect.poll(() => page.getAttribute('#composer', 'aria-disabled')).toBe('true');
    await page.keyboard.type(' that goes on');
    expect([await page.inputValue('#composer'), await page.evaluate(focused)]).toEqual(['A draft', 'composer']);
    // Once the agent has left it, the composer may be disabled.
    await page.click('button:has-text("Send")');
    expect(await page.evaluate('[window.sent ?? null, document.getElementById("composer").disabled]')).toEqual([
      null,
      true,
    ]);
    agent.customerWrites();
    await expect.poll(() => page.isEnabled('#composer')).toBe(true);
    await page.focus('#composer');
    await page.keyboard.type('!');
    expect(await page.inputValue('#composer')).toContain('A draft');
    await page.click('button:has-text("Send")');
    expect(await page.evaluate('window.sent')).toBe(true);
  });

  it('announces a change once, and no second of the countdown', async () => {
    const agent = await serveAgentPage(element);
    const page = await open();
    await page.clock.install();
    agent.customerWrites();
    agent.advance({ hours: 23, minutes: 54, seconds: 57 });
    await page.goto(agent.url);
    await expect.poll(() => state(page)).toBe('open');
    await page.evaluate(`window.said = []; new MutationObserver(() => said.push(live.textContent)).observe(
      window.live = document.querySelector('service-window').shadowRoot.querySelector('[aria-live=polite]'),
      { childList: true, characterData: true, subtree: true })`);
    await page.clock.runFor(60_000);
    expect(await page.textContent('[part=countdown]')).toMatch(/^4m \d+s left$/);
    expect(await page.evaluate('window.said')).toEqual([expect.stringContaining('only until')]);
  });

  it('connects again after an answer that ends an EventSource for good, and unlocks meanwhile', async () => {
    const { agent, page } = await closedPage();
    await page.clock.install();
    agent.setReachable(false);
    await page.reload();
    // Nobody has answered since.
    expect(await state(page)).toBe('unknown');
    await page.clock.runFor(10_000);
    await expect.poll(() => page.getAttribute('service-window', 'offline')).toBe('');
    expect(await page.isEnabled('#composer')).toBe(true);
    agent.setReachable(true);
    await page.clock.runFor(60_000);
    await expect.poll(() => state(page)).toBe('closed');
    expect(await page.getAttribute('service-window', 'offline')).toBe(null);
  });

  it('offers the template in the language of the page, from right to left, in texts of the application', async () => {
    const { page } = await closedPage({ lang: 'ar', dir: 'rtl', attributes: 'text-closed="انتهى {time}"' });
    await page.evaluate("document.querySelector('service-window').texts = { useTemplate: 'قالب', closed: 'not this' }");
    expect(await shown(page)).toMatch(/^انتهى .+/);
    expect(await page.textContent('[part=template]')).toBe('قالب');
    const [text, button] = await Promise.all(
      ['text', 'template'].map((part) => page.locator(`[part=${part}]`).boundingBox()),
    );
    expect(text?.x).toBeGreaterThan(button?.x ?? Number.POSITIVE_INFINITY);
    await page.evaluate("addEventListener('use-template', ({ detail }) => { window.used = detail.reason })");
    await page.click('[part=template]');
    expect(await page.evaluate('window.used')).toBe('service_window_closed');
  });

  it('stands still where less motion is wanted, and takes its state from a page with a connection of its own', async () => {
    const agent = await serveAgentPage(element);
    const page = await open({ reducedMotion: 'reduce' });
    await page.goto(agent.url);
    const openUntil = new Date(Date.now() + 120_000).toISOString();
    const told = { verdict: 'allow', reason: 'service_window_open', openUntil, closedAt: null };
    await page.evaluate(`{ const element = document.querySelector('service-window'); element.removeAttribute('src');
      element.status = ${JSON.stringify({ ...told, serverNow: new Date().toISOString() })} }`);
    await expect.poll(() => state(page)).toBe('closing');
    const animation =
      "getComputedStyle(document.querySelector('service-window').shadowRoot.querySelector('[part=dot]')).animationName";
    expect(await page.evaluate(animation)).toBe('none');
  });

  const none = { openUntil: null, closedAt: null, serverNow: '2024-03-06T08:00:00Z' };
  const closed = { ...none, verdict: 'deny', reason: 'service_window_closed' };
  const endless = { ...none, verdict: 'allow', reason: 'no_service_window' };
  const names = `const [closed, endless] = ${JSON.stringify([closed, endless])};
    const element = document.querySelector('service-window'); const composer = document.getElementById('composer');
    const shown = (part) => element.shadowRoot.querySelector('[part=' + part + ']').textContent;
    const state = () => element.getAttribute('state');`;
  const run = (page: Page, code: string): Promise<unknown> => page.evaluate(`(async () => { ${names} ${code} })()`);

  it('gives a composer back once no element holds it, and locks one that takes its place', async () => {
    const agent = await serveAgentPage(element);
    const page = await open();
    await page.goto(agent.url);
    const shared = `element.removeAttribute('src'); composer.setAttribute('aria-disabled', 'false');
      const other = element.cloneNode(); element.after(other);
      element.status = other.status = closed; const both = composer.disabled;
      element.status = endless; const one = composer.disabled;
      other.remove(); return [both, one, composer.disabled, composer.getAttribute('aria-disabled')]`;
    expect(await run(page, shared)).toEqual([true, true, false, 'false']);
    await run(page, 'window.former = composer; composer.remove(); element.status = closed');
    await run(page, 'document.forms.reply.append(former)');
    expect(await run(page, 'return composer.disabled')).toBe(true);
    await run(page, "former.replaceWith(Object.assign(document.createElement('textarea'), { id: 'composer' }))");
    expect(await run(page, 'return [composer.disabled, former.disabled]')).toEqual([true, false]);
    expect(await run(page, 'element.remove(); return composer.disabled')).toBe(false);
  });

  it('takes what a page sets too early, as null, or not as it should', async () => {
    const agent = await serveAgentPage(element);
    const page = await open({ timezoneId: 'UTC' });
    await page.route('**/element.js', (route) => route.abort());
    await page.goto(agent.url);
    await page.unroute('**/element.js');
    const early = `element.removeAttribute('src'); Object.assign(element, { status: closed, texts: { closedLongAgo: 'Nur Vorlagen' } });
      await import('/element.js'); return shown('text')`;
    expect(await run(page, early)).toBe('Nur Vorlagen');

    const nulls = 'element.texts = null; const before = state(); element.status = null; return [before, state()]';
    expect(await run(page, nulls)).toEqual(['closed', 'unknown']);
    const ownClock = `element.status = { ...endless, openUntil: new Date(Date.now() + 3_600_000).toISOString(), serverNow: undefined };
      return shown('countdown')`;
    expect(await run(page, ownClock)).toMatch(/^(?:1h 0m|59m \d+s) left$/);

    const inLanguage = (lang: string): Promise<unknown> =>
      run(
        page,
        `element.lang = '${lang}'; element.status = { ...closed, closedAt: '2024-03-01T07:00:00Z' }; return shown('text')`,
      );
    expect(await inLanguage('en_US')).toMatch(/ended at Fri, Mar 1, \d+:00 AM/);
    expect(await inLanguage('no language!')).toMatch(/ended at .*\d+:00/);

    const noUrl = `element.setAttribute('src', 'http://['); const before = [state(), element.hasAttribute('offline')];
      element.removeAttribute('src'); element.status = endless; return [...before, state(), element.hasAttribute('offline')]`;
    expect(await run(page, noUrl)).toEqual(['unknown', true, 'open', false]);
  });
});
