/**
 * `<service-window>`: shows an agent whether the customer can be written to, and until when.
 *
 * @module freeform-guard/element
 */

import { lock } from './composer.js';
import { connect } from './connection.js';
import { formatLeft, formatTime, localeOf } from './format.js';
import { type ServiceWindowState, type ServiceWindowStatus, type View, viewOf } from './state.js';
import { addStyles } from './styles.js';
import { englishTexts, type ServiceWindowTexts } from './texts.js';

export type { ServiceWindowState, ServiceWindowStatus, ServiceWindowTexts };

const SECOND_MS = 1000;

/** On a server there are no elements, and nothing is rendered. */
const Base: typeof HTMLElement = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/**
 * Counts down to the end of the service window, warns in the last five minutes, and disables the composer while only a
 * template would arrive. Attributes: `src`, the URL of `windowStatus`; `for`, the id of the composer; `text-open` and so
 * on in place of single texts. Event: `use-template`.
 *
 * @example
 * <service-window src="/conversations/42/window" for="composer"></service-window>
 * <textarea id="composer"></textarea>
 */
export class ServiceWindow extends Base {
  /** The attributes that take effect when they change. */
  static readonly observedAttributes: readonly string[] = ['src', 'for', 'lang'];
  #status: ServiceWindowStatus | undefined;
  #texts: Partial<ServiceWindowTexts> = {};
  /** By how much the server's clock is ahead of this one, in ms. */
  #aheadMs = 0;
  #isOffline = false;
  #parts: ReturnType<typeof createParts> | undefined;
  #disconnect: (() => void) | undefined;
  #unlock: (() => void) | undefined;
  #locked: Element | null = null;
  #observer: MutationObserver | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** What the server has said last. Set it where the page has a connection of its own, in place of `src`. */
  get status(): ServiceWindowStatus | undefined {
    return this.#status;
  }

  set status(status: ServiceWindowStatus | undefined) {
    // Frameworks give `null` for what is not there.
    this.#status = status ?? undefined;
    this.#aheadMs = (Date.parse(status?.serverNow ?? '') || Date.now()) - Date.now();
    this.#render();
  }

  /** Texts in place of the English ones; what is left out stays. An attribute such as `text-open` goes first. */
  get texts(): Partial<ServiceWindowTexts> {
    return this.#texts;
  }

  set texts(texts: Partial<ServiceWindowTexts>) {
    this.#texts = texts ?? {};
    this.#render();
  }

  /** Called by the browser when the element is on a page: it shows itself and connects. */
  connectedCallback(): void {
    this.#parts ??= createParts(this);
    for (const name of ['status', 'texts'] as const) this.#takeOver(name);
    this.#connect();
  }

  /** Called by the browser when the element leaves the page: it gives the composer back. */
  disconnectedCallback(): void {
    this.#disconnect?.();
    this.#disconnect = undefined;
    clearTimeout(this.#timer);
    this.#setClosed(false);
  }

  /** Called by the browser with each changed attribute. */
  attributeChangedCallback(name: string, before: string | null, value: string | null): void {
    if (!this.isConnected || this.#parts === undefined) return;
    // Of another conversation nothing is known. The same URL again means that the page wants a new connection.
    if (name === 'src' && before !== value) this.#status = undefined;
    if (name === 'src') this.#connect();
    else this.#render();
  }

  /** A property that was set before the browser knew the element hides the accessor of this class. */
  #takeOver<Name extends 'status' | 'texts'>(name: Name): void {
    if (!Object.hasOwn(this, name)) return;
    const value = this[name];
    delete (this as Partial<this>)[name];
    this[name] = value;
  }

  #connect(): void {
    this.#disconnect?.();
    this.#disconnect = undefined;
    const url = this.getAttribute('src');
    if (!url) this.#isOffline = false;
    else {
      this.#disconnect = connect(url, {
        told: (status) => {
          this.status = status;
        },
        offline: (isOffline) => {
          this.#isOffline = isOffline;
          this.#render();
        },
      });
    }
    this.#render();
  }

  #render(): void {
    clearTimeout(this.#timer);
    if (this.#parts === undefined || !this.isConnected) return;
    const now = Date.now() + this.#aheadMs;
    const view = viewOf(this.#status, now, this.#isOffline);
    const { text, countdown, action, template } = this.#parts;
    this.setAttribute('state', view.state);
    this.toggleAttribute('offline', this.#isOffline);
    // A live region says what changes in it: each text once, and no second of the countdown.
    setText(text, this.#textOf(view.text, view, now));
    setText(countdown, view.leftMs ? this.#textOf('left', view, now) : '');
    countdown.hidden = !view.leftMs;
    setText(template, this.#textOf('useTemplate', view, now));
    this.#setClosed(view.state === 'closed');
    // Where the button with the focus goes away, the agent may write again.
    const hadFocus = template === this.shadowRoot?.activeElement;
    action.hidden = view.hasTemplate !== true;
    if (hadFocus && action.hidden) this.#composer()?.focus();
    if (view.leftMs) this.#timer = setTimeout(() => this.#render(), view.leftMs % SECOND_MS || SECOND_MS);
  }

  #textOf(name: keyof ServiceWindowTexts, { at, leftMs = 0 }: View, now: number): string {
    const attribute = `text-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const text = this.getAttribute(attribute) ?? this.#texts[name] ?? englishTexts[name];
    const locale = localeOf(this.closest('[lang]')?.getAttribute('lang'));
    // Shown by this machine's clock, which may be wrong, but in whose time zone the agent lives.
    return text
      .replace('{time}', () => (at === undefined ? '' : formatTime(at, now, locale)))
      .replace('{left}', () => formatLeft(leftMs, locale));
  }

  #composer(): HTMLElement | null {
    const id = this.getAttribute('for');
    return id === null ? null : (this.getRootNode() as Document | ShadowRoot).getElementById(id);
  }

  /** While the window is closed, a composer that comes later, or in place of another one, is locked as well. */
  #setClosed(isClosed: boolean): void {
    this.#setLocked(isClosed ? this.#composer() : null);
    this.#observer ??= new MutationObserver(() => this.#setLocked(this.#composer()));
    if (!isClosed) this.#observer.disconnect();
    else this.#observer.observe(this.getRootNode(), { childList: true, subtree: true, attributeFilter: ['id'] });
  }

  #setLocked(composer: HTMLElement | null): void {
    if (composer === this.#locked) return;
    this.#unlock?.();
    this.#locked = composer;
    this.#unlock = composer === null ? undefined : lock(composer);
  }
}

function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function createParts(host: ServiceWindow): Record<'text' | 'countdown' | 'action' | 'template', HTMLElement> {
  const root = host.attachShadow({ mode: 'open' });
  addStyles(root, host.nonce);
  const box = add(root, 'div', { part: 'box' });
  add(box, 'span', { part: 'dot', 'aria-hidden': 'true' });
  const text = add(box, 'p', { part: 'text', role: 'status', 'aria-live': 'polite' });
  const countdown = add(box, 'span', { part: 'countdown', role: 'timer', 'aria-live': 'off' });
  const action = add(box, 'slot', { name: 'action' });
  const template = add(action, 'button', { part: 'template', type: 'button' });
  // Whatever stands in the slot in place of the button does the same.
  action.addEventListener('click', () => {
    host.dispatchEvent(new CustomEvent('use-template', { bubbles: true, composed: true, detail: host.status }));
  });
  return { text, countdown, action, template };
}

function add(parent: Node, tag: string, attributes: Readonly<Record<string, string>>): HTMLElement {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return parent.appendChild(element);
}

declare global {
  interface HTMLElementTagNameMap {
    'service-window': ServiceWindow;
  }
}

if (globalThis.customElements !== undefined && customElements.get('service-window') === undefined) {
  customElements.define('service-window', ServiceWindow);
}
