import uPlot from 'uplot';
import css from 'uplot/dist/uPlot.min.css';
import type { Plot } from '../plots.js';

const sheet = new CSSStyleSheet();
sheet.replaceSync(css);
document.adoptedStyleSheets.push(sheet);

const HEIGHT = 240;

/** Draws a plot into its place, in the colours that the page has now. */
export function draw(place: HTMLElement, plot: Plot): uPlot {
  const style = getComputedStyle(place);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const axis = {
    stroke: colour('quiet'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { stroke: colour('line') },
  };
  const options: uPlot.Options = {
    width: place.clientWidth,
    height: HEIGHT,
    // The report is in UTC.
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    scales: { x: { range: rangeOf }, y: { range: (_self, _min, max) => [0, Math.max(1, max * 1.1)] } },
    axes: [
      { ...axis, values: (_self, splits, _axis, _space, stepSeconds) => splits.map((at) => timeText(at, stepSeconds)) },
      { ...axis, size: 60 },
    ],
    series: [{ value: '{YYYY}-{MM}-{DD} {HH}:{mm}' }, ...seriesOf(plot, colour)],
    cursor: { points: { show: false } },
  };
  return new uPlot(options, dataOf(plot), place);
}

const DAY_SECONDS = 86_400;
const clockTime = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'UTC' });
const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** The time of day, and at midnight the date. */
function timeText(seconds: number, stepSeconds: number): string {
  const isDate = stepSeconds >= DAY_SECONDS || seconds % DAY_SECONDS === 0;
  return (isDate ? date : clockTime).format(seconds * 1000);
}

/** Half a bar more on each side. */
function rangeOf({ data: [times] }: uPlot, from: number, until: number): uPlot.Range.MinMax {
  const half = ((times[1] ?? 0) - (times[0] ?? 0) || 3600) / 2;
  return [from - half, until + half];
}

function seriesOf({ series, isStacked, limit }: Plot, colour: (name: string) => string): uPlot.Series[] {
  const bars = uPlot.paths.bars?.({ size: [0.8, 60], align: 0 });
  const drawn = series.map(({ name, values }): uPlot.Series => {
    const fill = colour(isStacked ? name : 'rerouted');
    return {
      label: name,
      ...(bars && { paths: bars }),
      points: { show: false },
      ...{ stroke: fill, fill, width: 0 },
      // Not the height in the stack.
      value: (_self, _value, _series, index) =>
        index === null ? '–' : (values[index ?? 0] ?? 0).toLocaleString('en-GB'),
    };
  });
  // The highest bar is drawn first, so that the others stand in front of it.
  if (isStacked) drawn.reverse();
  return limit === undefined
    ? drawn
    : [...drawn, { label: limit.name, stroke: colour('blocked'), width: 2, dash: [6, 4], points: { show: false } }];
}

function dataOf({ times, series, isStacked, limit }: Plot): uPlot.AlignedData {
  const sums = times.map(() => 0);
  const columns = series.map(({ values }) => {
    if (!isStacked) return [...values];
    for (const [index, value] of values.entries()) sums[index] = (sums[index] ?? 0) + value;
    return [...sums];
  });
  if (isStacked) columns.reverse();
  return [[...times], ...columns, ...(limit === undefined ? [] : [times.map(() => limit.value)])];
}
