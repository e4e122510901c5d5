import type { ReportedError } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import type { ParsedSend } from '../../../src/bird/send/parsed-send.js';
import type { Decision } from '../../../src/core/types.js';
import { LookupError } from '../../../src/errors.js';
import { LogOnce } from '../../../src/guard/notices/log-once.js';
import { Notices } from '../../../src/guard/notices/notices.js';
import type { Workspace } from '../../../src/guard/workspaces/workspace.js';
import { createClock } from '../../../src/sandbox/clock.js';
import { keepSecret } from '../../support/canary.js';
import { type LogLine, recordingLogger } from '../../support/world.js';

const workspaceId = 'aaaaaaaa-1111-4111-8111-111111111111';
const channelId = 'bbbbbbbb-2222-4222-8222-222222222222';
const ids = { workspaceId, channelId };
const SECRET = 'canary-of-the-defect';

const setUp = (): { notices: Notices; lines: LogLine[]; reported: ReportedError[] } => {
  keepSecret(SECRET);
  const lines: LogLine[] = [];
  const reported: ReportedError[] = [];
  const logger = recordingLogger(lines);
  const logOnce = new LogOnce({ clock: createClock(0), logger });
  return { notices: new Notices({ logger, logOnce, reportError: (one) => void reported.push(one) }), lines, reported };
};

describe('a send that could not be decided', () => {
  it('has the reason of the lookup that failed, which only debug shows', () => {
    const { notices, lines, reported } = setUp();
    expect(notices.failure(new LookupError('deadline_exceeded', 'too late'), ids)).toBe('deadline_exceeded');
    const fields = { ...ids, reason: 'deadline_exceeded', problem: 'too late' };
    expect(lines).toEqual([{ level: 'debug', fields, text: 'A lookup failed' }]);
    expect(reported).toEqual([]);
  });

  it('is warned of once for each channel that Bird does not know', () => {
    const { notices, lines } = setUp();
    const error = new LookupError('channel_not_found', 'no such channel');
    for (const channel of [channelId, channelId, workspaceId]) {
      expect(notices.failure(error, { workspaceId, channelId: channel })).toBe('channel_not_found');
    }
    const warnings = lines.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ fields }) => fields.channelId)).toEqual([channelId, workspaceId]);
    expect(warnings[0]?.text).toContain('are channelId and workspaceId right?');
  });

  it.each([
    [new RangeError(SECRET), 'RangeError'],
    [SECRET, 'string'],
    [undefined, 'undefined'],
  ])('for a defect of the guard is an error with its kind alone, and is reported: %#', (error, kind) => {
    const { notices, lines, reported } = setUp();
    expect(notices.failure(error, ids)).toBe('lookup_failed');
    expect(lines).toEqual([
      { level: 'error', fields: { ...ids, error: kind }, text: 'The guard itself failed, so the send is unknown' },
    ]);
    expect(reported).toEqual([{ source: 'guard', workspaceId, error }]);
  });

  it.each([
    ['unclassified_message', undefined, 1],
    ['unclassified_message', true, 0],
    ['bad_id', undefined, 0],
  ] as const)('for %s (told already: %s) is warned of %i times', (reason, isTold, count) => {
    const { notices, lines } = setUp();
    const send = { kind: 'undecidable', reason, isTold } as never;
    expect([notices.undecidable(send), notices.undecidable(send)]).toEqual([reason, reason]);
    expect(lines).toHaveLength(count);
    if (count > 0)
      expect(lines).toMatchObject([
        { level: 'warn', fields: { reason }, text: expect.stringContaining('body parsed') },
      ]);
  });

  it('for a workspace without options is warned of once for each, unless that was logged', () => {
    const { notices, lines } = setUp();
    for (const [id, isFailing] of [
      [workspaceId, false],
      [workspaceId, false],
      [channelId, true],
    ] as const) {
      expect(notices.unknownWorkspace(id, isFailing)).toBe('workspace_unknown');
    }
    expect(lines).toMatchObject([{ level: 'warn', fields: { workspaceId, reason: 'workspace_unknown' } }]);
  });
});

describe('what is wrong with a send', () => {
  const freeform = { kind: 'freeform', ...ids } as unknown as ParsedSend;
  const undecidable = { kind: 'undecidable', ...ids } as unknown as ParsedSend;
  const unreadable = { ...freeform, sendAt: 'unreadable' } as unknown as ParsedSend;
  const nameless = { ...ids, contact: {} };

  it.each([
    ['a contact that names nobody', nameless, undecidable, 'address_unresolved', ['contact']],
    ['an id that is none', { workspaceId: 'main' }, undecidable, 'bad_id', ['workspaceId']],
    ['a time that is none', { sendAt: 'soon' }, unreadable, 'send_time_unreadable', ['sendAt']],
    ['a sender that means nothing', { sender: 'bot' }, freeform, 'service_window_open', ['sender']],
    ['a sender, where the send is not understood', { sender: 'bot' }, undecidable, 'unclassified_message', []],
    ['a sender that is null', { sender: null }, freeform, 'service_window_open', []],
    ['a contact, where it did not decide', nameless, freeform, 'service_window_open', []],
    ['a time that can be read', { sendAt: 5 }, { ...freeform, sendAt: 5 }, 'service_window_open', []],
  ])('is warned of by its field, once: %s', (_, send, parsed, reason, fields) => {
    const { notices, lines } = setUp();
    for (let count = 0; count < 2; count += 1) {
      notices.decided(send, parsed as ParsedSend, { reason } as unknown as Decision);
    }
    expect(lines.map((line) => [line.level, line.fields])).toEqual(fields.map((field) => ['warn', { field, reason }]));
  });
});

describe('what somebody should look at in a channel', () => {
  const tell = (facts: object | undefined, named: object = ids): LogLine[] => {
    const { notices, lines } = setUp();
    const workspace = { channels: { recall: (id: string) => (id === channelId ? facts : undefined) } };
    for (let count = 0; count < 2; count += 1) notices.channel(named as never, workspace as unknown as Workspace);
    return lines;
  };

  it.each([
    ['is known', { platformId: 'whatsapp', status: 'active' }, ids],
    ['has no status', { platformId: 'whatsapp', status: undefined }, ids],
    ['has not been read', undefined, ids],
    ['is not named', { platformId: 'pigeons', status: 'active' }, { workspaceId }],
  ])('is nothing where it %s', (_, facts, named) => {
    expect(tell(facts, named)).toEqual([]);
  });

  it.each([
    ['platform', { platformId: 'pigeons', status: 'active' }, { platformId: 'pigeons' }],
    ['status', { platformId: 'whatsapp', status: 'napping' }, { status: 'napping' }],
    ['long platform', { platformId: 'p'.repeat(50), status: 'active' }, { platformId: 'p'.repeat(40) }],
    ['long status', { platformId: 'whatsapp', status: 's'.repeat(50) }, { status: 's'.repeat(40) }],
  ])('is a %s that nobody knows, at most 40 characters of it, once', (_, facts, shown) => {
    expect(tell(facts)).toEqual([{ level: 'warn', fields: { ...ids, ...shown }, text: expect.any(String) }]);
  });
});
