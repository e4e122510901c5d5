import type { BirdAnswer } from '../model/fake-bird.js';
import type { Exchange } from '../model/network.js';
import type { Random } from '../model/random.js';

/** What reaches the process instead of Bird's answer. */
export type FaultyAnswer =
  | 'silence'
  | {
      readonly answer: BirdAnswer | 'reset';
      /** How much later than usual. */
      readonly delayMs: number;
      /** Replaces the answer's body, which is then not whole. */
      readonly body?: AsyncIterable<Uint8Array> | undefined;
    };

export interface Fault {
  readonly name: string;
  apply(answer: BirdAnswer, random: Random, now: number): FaultyAnswer;
}

/** Decides which request meets which fault. */
export interface FaultSource {
  of(exchange: Exchange, now: number): Fault | undefined;
}

export const noFaults: FaultSource = { of: () => undefined };

/** Faults of a single read on a bad day. Each is a row of the fault matrix, or several that look alike from here. */
export const passingFaults: readonly Fault[] = [
  { name: 'silence', apply: () => 'silence' },
  { name: 'stalled body', apply: (answer) => ({ answer, delayMs: 0, body: stalled() }) },
  { name: 'broken body', apply: (answer) => ({ answer, delayMs: 0, body: broken() }) },
  { name: 'broken connection', apply: () => ({ answer: 'reset', delayMs: 0 }) },
  { name: 'slow', apply: (answer, random) => ({ answer, delayMs: random.between(200, 700) }) },
  { name: 'too slow', apply: (answer, random) => ({ answer, delayMs: random.spread(700, 10_000) }) },
  ...[400, 409, 500, 501, 502, 503, 504].map((status) =>
    instead(`status ${status}`, status, '{"serviceWindowExpireAt":null}'),
  ),
  instead('redirect', 302, '', { location: 'https://elsewhere.example.com/' }),
  instead('HTML', 200, '<html>Sign in</html>'),
  instead('empty body', 200, ''),
  instead('null', 200, 'null'),
  instead('list', 200, '[{"serviceWindowExpireAt":null}]'),
  instead('more than 64 KiB', 200, `{"serviceWindowExpireAt":null}${' '.repeat(70_000)}`),
  instead('field missing', 200, '{"isPermanentSession":true}'),
  instead('number for the date', 200, '{"serviceWindowExpireAt":0}'),
  instead('seconds for the date', 200, '{"serviceWindowExpireAt":"1767600000"}'),
  instead('text for the flag', 200, '{"isPermanentSession":"true","serviceWindowExpireAt":null}'),
  instead('contact not found', 404, '{"code":"ResourceNotFound","message":"contact not found"}'),
  changed('cut off', (body) => body.slice(0, body.length / 2)),
  changed('date without offset', (body) => body.replace('Z"}', '"}')),
  changed('flag behind __proto__', (body) => body.replace(/\}$/, ',"__proto__":{"isPermanentSession":true}}')),
  {
    name: 'end in the far future',
    apply: (answer, _random, now) => ({ answer: { ...answer, body: farEnd(answer.body, now) }, delayMs: 0 }),
  },
];

/** Faults that stop all reads for a while, and so must be rare. */
export const lastingFaults: readonly Fault[] = [
  instead('status 401', 401, '{}'),
  instead('status 403', 403, '{}'),
  instead('status 429', 429, '{}'),
  instead('status 429 with seconds', 429, '{}', { 'retry-after': '2' }),
  {
    name: 'status 429 with a date',
    apply: (_answer, _random, now) => {
      const headers = { 'retry-after': new Date(now + 3000).toUTCString() };
      return { answer: { status: 429, headers, body: '{}' }, delayMs: 0 };
    },
  },
  instead('channel not found', 404, '{"code":"ResourceNotFound","message":"channel not found"}'),
];

function instead(name: string, status: number, body: string, headers: Readonly<Record<string, string>> = {}): Fault {
  return { name, apply: () => ({ answer: { status, headers, body }, delayMs: 0 }) };
}

function changed(name: string, change: (body: string) => string): Fault {
  return { name, apply: (answer) => ({ answer: { ...answer, body: change(answer.body) }, delayMs: 0 }) };
}

/** Only for an open window: that a closed one is reported as open, no guard could find out. */
function farEnd(body: string, now: number): string {
  return body.replace(/At":"([^"]+)"/, (same, end) =>
    Date.parse(end) > now ? 'At":"9999-12-31T23:59:59.000Z"' : same,
  );
}

async function* stalled(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode('{"serviceWindow');
  await new Promise(() => {});
}

async function* broken(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode('{"serviceWindow');
  throw new TypeError('terminated');
}
