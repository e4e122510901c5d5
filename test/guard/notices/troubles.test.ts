import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { format } from 'node:util';
import { createGuard, type Logger, type WorkspaceOptions } from 'freeform-guard';
import type { Fault } from 'freeform-guard/sandbox';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Troubles } from '../../../src/guard/notices/troubles.js';
import { createClock, type SandboxClock } from '../../../src/sandbox/clock.js';
import { keepSecret } from '../../support/canary.js';
import { createWorld, type LogLine, recordingLogger, type World } from '../../support/world.js';
import { DAY, HOUR, MINUTE, SECOND, turns } from '../support.js';

const told = (lines: readonly LogLine[]): LogLine[] => lines.filter(({ level }) => level !== 'debug');

/** One send, and time for the next to have a read. */
async function check(world: World): Promise<string> {
  const { decision } = await world.guard.check(world.send());
  world.sandbox.clock.advance(100);
  return decision.reason;
}

/** One send that nothing but its deadline ends. */
async function checkToTheEnd(world: World): Promise<string> {
  const outcome = world.guard.check(world.send());
  let isOver = false;
  void outcome.then(() => {
    isOver = true;
  });
  while (!isOver) {
    await turns();
    world.sandbox.clock.advance(50);
  }
  return (await outcome).decision.reason;
}

async function closedPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

type KeyFunction = Extract<WorkspaceOptions['accessKey'], () => unknown>;

describe('an accessKey function (field C1)', () => {
  const secret = 'canary of the secrets manager';
  const kinds: readonly (readonly [how: string, problem: string, give: () => unknown, reason: string])[] = [
    [
      'throws',
      'failed',
      () => {
        throw new Error(secret);
      },
      'lookup_failed',
    ],
    ['rejects', 'failed', () => Promise.reject(new Error(secret)), 'lookup_failed'],
    ['hangs', 'took too long', () => new Promise(() => {}), 'deadline_exceeded'],
    ['gives nothing', 'returned undefined', () => undefined, 'lookup_failed'],
    ['gives an empty text', 'returned an empty string', () => '', 'lookup_failed'],
    ['gives an object', 'returned an object', () => ({ key: secret }), 'lookup_failed'],
    ['gives a text with a space', 'returned a string that is not a key', () => secret, 'lookup_failed'],
    ['gives a text with a line break', 'returned a string that is not a key', () => 'canary\r\nx: y', 'lookup_failed'],
  ];

  it.each(kinds)(
    'that %s is told once, asks nothing of Bird, and is told again when it works',
    async (_, problem, give, reason) => {
      keepSecret(secret);
      let isBroken = true;
      const accessKey = (): unknown => (isBroken ? give() : world.workspace.accessKey);
      const world = await createWorld({ workspace: { accessKey: accessKey as KeyFunction } });
      world.customerWrites();
      const ask = reason === 'deadline_exceeded' ? checkToTheEnd : check;
      for (let sends = 0; sends < 30; sends += 1) expect(await ask(world)).toMatch(/lookup_failed|deadline_exceeded/);
      expect(world.sandbox.requests()).toEqual([]);
      const ids = { workspaceId: world.workspace.id, cause: 'access_key_missing' };
      expect(told(world.logs)).toMatchObject([
        { level: 'warn', fields: { ...ids, reason, problem: expect.stringContaining(problem) } },
      ]);
      isBroken = false;
      world.sandbox.clock.advance(2 * SECOND);
      expect(await check(world)).toBe('service_window_open');
      expect(told(world.logs).slice(1)).toMatchObject([
        { level: 'info', fields: ids, text: expect.stringContaining('again') },
      ]);
    },
  );
});

describe('what keeps Bird from answering is told once (field C1) [U7, U8, U9, U20]', () => {
  const faults: readonly (readonly [what: string, cause: string, fault: Fault, reason: string])[] = [
    ['a connection that breaks', 'no_connection', { reset: true }, 'lookup_failed'],
    ['status 500', 'error_status', { status: 500 }, 'lookup_failed'],
    ['status 503', 'error_status', { status: 503 }, 'lookup_failed'],
    ['status 418', 'error_status', { status: 418 }, 'lookup_failed'],
    ['a redirect', 'error_status', { redirect: 'http://127.0.0.1:1/' }, 'lookup_failed'],
    ['status 429', 'throttled', { status: 429 }, 'lookup_failed'],
    ['a refused key', 'access_denied', { status: 401 }, 'access_denied'],
    ['a key without permission', 'access_denied', { status: 403 }, 'access_denied'],
    ['no JSON', 'malformed_answer', { status: 200, body: '<html>' }, 'malformed_answer'],
    ['silence', 'no_answer', { stall: 'headers' }, 'deadline_exceeded'],
  ];

  it.each(faults)('%s: %s', async (_, cause, fault, reason) => {
    const world = await createWorld();
    world.customerWrites();
    world.sandbox.setFault(() => fault);
    const ask = reason === 'deadline_exceeded' ? checkToTheEnd : check;
    for (let sends = 0; sends < 30; sends += 1) await ask(world);
    const ids = { workspaceId: world.workspace.id, cause };
    expect(told(world.logs)).toMatchObject([
      { level: 'warn', fields: { ...ids, channelId: world.channel.id, reason } },
    ]);
    world.sandbox.setFault(() => undefined);
    world.sandbox.clock.advance(31 * SECOND);
    expect(await check(world)).toBe('service_window_open');
    expect(told(world.logs).slice(1)).toMatchObject([{ level: 'info', fields: ids }]);
  });

  it('a port where nobody listens, with the word that the system has for it', async () => {
    const world = await createWorld({ workspace: { baseUrl: await closedPort() } });
    for (let sends = 0; sends < 500; sends += 1) expect(await check(world)).toBe('lookup_failed');
    expect(told(world.logs)).toMatchObject([
      { level: 'warn', fields: { cause: 'no_connection', problem: expect.stringContaining('ECONNREFUSED') } },
    ]);
  });
});

describe('a trouble (field C1)', () => {
  it('that comes back a week later is told again', async () => {
    const world = await createWorld();
    for (let weeks = 0; weeks < 3; weeks += 1) {
      world.sandbox.setFault(() => ({ status: 503 }));
      await check(world);
      world.sandbox.setFault(() => undefined);
      // So long the older facts of the channel have served on.
      world.sandbox.clock.advance(10 * SECOND);
      await check(world);
      world.sandbox.clock.advance(7 * DAY);
    }
    expect(told(world.logs).map(({ level }) => level)).toEqual(['warn', 'info', 'warn', 'info', 'warn', 'info']);
  });

  it('that nobody saw end is told again when nothing has failed for an hour', async () => {
    const world = await createWorld();
    world.sandbox.setFault(() => ({ status: 503 }));
    await check(world);
    world.sandbox.clock.advance(59 * MINUTE);
    await check(world);
    expect(told(world.logs)).toHaveLength(1);
    world.sandbox.clock.advance(60 * MINUTE);
    await check(world);
    expect(told(world.logs).map(({ level }) => level)).toEqual(['warn', 'warn']);
  });

  it('that comes and goes each second is told a few times in an hour', async () => {
    const world = await createWorld();
    for (let seconds = 0; seconds < 900; seconds += 1) {
      const isBroken = seconds % 2 === 0;
      world.sandbox.setFault(() => (isBroken ? { status: 503 } : undefined));
      await check(world);
      world.sandbox.clock.advance(4 * SECOND);
    }
    const levels = told(world.logs).map(({ level }) => level);
    expect(levels.filter((level) => level === 'warn').length).toBeLessThanOrEqual(7);
    expect(levels.length).toBeLessThanOrEqual(14);
  });

  it('with contacts alone is not over because channels can be read', async () => {
    const world = await createWorld();
    world.customerWrites();
    world.sandbox.setFault(({ kind }) => (kind === 'contact' ? { status: 500 } : undefined));
    await check(world);
    world.sandbox.clock.advance(11 * MINUTE);
    await check(world);
    expect(told(world.logs).map(({ level }) => level)).toEqual(['warn']);
  });

  it('is over when Bird answers anything, that it knows no such contact for instance', async () => {
    const world = await createWorld();
    const stranger = { contact: { identifierKey: 'phonenumber', identifierValue: '+31687654321' } };
    world.sandbox.setFault(({ kind }) => (kind === 'search' ? { status: 500 } : undefined));
    await world.guard.check(world.send(stranger));
    world.sandbox.setFault(() => undefined);
    expect((await world.guard.check(world.send(stranger))).decision.reason).toBe('contact_not_found');
    expect(told(world.logs).map(({ level }) => level)).toEqual(['warn', 'info']);
  });

  it('is told to its end also where the logger has no info', async () => {
    const lines: LogLine[] = [];
    const { warn, error } = recordingLogger(lines);
    const world = await createWorld({ guard: { logger: { warn, error } } });
    world.sandbox.setFault(() => ({ status: 503 }));
    await check(world);
    world.sandbox.setFault(() => undefined);
    await check(world);
    expect(lines.map(({ level }) => level)).toEqual(['warn', 'warn']);
  });

  it('of one workspace says nothing of another', async () => {
    const world = await createWorld();
    const other = world.sandbox.addWorkspace();
    keepSecret(other.accessKey);
    const options = { accessKey: 'a-key-that-was-revoked', baseUrl: world.sandbox.url };
    world.guard.reload({ [world.workspace.id]: world.workspaceOptions, [other.id]: options });
    await world.guard.check(world.send({ workspaceId: other.id }));
    await check(world);
    expect(told(world.logs)).toMatchObject([{ level: 'warn', fields: { workspaceId: other.id } }]);
  });
});

describe('ids that strangers write (field D3)', () => {
  it('cannot silence a refused key, nor fill the log', async () => {
    const world = await createWorld();
    const id = (index: number): string => `11111111-1111-4111-8111-${String(index).padStart(12, '0')}`;
    for (let index = 0; index < 1_500; index += 1) await world.guard.check(world.send({ workspaceId: id(index) }));
    expect(told(world.logs)).toHaveLength(1_001);
    expect(world.logs.at(-1)).toMatchObject({ level: 'warn', fields: { kind: 'workspace_unknown' } });
    world.workspace.revokeKey();
    await check(world);
    expect(told(world.logs).slice(1_001)).toMatchObject([{ level: 'warn', fields: { cause: 'access_denied' } }]);
    world.sandbox.clock.advance(60 * MINUTE);
    await world.guard.check(world.send({ workspaceId: id(1_500) }));
    expect(told(world.logs)).toHaveLength(1_003);
  });

  it('of channels that Bird does not know are each told once [U18]', async () => {
    const world = await createWorld();
    const channels = ['1', '2', '1', '2'].map((digit) => `1111111${digit}-1111-4111-8111-111111111111`);
    for (const channelId of channels) await world.guard.check(world.send({ channelId }));
    expect(told(world.logs).map(({ fields }) => fields.channelId)).toEqual(channels.slice(0, 2));
  });
});

describe('what Bird says goes into one log line', () => {
  it.each(['status', 'platformId'] as const)('as a field, cut short, where its %s is hostile [S12]', async (field) => {
    const hostile = `x\r\n[freeform-guard] forged line\u001b[31m${'y'.repeat(1_000)}`;
    const world = await createWorld();
    world.workspace.setChannel(world.channel.id, { [field]: hostile });
    const calls: string[] = [];
    const print = vi.spyOn(console, 'warn').mockImplementation((...args) => void calls.push(format(...args)));
    onTestFinished(() => print.mockRestore());
    const { workspaceOptions, workspace, sandbox } = world;
    const guard = createGuard({ workspaces: { [workspace.id]: workspaceOptions }, clock: sandbox.clock });
    for (let sends = 0; sends < 3; sends += 1) await guard.check(world.send());
    await world.guard.check(world.send());
    expect(world.logs.map(({ fields }) => fields[field])).toEqual([hostile.slice(0, 40)]);
    expect(world.logs[0]?.text).not.toContain('forged');
    expect(calls.length).toBe(1);
    expect(calls[0]?.match(/^\[freeform-guard\]/gm)).toHaveLength(1);
    for (const character of ['\r', '\u001b']) expect(calls[0]).not.toContain(character);
    expect(calls[0]?.length).toBeLessThan(400);
  });
});

describe('a logger (field D4)', () => {
  it('that answers with promises that reject ends nothing', async () => {
    const rejecting = async (): Promise<never> => {
      throw new Error('disk full');
    };
    const logger = { debug: rejecting, info: rejecting, warn: rejecting, error: rejecting } as unknown as Logger;
    const world = await createWorld({ guard: { logger } });
    world.workspace.revokeKey();
    // An unhandled rejection would fail the test run.
    expect(await check(world)).toBe('access_denied');
    await turns();
  });
});

describe('a trouble that comes and goes', () => {
  const failure = { cause: 'cause', part: 'part', fields: { a: 1 }, text: 'begins', overText: 'is over' };
  const setUp = (hasInfo = true): { troubles: Troubles; clock: SandboxClock; lines: LogLine[]; tell(): boolean } => {
    const lines: LogLine[] = [];
    const clock = createClock(1000 * DAY);
    const { info, ...rest } = recordingLogger(lines);
    const troubles = new Troubles({ clock, logger: hasInfo ? { ...rest, info } : rest }, { id: 'one' });
    /** Lets it begin and end, and says whether it was told. */
    const tell = (): boolean => {
      const before = lines.length;
      troubles.failed(failure);
      troubles.worked('part');
      return lines.length > before;
    };
    return { troubles, clock, lines, tell };
  };

  it('is told with how often it failed and how long it lasted', () => {
    const { troubles, clock, lines } = setUp();
    troubles.failed(failure);
    clock.advance(SECOND);
    troubles.failed(failure);
    expect(troubles.isOpen('cause')).toBe(true);
    clock.advance(SECOND);
    troubles.worked('part');
    expect(troubles.isOpen('cause')).toBe(false);
    expect(lines).toEqual([
      { level: 'warn', fields: { id: 'one', cause: 'cause', a: 1 }, text: 'begins' },
      { level: 'info', fields: { id: 'one', cause: 'cause', failures: 2, lastedMs: 2 * SECOND }, text: 'is over' },
    ]);
  });

  it('is over in a warning where the logger has no info', () => {
    const { lines, tell } = setUp(false);
    tell();
    expect(lines.map(({ level, text }) => [level, text])).toEqual([
      ['warn', 'begins'],
      ['warn', 'is over'],
    ]);
  });

  it('is not told within a minute, and neither is its end', () => {
    const { clock, tell } = setUp();
    expect([tell(), tell()]).toEqual([true, false]);
    clock.advance(MINUTE - 1);
    expect(tell()).toBe(false);
    clock.advance(1);
    expect(tell()).toBe(true);
  });

  it('that lasts is told once its rest is over, as of its beginning', () => {
    const { troubles, clock, lines, tell } = setUp();
    tell();
    troubles.failed(failure);
    clock.advance(MINUTE);
    troubles.failed(failure);
    troubles.worked('part');
    expect(lines.slice(2)).toMatchObject([{ text: 'begins' }, { fields: { failures: 2, lastedMs: MINUTE } }]);
  });

  it('rests twice as long each time it comes again soon, and an hour at most', () => {
    const { clock, tell } = setUp();
    tell();
    for (const minutes of [1, 2, 4, 8, 16, 32, 60, 60, 60]) {
      clock.advance(minutes * MINUTE - 1);
      expect([minutes, tell()]).toEqual([minutes, false]);
      clock.advance(1);
      expect([minutes, tell()]).toEqual([minutes, true]);
    }
  });

  it.each([
    ['before twice its rest has passed, and so rests longer', 2 * MINUTE - 1, false],
    ['after twice its rest, and so rests a minute again', 2 * MINUTE, true],
  ])('comes %s', (_, afterMs, isTold) => {
    const { clock, tell } = setUp();
    tell();
    clock.advance(afterMs);
    expect(tell()).toBe(true);
    clock.advance(MINUTE);
    expect(tell()).toBe(isTold);
  });

  it.each([
    ['goes on', HOUR - 1, 2],
    ['begins anew', HOUR, 1],
  ])('%s where it fails again after so long, though nobody saw it work', (_, afterMs, failures) => {
    const { troubles, clock, lines } = setUp();
    troubles.failed(failure);
    clock.advance(afterMs);
    troubles.failed(failure);
    troubles.worked('part');
    expect(lines.at(-1)).toMatchObject({ text: 'is over', fields: { failures } });
  });

  it('is over once each part works that failed, or any part where parts do not have it by themselves', () => {
    for (const isOfAllParts of [false, true]) {
      const { troubles } = setUp();
      troubles.failed({ ...failure, isOfAllParts });
      troubles.failed({ ...failure, part: 'other', isOfAllParts });
      troubles.worked('part');
      expect(troubles.isOpen('cause')).toBe(!isOfAllParts);
      troubles.worked('other');
      expect(troubles.isOpen('cause')).toBe(false);
    }
  });
});
