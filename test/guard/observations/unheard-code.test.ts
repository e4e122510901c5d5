import { describe, expect, it } from 'vitest';
import { LogOnce } from '../../../src/guard/notices/log-once.js';
import { tellUnheard } from '../../../src/guard/observations/unheard-code.js';
import { createClock } from '../../../src/sandbox/clock.js';
import { type LogLine, recordingLogger } from '../../support/world.js';

function warningsOf(...codes: readonly unknown[]): readonly LogLine[] {
  const lines: LogLine[] = [];
  const logOnce = new LogOnce({ clock: createClock(0), logger: recordingLogger(lines) });
  for (const code of codes) tellUnheard(code, logOnce);
  return lines;
}

const missing = (received: string): object => ({
  level: 'warn',
  fields: { field: 'code' },
  text: expect.stringContaining(`code must be the provider's code, a string or a number; received ${received}`),
});
const unknown = { level: 'warn', fields: { field: 'code' }, text: expect.stringContaining('none that speaks of') };

describe('a code of a refusal that changes nothing', () => {
  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['', 'an empty string'],
    [' \n', 'a string'],
    [{}, 'an object'],
    [['131047'], 'an array'],
    [true, 'a boolean'],
  ])('is missing where it is %j', (code, received) => {
    expect(warningsOf(code)).toEqual([missing(received)]);
  });

  it.each(['131026', 131_026, 0, Number.NaN, 'Undeliverable'])('is unknown where it is %j', (code) => {
    expect(warningsOf(code)).toEqual([unknown]);
  });

  it('is told once as missing and once as unknown, with the codes that are known', () => {
    const lines = warningsOf('131026', '', undefined, '470000', 5);
    expect(lines).toEqual([unknown, missing('an empty string')]);
    for (const { text } of lines) expect(text).toContain('131047');
  });

  it('is not shown: words of the provider may stand there', () => {
    expect(JSON.stringify(warningsOf('Not delivered to +31612345678'))).not.toContain('31612345678');
  });
});
