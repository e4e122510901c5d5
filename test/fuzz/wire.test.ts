import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { createGuard, memoryStore, type Outcome } from 'freeform-guard';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { createClock, type SandboxClock } from '../../src/sandbox/clock.js';
import { until } from '../support/service.js';
import { recordingLogger } from '../support/world.js';
import { CHANNEL, CONTACT, KEY, NOW, PHONE, WORKSPACE } from './values/ids.js';

/** Writes an answer to a socket, byte by byte where that is the fault. */
type Write = (socket: Socket, clock: SandboxClock) => void;

const closed = JSON.stringify({ serviceWindowExpireAt: null, isPermanentSession: false });
const size = closed.length.toString(16);
const head = (...lines: readonly string[]): string =>
  `HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
const whole = (body: string, ...lines: readonly string[]): string =>
  head('Content-Type: application/json', `Content-Length: ${body.length}`, 'Connection: close', ...lines) + body;
const inChunks = head('Transfer-Encoding: chunked');
const untilClosed = head('Connection: close');
const gzipped = (bytes: Uint8Array, ...lines: readonly string[]): string =>
  head('Content-Encoding: gzip', 'Connection: close', ...lines) + Buffer.from(bytes).toString('latin1');

/** Writes and hangs up; or, where it stops, stays on the line. */
const ends =
  (text: string): Write =>
  (socket) =>
    void socket.end(text, 'latin1');
const stops =
  (text: string): Write =>
  (socket) =>
    void socket.write(text, 'latin1');

/** Writes as long as somebody reads. */
const pours =
  (first: string, more: string): Write =>
  (socket) => {
    const pour = (): void => {
      let hasRoom = true;
      while (hasRoom && !socket.destroyed) hasRoom = socket.write(more);
      if (!socket.destroyed) socket.once('drain', pour);
    };
    socket.write(first);
    pour();
  };

const dribbles =
  (first: string, rest: string): Write =>
  (socket, clock) => {
    const next = (index: number): void => {
      if (socket.destroyed) return;
      socket.write(rest.charAt(index % rest.length));
      clock.setTimeout(() => next(index + 1), 100);
    };
    socket.write(first);
    next(0);
  };

/** Those that brought a request. After one that was given up, `fetch` opens a spare one, and closes it 4 s later. */
const sockets = new Set<Socket>();
/** An answer that nobody reads any more must leave no socket open. */
afterEach(() => until(() => sockets.size === 0));

async function listen(onSocket: (socket: Socket) => void): Promise<number> {
  const spare = new Set<Socket>();
  const server: Server = createServer((socket) => {
    spare.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => {
      spare.delete(socket);
      sockets.add(socket);
    });
    socket.on('close', () => sockets.delete(socket));
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of spare) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

interface Wire {
  readonly clock: SandboxClock;
  /** How often the window was asked for. */
  readonly asked: () => number;
  readonly check: () => Promise<Outcome>;
}

/** A guard before a server that says of the channel what is right, and of the window what a test writes. */
async function wireTo(write: Write): Promise<Wire> {
  const clock = createClock(NOW);
  let asked = 0;
  const port = await listen((socket) => {
    let request = '';
    socket.on('data', (chunk) => {
      request += chunk.toString();
      if (!request.includes('\r\n\r\n')) return;
      const isWindow = request.includes('/contacts/');
      request = '';
      if (!isWindow) return void socket.end(whole(JSON.stringify({ platformId: 'whatsapp' })));
      asked += 1;
      write(socket, clock);
    });
  });
  const guard = createGuard({
    workspaces: { [WORKSPACE]: { accessKey: KEY, baseUrl: `http://127.0.0.1:${port}` } },
    store: memoryStore({ max: 10 }),
    clock,
    logger: recordingLogger([]),
  });
  onTestFinished(() => void guard.close());
  const contact = { id: CONTACT, identifierValue: PHONE };
  const check = (): Promise<Outcome> => guard.check({ workspaceId: WORKSPACE, channelId: CHANNEL, contact });
  return { clock, asked: () => asked, check };
}

const bomb = gzipSync(Buffer.alloc(20_000_000, ' '));
const tenThousand = Array.from({ length: 10_000 }, (_, index) => `X-${index}: 1`);

describe('an answer that is wrong on the wire is unknown, at once', () => {
  it.each<[name: string, write: Write, reason: string]>([
    ['is cut in the middle', ends(head('Content-Length: 100') + closed), 'lookup_failed'],
    ['is cut in a chunk', ends(`${inChunks}ff\r\n${closed}`), 'lookup_failed'],
    ['is cut before its last chunk', ends(`${inChunks}${size}\r\n${closed}\r\n`), 'lookup_failed'],
    ['is cut in its head', ends('HTTP/1.1 200 OK\r\nContent-Le'), 'lookup_failed'],
    ['is a reset', (socket) => void socket.resetAndDestroy(), 'lookup_failed'],
    [
      'is a reset after its head',
      (socket) => void socket.write(head('Content-Length: 100'), () => socket.resetAndDestroy()),
      'lookup_failed',
    ],
    ['is nothing', ends(''), 'lookup_failed'],
    ['has a body without end', pours(inChunks, `4000\r\n${' '.repeat(0x4000)}\r\n`), 'malformed_answer'],
    ['has a body without end or length', pours(untilClosed, ' '.repeat(0x4000)), 'malformed_answer'],
    ['has a head without end', pours('HTTP/1.1 200 OK\r\n', `X-Flood: ${'x'.repeat(1000)}\r\n`), 'lookup_failed'],
    ['has ten thousand headers', ends(whole(closed, ...tenThousand)), 'lookup_failed'],
    ['is a bomb', ends(gzipped(bomb)), 'malformed_answer'],
    ['is half of what was compressed', ends(gzipped(gzipSync(closed).subarray(0, 20))), 'malformed_answer'],
    ['says that it is compressed', ends(whole(closed, 'Content-Encoding: gzip')), 'lookup_failed'],
    ['has a chunk whose size is no number', ends(`${inChunks}zz\r\n${closed}\r\n0\r\n\r\n`), 'lookup_failed'],
    ['has a chunk without end', ends(`${inChunks}ffffffffffffffff\r\n${closed}`), 'lookup_failed'],
    ['has a negative chunk', ends(`${inChunks}-5\r\n${closed}`), 'lookup_failed'],
    ['is longer than it says', ends(head('Content-Length: 30', 'Connection: close') + closed), 'malformed_answer'],
    ['has two lengths', ends(head('Content-Length: 5', 'Content-Length: 52') + closed), 'lookup_failed'],
    ['has a length that is no number', ends(head('Content-Length: all') + closed), 'lookup_failed'],
    ['has a negative length', ends(head('Content-Length: -1') + closed), 'lookup_failed'],
    [
      'is a page',
      ends(whole('<!doctype html><p>Welcome').replace('application/json', 'text/html')),
      'malformed_answer',
    ],
    ['is a picture', ends(`${untilClosed}\u0089PNG\u0000\u00ff`), 'malformed_answer'],
    ['is empty', ends(whole('')), 'malformed_answer'],
    ['has a NUL in its head', ends(whole(closed, 'X-Odd: a\u0000b')), 'lookup_failed'],
    ['has a status that is none', ends(whole(closed).replace('200 OK', 'two OK')), 'lookup_failed'],
    ['is of another protocol', ends('SSH-2.0-OpenSSH_9.6\r\n'), 'lookup_failed'],
    ['has no content', ends('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n'), 'malformed_answer'],
  ])('where it %s', async (_, write, reason) => {
    const { check, clock } = await wireTo(write);
    const { decision, action, checkedAt } = await check();
    expect({ decision, action }).toEqual({ decision: { verdict: 'unknown', reason }, action: 'send' });
    expect(checkedAt).toBe(clock.now());
  });
});

describe('an answer that does not come is unknown at the deadline', () => {
  it.each<[name: string, write: Write]>([
    ['stops before it begins', () => {}],
    ['stops in its head', stops('HTTP/1.1 200 OK\r\nContent-Type: appl')],
    ['stops after its head', stops(head('Content-Length: 100'))],
    ['stops in its body', stops(head('Content-Length: 100') + closed)],
    ['stops before its last chunk', stops(`${inChunks}${size}\r\n${closed}\r\n`)],
    ['stops within what is compressed', stops(gzipped(gzipSync(closed), 'Content-Length: 900'))],
    ['announces itself', stops('HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n'.repeat(3))],
    ['comes one byte each 100 ms', dribbles('H', whole(closed).slice(1))],
    ['has a head, and a body of one byte each 100 ms', dribbles(head('Content-Length: 100'), ' ')],
  ])('where it %s', async (_, write) => {
    const { check, clock, asked } = await wireTo(write);
    const outcome = check();
    for (const attempt of [1, 2]) {
      await until(() => asked() === attempt);
      for (let step = 0; step < 4; step += 1) {
        for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        clock.advance(100);
      }
    }
    const { decision, checkedAt } = await outcome;
    expect([decision, checkedAt]).toEqual([{ verdict: 'unknown', reason: 'deadline_exceeded' }, NOW + 800]);
  });
});

it.each([301, 302, 303, 307, 308])('a redirect with %i is not followed, and the key stays', async (status) => {
  let others = 0;
  const port = await listen((socket) => {
    others += 1;
    socket.end(whole(closed));
  });
  const lines = [`Location: http://127.0.0.1:${port}/`, 'Content-Length: 0', 'Connection: close'];
  const { check } = await wireTo(ends(`HTTP/1.1 ${status} Moved\r\n${lines.join('\r\n')}\r\n\r\n`));
  expect((await check()).decision).toEqual({ verdict: 'unknown', reason: 'lookup_failed' });
  expect(others).toBe(0);
});

it.each([
  ['two dates', ['Date: Mon, 05 Jan 2026 09:00:00 GMT', 'Date: Tue, 06 Jan 2026 09:00:00 GMT']],
  ['two ages', ['Date: Mon, 05 Jan 2026 09:00:00 GMT', 'Age: 1', 'Age: 100000']],
])('%s move no clock: a window that is open for an hour is', async (_, lines) => {
  const body = JSON.stringify({ serviceWindowExpireAt: '2026-01-05T10:00:00Z' });
  const { check } = await wireTo(ends(whole(body, ...lines)));
  expect((await check()).decision).toMatchObject({ verdict: 'allow', reason: 'service_window_open' });
});

it('an answer with any bytes changed, lost or added denies nothing that it does not say', async () => {
  let bytes = Buffer.alloc(0);
  const { check, clock } = await wireTo((socket) => void socket.end(bytes));
  const good = Buffer.from(whole(closed, 'Date: Mon, 05 Jan 2026 09:00:00 GMT'));
  const odd = fc.uint8Array({ minLength: 1, maxLength: 3 });
  const change = fc.tuple(fc.nat(good.length - 1), fc.constantFrom('change', 'lose', 'add', 'cut'), odd);
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 3 }), async (changes) => {
      bytes = changes.reduce((before, [at, kind, added]) => {
        const rest = kind === 'cut' ? [] : [before.subarray(kind === 'add' ? at : at + added.length)];
        const instead = kind === 'lose' || kind === 'cut' ? [] : [added];
        return Buffer.concat([before.subarray(0, at), ...instead, ...rest]);
      }, good);
      clock.advance(60_000);
      const { decision } = await check();
      const saysClosed = bytes.includes('"serviceWindowExpireAt":null');
      expect(decision.verdict === 'unknown' || (decision.verdict === 'deny' && saysClosed)).toBe(true);
    }),
    { numRuns: 60 },
  );
});
