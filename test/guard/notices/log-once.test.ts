import { describe, expect, it } from 'vitest';
import { LogOnce } from '../../../src/guard/notices/log-once.js';
import { createClock, type SandboxClock } from '../../../src/sandbox/clock.js';
import { type LogLine, recordingLogger } from '../../support/world.js';
import { HOUR } from '../support.js';

const setUp = (): { logOnce: LogOnce; clock: SandboxClock; lines: LogLine[] } => {
  const lines: LogLine[] = [];
  const clock = createClock(HOUR * 1000);
  return { logOnce: new LogOnce({ clock, logger: recordingLogger(lines) }), clock, lines };
};
const fill = (logOnce: LogOnce, from: number, count: number): void => {
  for (let index = from; index < from + count; index += 1) logOnce.warn('kind', String(index), {}, 'text');
};
const leftOut = { level: 'warn', fields: { kind: 'kind' }, text: 'More lines of this kind are left out for an hour' };

describe('what is said once', () => {
  it('is said once for each name of a kind, however much later', () => {
    const { logOnce, clock, lines } = setUp();
    for (const [kind, name] of [
      ['a', 'x'],
      ['a', 'x'],
      ['a', 'y'],
      ['b', 'x'],
      ['b', ''],
      ['b', ''],
    ] as const) {
      logOnce.warn(kind, name, { kind, name }, 'text');
      clock.advance(2 * HOUR);
    }
    expect(lines.map(({ level, fields }) => [level, fields.kind, fields.name])).toEqual([
      ['warn', 'a', 'x'],
      ['warn', 'a', 'y'],
      ['warn', 'b', 'x'],
      ['warn', 'b', ''],
    ]);
  });

  it('is at most 1000 lines of a kind in an hour, and one that says so; other kinds go on', () => {
    const { logOnce, lines } = setUp();
    fill(logOnce, 0, 1000);
    expect(lines).toHaveLength(1000);
    fill(logOnce, 1000, 100);
    expect(lines.slice(1000)).toEqual([leftOut]);
    logOnce.warn('other', '0', {}, 'text');
    expect(lines).toHaveLength(1002);
  });

  it('goes on an hour after the first line, also for a name that was left out', () => {
    const { logOnce, clock, lines } = setUp();
    fill(logOnce, 0, 1001);
    clock.advance(HOUR - 1);
    fill(logOnce, 1000, 1);
    expect(lines).toHaveLength(1001);
    clock.advance(1);
    fill(logOnce, 1000, 1000);
    expect(lines).toHaveLength(2001);
    fill(logOnce, 2000, 1);
    expect(lines.at(-1)).toEqual(leftOut);
  });

  it('does not use a line up where it was said before', () => {
    const { logOnce, lines } = setUp();
    for (let count = 0; count < 2000; count += 1) logOnce.warn('kind', 'same', {}, 'text');
    fill(logOnce, 0, 999);
    expect(lines).toHaveLength(1000);
  });
});
