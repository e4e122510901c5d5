import fs, { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { type DecisionEvent, type DecisionLog, decisionLog, type ReportedError } from 'freeform-guard';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { recordLetOut } from '../support/canary.js';
import { createSmallWorld } from '../support/service.js';

const event = (at: number): DecisionEvent => ({
  ...{ at, workspaceId: 'w', channelId: 'c', platform: 'whatsapp', verdict: 'allow', reason: 'service_window_open' },
  ...{ action: 'send', mode: 'enforce', source: 'memory', durationMs: 0.1, recipients: 1 },
});

function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'decision-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'decisions.jsonl');
}

function linesOf(text: string): unknown[] {
  expect(text).toMatch(/^$|\n$/);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

const linesIn = (path: string): unknown[] => linesOf(readFileSync(path, 'utf8'));

/** A stream that writes only when it is let, or fails for a while. */
class SlowStream {
  text = '';
  isHeld = false;
  error: Error | undefined;
  readonly #waiting: (() => void)[] = [];

  write(text: string, callback: (error?: Error) => void): void {
    const finish = (): void => {
      if (this.error === undefined) this.text += text;
      callback(this.error);
    };
    if (this.isHeld) this.#waiting.push(finish);
    else finish();
  }

  on(): void {}

  letGo(): void {
    this.isHeld = false;
    for (const finish of this.#waiting.splice(0)) finish();
  }
}

const logTo = (stream: SlowStream): DecisionLog => decisionLog(stream as unknown as Writable);

describe('a decision log', () => {
  it("has each of the guard's events as a line, when the guard is closed", async () => {
    const path = newPath();
    const events: DecisionEvent[] = [];
    const log = decisionLog(path);
    const onDecision = Object.assign(
      (told: DecisionEvent): void => {
        events.push(told);
        log(told);
      },
      { flush: log.flush },
    );
    const world = await createSmallWorld({ guard: { onDecision } });
    await world.guard.checkAll([world.send(), world.send({ contact: {} })]);
    expect(linesIn(path)).toEqual([]);
    await world.guard.close();
    recordLetOut('decision log', readFileSync(path, 'utf8'));
    expect(events).toHaveLength(2);
    expect(linesIn(path)).toEqual(JSON.parse(JSON.stringify(events)));
    await log.close();
  });

  it('writes by itself, soon', async () => {
    const path = newPath();
    const log = decisionLog(path);
    log(event(1));
    log(event(2));
    await expect.poll(() => linesIn(path)).toEqual([event(1), event(2)]);
    log(event(3));
    await expect.poll(() => linesIn(path)).toHaveLength(3);
    await log.close();
  });

  it.each<[string, (path: string) => void]>([
    ['was renamed', (path) => renameSync(path, `${path}.1`)],
    [
      'was renamed, and another one is in its place',
      (path) => {
        renameSync(path, `${path}.1`);
        writeFileSync(path, '');
      },
    ],
    ['was removed', (path) => rmSync(path)],
    ['was emptied in place', (path) => writeFileSync(path, '')],
  ])('goes on in a new file where the old one %s', async (_, rotate) => {
    const path = newPath();
    const log = decisionLog(path);
    log(event(1));
    await log.flush();
    rotate(path);
    log(event(2));
    await log.close();
    expect(linesIn(path)).toEqual([event(2)]);
  });

  it('appends, and ends a line that a killed process has left', async () => {
    const path = newPath();
    writeFileSync(path, `${JSON.stringify(event(1))}\n{"at":17`);
    const log = decisionLog(path);
    log(event(2));
    await log.close();
    const [first, torn, next] = readFileSync(path, 'utf8').split('\n');
    expect([first, torn, next]).toEqual([JSON.stringify(event(1)), '{"at":17', JSON.stringify(event(2))]);
  });

  it('ignores what comes after its close, and leaves a stream open', async () => {
    const path = newPath();
    const log = decisionLog(path);
    await log.close();
    log(event(1));
    await log.flush();
    await log.close();
    expect(linesIn(path)).toEqual([]);
    const stream = new PassThrough();
    const other = decisionLog(stream);
    other(event(1));
    await other.close();
    expect([stream.writable, linesOf(String(stream.read()))]).toEqual([true, [event(1)]]);
  });

  it('keeps 10 000 events for a slow stream, and counts those beyond in a line', async () => {
    const stream = new SlowStream();
    const log = logTo(stream);
    stream.isHeld = true;
    log(event(0));
    const flushed = log.flush();
    for (let at = 1; at <= 10_007; at += 1) log(event(at));
    stream.letGo();
    await flushed;
    const lines = linesOf(stream.text);
    expect(lines).toHaveLength(10_002);
    expect(lines.slice(0, 2)).toEqual([event(0), { at: 10_007, dropped: 7 }]);
    expect(lines.at(-1)).toEqual(event(10_000));
    log(event(10_008));
    await log.close();
    expect(linesOf(stream.text).at(-1)).toEqual(event(10_008));
  });
});

describe('a log that cannot be written', () => {
  it('tells the guard, which says so once and decides on, and counts what is lost', async () => {
    const stream = new SlowStream();
    const log = logTo(stream);
    const reported: ReportedError[] = [];
    const onError = (error: ReportedError): void => void reported.push(error);
    const world = await createSmallWorld({ guard: { onDecision: log, onError } });
    stream.error = new Error('the disk is full');
    await world.guard.check(world.send());
    await expect(log.flush()).rejects.toBe(stream.error);
    for (let turn = 0; turn < 3; turn += 1) expect((await world.guard.check(world.send())).action).toBe('block');
    expect(reported).toEqual(Array(3).fill({ source: 'hook', hook: 'onDecision', error: stream.error }));
    const failures = (): string[] => world.logs.map(({ text }) => text).filter((text) => /hook/i.test(text));
    expect(failures()).toEqual(['Hook threw; the decision stands']);
    stream.error = undefined;
    await world.guard.close();
    await world.guard.check(world.send());
    await log.flush();
    expect(linesOf(stream.text)).toEqual([
      { at: expect.any(Number), dropped: 1 },
      ...Array(4).fill(expect.objectContaining({ mode: 'enforce' })),
    ]);
    expect(failures()).toEqual(['Hook threw; the decision stands', 'Hook works again']);
  });

  it('does not keep a guard from closing, which says that decisions may be lost', async () => {
    const stream = new SlowStream();
    const world = await createSmallWorld({ guard: { onDecision: logTo(stream) } });
    await world.guard.check(world.send());
    stream.error = new Error('the disk is full');
    await world.guard.close();
    expect(world.logs.map(({ text }) => text)).toContain('Hook threw; decisions may be lost');
  });

  it('tries again by itself', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const stream = new SlowStream();
    const log = logTo(stream);
    stream.error = new Error('the disk is full');
    log(event(1));
    await vi.advanceTimersByTimeAsync(100);
    expect(() => log(event(2))).toThrow('the disk is full');
    stream.error = undefined;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(linesOf(stream.text)).toEqual([{ at: 1, dropped: 1 }, event(2)]);
    log(event(3));
  });

  it.each([true, false])('says so each time, of a stream that was destroyed (%s) or not', async (autoDestroy) => {
    const error = new Error('the pipe is closed');
    const stream = new Writable({ autoDestroy, write: (_chunk, _encoding, callback) => callback(error) });
    const log = decisionLog(stream);
    log(event(1));
    await expect(log.flush()).rejects.toBe(error);
    expect(() => log(event(2))).toThrow(error);
    await expect(log.flush()).rejects.toThrow();
  });

  it('keeps no file open for each try while the disk is full', async () => {
    const path = newPath();
    const log = decisionLog(path);
    renameSync(path, `${path}.1`);
    writeFileSync(path, '{"at"');
    const opened = vi.spyOn(fs, 'openSync');
    const closed = vi.spyOn(fs, 'closeSync');
    const full = Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
    const write = vi.spyOn(fs, 'writeSync').mockImplementation(() => {
      throw full;
    });
    onTestFinished(() => void vi.restoreAllMocks());
    log(event(1));
    for (let attempt = 1; attempt <= 3; attempt += 1) await expect(log.flush()).rejects.toBe(full);
    expect([opened.mock.calls.length, closed.mock.calls.length]).toEqual([3, 4]);
    write.mockRestore();
    await log.close();
    expect(readFileSync(path, 'utf8')).toBe('{"at"\n{"at":1,"dropped":1}\n');
  });

  it('goes on where the folder of a rotated file comes back', async () => {
    const path = newPath();
    const log = decisionLog(path);
    renameSync(join(path, '..'), `${join(path, '..')}-away`);
    log(event(1));
    await expect(log.flush()).rejects.toMatchObject({ code: 'ENOENT' });
    renameSync(`${join(path, '..')}-away`, join(path, '..'));
    appendFileSync(path, '{"at"');
    await log.flush();
    await log.close();
    expect(readFileSync(path, 'utf8')).toBe('{"at"\n{"at":1,"dropped":1}\n');
  });
});

describe('a target that cannot be a log throws at once', () => {
  it('a folder that is not there', () => {
    expect(() => decisionLog(join(newPath(), 'decisions.jsonl'))).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^ENO(?:ENT|TDIR)$/) }),
    );
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['', 'a string'],
    [7, 'a number'],
    [{}, 'an object'],
  ])('%j', (target, name) => {
    const message = `decisionLog needs the path of a file or a writable stream; received ${name}`;
    expect(() => decisionLog(target as never)).toThrow(new TypeError(message));
  });
});
