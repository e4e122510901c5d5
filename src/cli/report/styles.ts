/** The page's own styles. Colours are pairs for light and dark, each with a contrast of at least 4.5 to its ground. */
export const styles = `
:root {
  color-scheme: light dark;
  --ground: #fbfbfa; --card: #ffffff; --line: #dddcd8; --text: #22252a; --quiet: #5c6169;
  --blocked: #c2361f; --rerouted: #1f6fb5; --held: #7d56b8; --unknown: #8f6a00; --sent: #2f7d4f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #16181b; --card: #1e2125; --line: #363b41; --text: #e9e8e4; --quiet: #a5abb3;
    --blocked: #ff7f68; --rerouted: #64b1f2; --held: #c3a0f5; --unknown: #e3b341; --sent: #63bd86;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 70rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1rem; font-weight: 600; color: var(--quiet); margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 1rem; }
.sentence { font-size: 1.45rem; line-height: 1.35; font-weight: 600; margin: 0 0 .75rem; max-width: 58rem; text-wrap: balance; }
.scope, .note, figcaption { color: var(--quiet); margin: 0; }
.flaw { border-left: 4px solid var(--unknown); padding-left: .75rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; margin: 0 0 1rem; }
dl div { background: var(--card); border: 1px solid var(--line); border-top: 4px solid; border-radius: 6px; padding: .6rem .9rem; }
dt { color: var(--quiet); }
dd { margin: 0; line-height: 1.25; font-size: 1.5rem; font-weight: 600; font-variant-numeric: tabular-nums; }
dd small { white-space: nowrap; font-size: .85rem; font-weight: 400; color: var(--quiet); }
figure, details, .scroll { background: var(--card); border: 1px solid var(--line); border-radius: 6px; margin: 0 0 1rem; }
figure { padding: .9rem; }
.plot { min-height: 17.5rem; margin-top: .5rem; }
figure details { margin: .75rem 0 0; border: 0; }
summary { cursor: pointer; }
figure .scroll { margin-top: .5rem; max-height: 20rem; }
.scroll { overflow: auto; }
:focus-visible { outline: 2px solid var(--rerouted); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .7rem .9rem .3rem; font-weight: 600; }
figure caption { padding: .2rem .5rem; }
.scroll :is(th, td) { padding: .3rem .9rem; text-align: right; white-space: nowrap; border-top: 1px solid var(--line); }
.scroll thead th { border-top: 0; color: var(--quiet); font-weight: 400; }
.scroll th:first-child { text-align: left; }
.scroll tbody th { font-weight: 400; }
.scroll tbody tr:hover { background: color-mix(in srgb, var(--rerouted) 8%, transparent); }
.zero { color: var(--quiet); }
svg { display: inline-block; vertical-align: middle; border-radius: 2px; }
dl .blocked { border-top-color: var(--blocked); } rect.blocked { fill: var(--blocked); }
dl .rerouted { border-top-color: var(--rerouted); } rect.rerouted { fill: var(--rerouted); }
dl .held { border-top-color: var(--held); } rect.held { fill: var(--held); }
dl .unknown { border-top-color: var(--unknown); } rect.unknown { fill: var(--unknown); }
dl .sent { border-top-color: var(--sent); }
@media print { .scroll { overflow: visible; max-height: none; } }
`;
