import { describe, expect, it } from 'vitest';
import { LookupError, type LookupTrouble } from '../../../src/errors.js';
import { channelOf, lookupTroubles } from '../../../src/guard/notices/lookup-troubles.js';
import { Troubles } from '../../../src/guard/notices/troubles.js';
import type { QuestionNature } from '../../../src/lookup/reads/decorate.js';
import type { Watcher } from '../../../src/lookup/reads/watched.js';
import { createClock } from '../../../src/sandbox/clock.js';
import { BirdWatch } from '../../../src/telemetry/health.js';
import { type LogLine, recordingLogger } from '../../support/world.js';

const workspaceId = 'aaaaaaaa-1111-4111-8111-111111111111';
const CHANNEL = 'bbbbbbbb-2222-4222-8222-222222222222';
const window: QuestionNature = { kind: 'window', lane: CHANNEL };
const search: QuestionNature = { kind: 'contactId', lane: '' };

const setUp = (): { watcher: Watcher; bird: BirdWatch; lines: LogLine[] } => {
  const lines: LogLine[] = [];
  const clock = createClock(5);
  const bird = new BirdWatch(clock);
  const troubles = new Troubles({ clock, logger: recordingLogger(lines) }, { workspaceId });
  return { watcher: lookupTroubles(troubles, workspaceId, bird), bird, lines };
};
const errorOf = (trouble?: LookupTrouble): LookupError =>
  new LookupError('lookup_failed', 'what is wrong', trouble === undefined ? {} : { trouble });

describe('a read that fails', () => {
  it.each([
    ['access_key_missing', /no access key/, /an access key again/, true],
    ['access_denied', /refuses the access key/, /accepts the access key again/, false],
    ['no_connection', /cannot be reached/, /can be reached again/, true],
    ['no_answer', /does not answer in time/, /in time again/, false],
    ['error_status', /answers with errors/, /without errors again/, false],
    ['throttled', /429.*same workspace/, /accepts reads again/, true],
    ['malformed_answer', /cannot be read/, /can be read again/, false],
  ] as const)('for %s is told with what it means, and when it is over', (trouble, text, overText, isOfAllParts) => {
    const { watcher, bird, lines } = setUp();
    watcher.failed(window, errorOf(trouble));
    watcher.failed(window, errorOf(trouble));
    const fields = {
      workspaceId,
      channelId: CHANNEL,
      cause: trouble,
      reason: 'lookup_failed',
      problem: 'what is wrong',
    };
    expect(lines).toEqual([{ level: 'warn', fields, text: expect.stringMatching(text) }]);
    expect(bird.read()).toMatchObject({ lastFailure: { at: 5, cause: trouble, workspaceId } });
    // What another kind of question gets says something about it only where the trouble does not depend on the question.
    watcher.answered(search);
    expect(lines).toHaveLength(isOfAllParts ? 2 : 1);
    watcher.answered(window);
    const over = { workspaceId, cause: trouble, failures: 2, lastedMs: 0 };
    expect(lines.slice(1)).toEqual([{ level: 'info', fields: over, text: expect.stringMatching(overText) }]);
    expect(bird.read()).toMatchObject({ reachable: true, lastSuccessAt: 5 });
  });

  it('for a reason that is no trouble, such as a contact that Bird does not know, is not told', () => {
    const { watcher, bird, lines } = setUp();
    watcher.failed(window, errorOf());
    expect([lines, bird.read()]).toEqual([[], { reachable: true, lastSuccessAt: null }]);
  });

  it('names no channel where it is about none', () => {
    const { watcher, lines } = setUp();
    watcher.failed(search, errorOf('no_answer'));
    expect(lines[0]?.fields).not.toHaveProperty('channelId');
  });
});

describe('the channel of a question', () => {
  it.each([
    ['channel', CHANNEL],
    ['window', CHANNEL],
    ['contactId', undefined],
    ['conversation', undefined],
    ['identifiers', undefined],
  ] as const)('about a %s is %s', (kind, channelId) => {
    expect(channelOf({ kind, lane: CHANNEL })).toBe(channelId);
  });
});
