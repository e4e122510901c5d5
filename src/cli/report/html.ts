import { fates } from './log-line.js';
import { formatCount } from './numbers.js';
import { concernOf, labelOf, type Row } from './rows.js';

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** A table that scrolls by itself where the page is narrow. */
export function tableHtml(caption: string, header: readonly string[], rows: readonly string[]): string {
  const titles = header.map((title) => `<th scope="col">${escapeHtml(title)}</th>`).join('');
  return `<div class="scroll" tabindex="0" role="group" aria-label="${escapeHtml(caption)}"><table>
<caption>${escapeHtml(caption)}</caption>
<thead><tr>${titles}</tr></thead>
<tbody>${rows.join('\n')}</tbody>
</table></div>`;
}

/** Messages by what they became, with a picture of those that are not sent as they are, or are unknown. */
export function fateTableHtml(caption: string, title: string, rows: readonly Row[]): string {
  const most = Math.max(1, ...rows.map(concernOf));
  const header = [title, 'messages', ...fates, 'compared'];
  return tableHtml(
    caption,
    header,
    rows.map((row) => fateRowHtml(row, most)),
  );
}

function fateRowHtml(row: Row, most: number): string {
  const cells = [row.messages, ...fates.map((fate) => row[fate])].map(numberCell);
  return `<tr><th scope="row">${escapeHtml(labelOf(row))}</th>${cells.join('')}<td>${concernSvg(row, most)}</td></tr>`;
}

export function numberCell(count: number): string {
  return count === 0 ? '<td class="zero">0</td>' : `<td>${formatCount(count)}</td>`;
}

const WIDTH = 96;
const HEIGHT = 10;

/** @param most what fills it */
function concernSvg(row: Row, most: number): string {
  let x = 0;
  const parts = fates.map((fate) => {
    const width = fate === 'sent' ? 0 : (row[fate] / most) * WIDTH;
    const part = `<rect class="${fate}" x="${x.toFixed(2)}" width="${width.toFixed(2)}" height="${HEIGHT}"/>`;
    x += width;
    return width === 0 ? '' : part;
  });
  return `<svg width="${WIDTH}" height="${HEIGHT}" aria-hidden="true">${parts.join('')}</svg>`;
}
