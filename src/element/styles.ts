/** Each colour is a custom property; the page's `color-scheme` decides between light and dark. */
const css = `
:host { display: block; font: var(--service-window-font, 0.875rem/1.4 system-ui, sans-serif) }
:host([hidden]) { display: none }
[part=box] {
  --ink: var(--service-window-unknown-color, #3d4451); --paper: var(--service-window-unknown-background, #eef0f3);
  display: flex; flex-wrap: wrap; align-items: center; gap: 0.375rem 0.625rem; padding: 0.5rem 0.75rem;
  border-radius: var(--service-window-radius, 0.5rem); color: var(--ink); background: var(--paper)
}
:host([state=open]) [part=box] {
  --ink: var(--service-window-open-color, #14532d); --paper: var(--service-window-open-background, #e7f6ec)
}
:host([state=closing]) [part=box] {
  --ink: var(--service-window-closing-color, #6b3d00); --paper: var(--service-window-closing-background, #fff2d6)
}
:host([state=closed]) [part=box] {
  --ink: var(--service-window-closed-color, #7f1d1d); --paper: var(--service-window-closed-background, #fdecec)
}
@supports (color: light-dark(red, red)) {
  [part=box] {
    --ink: var(--service-window-unknown-color, light-dark(#3d4451, #d3d7de));
    --paper: var(--service-window-unknown-background, light-dark(#eef0f3, #2b2f36))
  }
  :host([state=open]) [part=box] {
    --ink: var(--service-window-open-color, light-dark(#14532d, #b6ecc6));
    --paper: var(--service-window-open-background, light-dark(#e7f6ec, #12331f))
  }
  :host([state=closing]) [part=box] {
    --ink: var(--service-window-closing-color, light-dark(#6b3d00, #ffdf9e));
    --paper: var(--service-window-closing-background, light-dark(#fff2d6, #3d2a05))
  }
  :host([state=closed]) [part=box] {
    --ink: var(--service-window-closed-color, light-dark(#7f1d1d, #ffc9c9));
    --paper: var(--service-window-closed-background, light-dark(#fdecec, #401a1a))
  }
}
[part=dot] { flex: none; width: 0.5rem; height: 0.5rem; border-radius: 50%; background: currentColor }
:host([offline]) [part=dot] { background: none; border: 2px solid }
[part=text] { flex: 1 1 12rem; margin: 0 }
[part=countdown] { font-variant-numeric: tabular-nums; font-weight: 600; white-space: nowrap }
[part=template] {
  font: inherit; font-weight: 600; padding: 0.25rem 0.75rem; border: 1px solid; border-radius: 0.375rem;
  color: inherit; background: transparent; cursor: pointer
}
[part=template]:hover { background: var(--ink); border-color: var(--ink); color: var(--paper) }
[part=template]:focus-visible { outline: 2px solid; outline-offset: 2px }
[hidden] { display: none }
@media (prefers-reduced-motion: no-preference) {
  :host([state=closing]) [part=dot] { animation: pulse 1.5s ease-in-out infinite alternate }
  @keyframes pulse { to { opacity: 0.25 } }
}
@media (forced-colors: active) { [part=box] { border: 1px solid } [part=dot] { background: CanvasText } }
`;

let sheet: CSSStyleSheet | undefined;

/** Without an inline style, so that a strict content security policy needs no exception. */
export function addStyles(root: ShadowRoot, nonce: string): void {
  if ('adoptedStyleSheets' in root && 'replaceSync' in CSSStyleSheet.prototype) {
    if (sheet === undefined) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
    }
    root.adoptedStyleSheets = [sheet];
    return;
  }
  const style = document.createElement('style');
  // An old browser needs a style element, and for that the nonce of the page's policy.
  style.nonce = nonce;
  style.textContent = css;
  (root as Node).appendChild(style);
}
