/** THE table of what the guard may cost. docs/performance.md says how to read it. */
import { GUARD } from './builds.mjs';
import { FLOOR, LIMITER } from './other-middleware.mjs';
import { differenceOf, maximumOf, minimumOf, ratioOf } from './statistics.mjs';

/** A bar is missed only beyond this: no shared machine measures better. */
const TOLERANCE = 0.2;

/** Where a measure is a time, less is better: a ratio of throughputs is the ratio of the times, upside down. */
export const bars = [
  { what: `hit, in situ on Express 5, to ${LIMITER}`, ...ratio('hit-express', GUARD, LIMITER), atMost: 0.75 },
  { what: `hit, in situ on bare http, to ${LIMITER}`, ...ratio('hit-http', GUARD, LIMITER), atMost: 0.75 },
  { what: 'hit, in situ on Express 5, to the floor', ...ratio('hit-express', GUARD, FLOOR), atMost: 2 },
  { what: 'hit, loop, to cors()', ...ratio('hit-loop', GUARD, 'cors'), atMost: 5 },
  { what: 'Express 5 throughput, to unguarded', ...ratio('throughput', 'unguarded', GUARD), atLeast: 0.9 },
  { what: `Express 5 throughput, to ${LIMITER}`, ...ratio('throughput', LIMITER, GUARD), atLeast: 1 },
  {
    what: 'decideFreeform, epoch ms, to Date.now()',
    ...ratio('decision', `epoch ms, ${GUARD}`, 'Date.now()'),
    atMost: 5,
  },
  { what: 'decideFreeform, ISO, to Date.now()', ...ratio('decision', `ISO, ${GUARD}`, 'Date.now()'), atMost: 12 },
  { what: 'sends a second, to asking before each send', ...ratio('sends', 'asking before each', GUARD), atLeast: 9.5 },
  { what: 'of these sends, answered with 429', ...maximum('throttled', GUARD), atMost: 0 },
  {
    what: '1 million windows by id and address, MiB',
    ...minimal('memory', `by id and address, ${GUARD}`),
    atMost: 180,
  },
  { what: 'of these windows, known by both', ...minimal('memory-found', GUARD), atLeast: 1 },
  {
    what: 'webhook receiver, loop, to raw, HMAC and parse',
    ...ratio('webhook', GUARD, 'raw, HMAC and parse'),
    atMost: 1.6,
  },
  { what: 'CPU of a miss, to a bare fetch', ...ratio('miss', GUARD, 'bare fetch'), atMost: 1.4 },
  { what: 'import, beyond bare node, ms of CPU', ...difference('import', `., ${GUARD}`, 'bare node'), atMost: 35 },
  {
    what: 'import of ./core, beyond bare node, ms of CPU',
    ...difference('import', `./core, ${GUARD}`, 'bare node'),
    atMost: 8,
  },
  { what: 'createGuard(), the first, ms of CPU', ...minimal('create-ms', `first, ${GUARD}`), atMost: 1 },
  { what: 'createGuard(), KiB', ...minimal('create-kib', GUARD), atMost: 100 },
  { what: './core, minified, brotli, kB', ...minimal('core-size', GUARD), atMost: 3 },
];

function ratio(measure, name, base) {
  return { measure, figure: (samples) => ratioOf(samples[name], samples[base]) };
}

function difference(measure, name, base) {
  return { measure, figure: (samples) => differenceOf(samples[name], samples[base]) };
}

function minimal(measure, name) {
  return { measure, figure: (samples) => minimumOf(samples[name]) };
}

function maximum(measure, name) {
  return { measure, figure: (samples) => maximumOf(samples[name]) };
}

export function judge({ atMost, atLeast }, value) {
  if (atMost === undefined)
    return value >= atLeast ? 'holds' : value >= atLeast * (1 - TOLERANCE) ? 'within 20 %' : 'missed';
  return value <= atMost ? 'holds' : value <= atMost * (1 + TOLERANCE) ? 'within 20 %' : 'missed';
}
