import type { ReportedError } from 'freeform-guard';
import { expect, it } from 'vitest';
import { LogOnce } from '../../../src/guard/notices/log-once.js';
import { OptionsTroubles } from '../../../src/guard/notices/options-troubles.js';
import { createClock } from '../../../src/sandbox/clock.js';
import { keepSecret } from '../../support/canary.js';
import { type LogLine, recordingLogger } from '../../support/world.js';

const workspaceId = 'aaaaaaaa-1111-4111-8111-111111111111';
const SECRET = 'canary-of-the-options';

const setUp = (): { troubles: OptionsTroubles; lines: LogLine[]; reported: ReportedError[] } => {
  const lines: LogLine[] = [];
  const reported: ReportedError[] = [];
  const clock = createClock(0);
  const logger = recordingLogger(lines);
  const logOnce = new LogOnce({ clock, logger });
  const troubles = new OptionsTroubles({ clock, logger, logOnce, reportError: (one) => void reported.push(one) });
  return { troubles, lines, reported };
};

it('options of a workspace that cannot be obtained are told once, and once when they can be again', () => {
  const { troubles, lines } = setUp();
  for (let count = 0; count < 3; count += 1) troubles.failed(workspaceId, 'returned a number');
  expect([troubles.isOpen(workspaceId), troubles.isOpen('other')]).toEqual([true, false]);
  troubles.worked('other');
  troubles.worked(workspaceId);
  expect(troubles.isOpen(workspaceId)).toBe(false);
  const fields = { workspaceId, cause: 'workspace_options' };
  expect(lines).toEqual([
    { level: 'error', fields: { ...fields, problem: 'returned a number' }, text: expect.stringContaining('options') },
    { level: 'info', fields: { ...fields, failures: 3, lastedMs: 0 }, text: expect.stringContaining('again') },
  ]);
});

it('what the function for options throws is reported, and not logged', () => {
  keepSecret(SECRET);
  const { troubles, lines, reported } = setUp();
  const error = new Error(SECRET);
  expect(troubles.threw(workspaceId, error)).toBe('failed');
  expect(reported).toEqual([{ source: 'hook', hook: 'workspaces', workspaceId, error }]);
  expect(lines).toEqual([]);
});
