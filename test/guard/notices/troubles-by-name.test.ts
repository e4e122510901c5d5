import { describe, expect, it } from 'vitest';
import { LogOnce } from '../../../src/guard/notices/log-once.js';
import { TroublesByName } from '../../../src/guard/notices/troubles-by-name.js';
import { createClock, type SandboxClock } from '../../../src/sandbox/clock.js';
import { type LogLine, recordingLogger } from '../../support/world.js';
import { HOUR } from '../support.js';

interface Setup {
  readonly troubles: TroublesByName;
  readonly clock: SandboxClock;
  readonly lines: readonly LogLine[];
  fail(name: string, kind?: string): void;
  /** The ids of those that were told. */
  told(): readonly unknown[];
}

function setUp(): Setup {
  const lines: LogLine[] = [];
  const clock = createClock(1000 * HOUR);
  const logger = recordingLogger(lines);
  const troubles = new TroublesByName({ clock, logger, logOnce: new LogOnce({ clock, logger }) });
  const failure = { cause: 'cause', part: 'part', fields: {}, text: 'begins', overText: 'is over' };
  const fail = (name: string, kind = 'kind'): void => troubles.failed({ name, kind, ids: { id: name } }, failure);
  const told = (): unknown[] => lines.filter(({ text }) => text === 'begins').map(({ fields }) => fields.id);
  return { troubles, clock, lines, fail, told };
}

describe('the troubles of many things', () => {
  it('begin and end each for itself', () => {
    const { troubles, lines, fail } = setUp();
    for (const name of ['a', 'b', 'a']) fail(name);
    expect([troubles.isOpen('a', 'cause'), troubles.isOpen('b', 'cause')]).toEqual([true, true]);
    expect([troubles.isOpen('a', 'other'), troubles.isOpen('c', 'cause')]).toEqual([false, false]);
    troubles.worked('a', 'part');
    troubles.worked('c', 'part');
    expect([troubles.isOpen('a', 'cause'), troubles.isOpen('b', 'cause')]).toEqual([false, true]);
    expect(lines).toMatchObject([
      { text: 'begins', fields: { id: 'a' } },
      { text: 'begins', fields: { id: 'b' } },
      { text: 'is over', fields: { id: 'a', failures: 2 } },
    ]);
  });

  it('begin a thousand times an hour for each kind, however many fail; those of other kinds go on', () => {
    const { troubles, clock, fail, told } = setUp();
    for (let index = 0; index < 1_500; index += 1) fail(`stranger ${index}`);
    expect(told()).toHaveLength(1_000);
    expect(troubles.isOpen('stranger 1499', 'cause')).toBe(false);
    fail('other', 'other kind');
    expect(told().at(-1)).toBe('other');
    clock.advance(HOUR);
    fail('stranger 1499');
    expect(told().at(-1)).toBe('stranger 1499');
  });

  it('use up one line each, however often they fail', () => {
    const { fail, told } = setUp();
    for (let count = 0; count < 1_500; count += 1) fail('a');
    fail('b');
    expect(told()).toEqual(['a', 'b']);
  });
});
