import { createHash } from 'node:crypto';
import { escapeHtml, fateTableHtml, numberCell, tableHtml } from './html.js';
import { fates } from './log-line.js';
import { formatCount, formatInstant, formatRate, formatShare } from './numbers.js';
import { fatesPlot, type Plot, readsPlot, spanOf } from './plots.js';
import { type ModeSummary, type Row, topRows } from './rows.js';
import { styles } from './styles.js';
import type { ReadsSummary, Summary } from './summary.js';
import { flawsOf, modeTitles, readsTitle, scopeOf, tableTitles } from './titles.js';

/** Of more, the JSON has all. */
const MAX_ROWS = 20;

/**
 * The report as a page that needs nothing else: no network, and a policy that allows its own style and script alone.
 *
 * @param script draws the plots
 */
export function renderPage(summary: Summary, script: string): string {
  const plots: Plot[] = [];
  const sections = [
    modeSection('observe', summary.observe, plots),
    modeSection('enforce', summary.enforce, plots),
    readsSection(summary.reads, plots),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyFor(script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Decisions of freeform-guard</title>
<style>${styles}</style>
</head>
<body>
<main>
<h1>Decisions of freeform-guard</h1>
<p class="sentence">${escapeHtml(summary.sentence)}</p>
<p class="scope">${escapeHtml(scopeOf(summary))}</p>
${flawsOf(summary)
  .map((flaw) => `<p class="flaw">${escapeHtml(flaw)}</p>`)
  .join('\n')}
${sections.join('\n')}
</main>
<script type="application/json" id="plots">${JSON.stringify(plots).replaceAll('<', '\\u003c')}</script>
<script>${script}</script>
</body>
</html>
`;
}

function policyFor(script: string): string {
  const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return `default-src 'none'; style-src ${hash(styles)}; script-src ${hash(script)}; base-uri 'none'; form-action 'none'`;
}

function modeSection(name: 'observe' | 'enforce', mode: ModeSummary | undefined, plots: Plot[]): string {
  if (mode === undefined) return '';
  const plot = plots.push(fatesPlot(mode)) - 1;
  const names = Object.keys(tableTitles) as (keyof typeof tableTitles)[];
  const caption = `Messages by ${spanOf(mode.hours.map(({ key }) => key))} (UTC): those not sent as they are, and unknown ones`;
  const hours = mode.hours.map((row) => ({ ...row, key: formatInstant(row.key) }));
  return `<section aria-labelledby="${name}">
<h2 id="${name}">${escapeHtml(modeTitles[name])}</h2>
${totalsHtml(mode.total)}
${plotHtml(plot, caption, fateTableHtml('Messages by hour', 'hour (UTC)', hours))}
${names.map((by) => fateTableHtml(`By ${by.slice(0, -1)}`, tableTitles[by], topRows(mode[by], MAX_ROWS))).join('\n')}
</section>`;
}

function totalsHtml(total: Row): string {
  const tiles = fates.map((fate) => {
    const share = `<small>${formatShare(total[fate], total.messages)}</small>`;
    return `<div class="${fate}"><dt>${fate}</dt><dd>${formatCount(total[fate])} ${share}</dd></div>`;
  });
  return `<dl>${tiles.join('')}</dl>`;
}

/** The plot is for the eye. The table has the same for everyone. */
function plotHtml(plot: number, caption: string, table: string): string {
  return `<figure>
<figcaption>${escapeHtml(caption)}</figcaption>
<div class="plot" data-plot="${plot}" aria-hidden="true"></div>
<details><summary>The same as a table</summary>${table}</details>
</figure>`;
}

function readsSection(reads: ReadsSummary, plots: Plot[]): string {
  if (reads.workspaces.length === 0) return '';
  const plot = plots.push(readsPlot(reads)) - 1;
  const hours = reads.hours.map(
    ({ at, perSecond }) => `<tr>${rowTitle(formatInstant(at))}<td>${formatRate(perSecond)}</td></tr>`,
  );
  const rows = reads.workspaces.slice(0, MAX_ROWS).map(({ workspaceId, asked, budgetSpent, busiest }) => {
    const most =
      busiest === undefined
        ? '<td></td><td></td>'
        : `<td>${formatRate(busiest.perSecond)}</td><td>${formatInstant(busiest.at)}</td>`;
    return `<tr>${rowTitle(workspaceId)}${numberCell(asked)}${numberCell(budgetSpent)}${most}</tr>`;
  });
  const header = ['workspace', 'asked Bird', 'no read left', 'busiest minute: per second', 'at (UTC)'];
  return `<section aria-labelledby="reads">
<h2 id="reads">${escapeHtml(readsTitle(reads.allowedPerSecond))}</h2>
${plotHtml(plot, 'Per second, in the busiest minute of the busiest workspace', tableHtml('Per second, in the busiest minute', ['hour (UTC)', 'per second'], hours))}
${tableHtml('By workspace', header, rows)}
<p class="note">A decision does not say how many reads it took: messages that come together share one, and a new channel or contact takes another. What had no read left is unknown, with the reason lookup_budget_spent.</p>
</section>`;
}

function rowTitle(text: string): string {
  return `<th scope="row">${escapeHtml(text)}</th>`;
}
