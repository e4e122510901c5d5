import type { Plot } from '../plots.js';
import { draw } from './draw.js';

// A plot has the colours of the page, and changes them with it.
const isDark = matchMedia('(prefers-color-scheme: dark)');
const plots: readonly Plot[] = JSON.parse(document.getElementById('plots')?.textContent ?? '[]');
for (const place of document.querySelectorAll<HTMLElement>('[data-plot]')) {
  const plot = plots[Number(place.dataset.plot)];
  if (plot === undefined) continue;
  let drawn = draw(place, plot);
  isDark.addEventListener('change', () => {
    drawn.destroy();
    drawn = draw(place, plot);
  });
  const fit = (): void => drawn.setSize({ width: place.clientWidth, height: drawn.height });
  // In the next frame: a size that changes while sizes are reported is an error of the page.
  new ResizeObserver(() => requestAnimationFrame(fit)).observe(place);
}
