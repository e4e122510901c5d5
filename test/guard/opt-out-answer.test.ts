import { describe, expect, it } from 'vitest';
import type { SendRequest } from '../../src/bird/send/send-request.js';
import type { Hook, HookFailure } from '../../src/core/hook.js';
import { LookupError } from '../../src/errors.js';
import type { Case } from '../../src/guard/case.js';
import type { HookTroubles } from '../../src/guard/notices/hook-troubles.js';
import { type OptOutAnswer, optOutOf, withOptOut } from '../../src/guard/opt-out.js';
import type { SourcedDecision } from '../../src/guard/outcome.js';
import { type PolicyOptions, resolvePolicy } from '../../src/guard/workspaces/policy.js';
import { whatsapp } from './fake-workspace.js';

const send: SendRequest = { workspaceId: 'workspace', channelId: 'channel' };
const never = { now: () => 0, setTimeout: () => 0, clearTimeout: () => {} };

/** What the application's answer makes of a send, and what is said of its hook. */
async function ask(isOptedOut: unknown, { kind = 'freeform', ...options }: PolicyOptions & { kind?: string } = {}) {
  const said: (Hook & Partial<HookFailure>)[] = [];
  const hooks = {
    worked: (hook: Hook) => said.push(hook),
    failed: (hook: Hook, failure: HookFailure) => said.push({ ...hook, ...failure }),
  } as unknown as HookTroubles;
  const workspace = { ownerOfPolicy: () => ({ workspaceId: 'workspace', channelId: 'own policy' }) };
  const policy = resolvePolicy({ ...options, isOptedOut: isOptedOut as never });
  const found = { parsed: { kind }, workspace, policy } as unknown as Case;
  return { answer: await optOutOf(found, send, { clock: never as never, hooks }), said };
}

describe('the application, asked whether a contact has opted out', () => {
  it.each([true, false, Promise.resolve(true), Promise.resolve(false)])('answers %o', async (given) => {
    const { answer, said } = await ask(() => given);
    expect(answer).toBe(await given);
    expect(said).toEqual([{ name: 'isOptedOut', workspaceId: 'workspace', part: 'own policy' }]);
  });

  it.each<[string, () => unknown, OptOutAnswer, string]>([
    ['gives no boolean', () => 'yes', 'lookup_failed', 'hook_answer'],
    ['gives a promise of no boolean', async () => undefined, 'lookup_failed', 'hook_answer'],
    [
      'throws',
      () => {
        throw new TypeError('a bug');
      },
      'lookup_failed',
      'hook_failed',
    ],
    ['rejects', () => Promise.reject(new Error('down')), 'lookup_failed', 'hook_failed'],
    [
      'rejects with another code',
      () => Promise.reject(new LookupError('access_denied', 'no')),
      'lookup_failed',
      'hook_failed',
    ],
    [
      'takes too long',
      () => Promise.reject(new LookupError('deadline_exceeded', 'late')),
      'deadline_exceeded',
      'hook_failed',
    ],
  ])('%s, and does not know', async (_, hook, expected, cause) => {
    const { answer, said } = await ask(hook);
    expect(answer).toBe(expected);
    expect(said).toMatchObject([{ name: 'isOptedOut', cause }]);
  });

  it.each<[string, Parameters<typeof ask>[1]]>([
    ['about a template', { kind: 'template' }],
    ['about a conversation that is not found yet', { kind: 'conversation', optedOutBlocksTemplates: true }],
    ['in mode off', { mode: 'off' }],
  ])('is not asked %s', async (_, how) => {
    const { answer, said } = await ask(() => true, how);
    expect([answer, said]).toEqual([undefined, []]);
  });

  it('is asked about a template where an opt-out blocks templates, and never in a workspace that nobody knows', async () => {
    expect((await ask(() => true, { kind: 'template', optedOutBlocksTemplates: true })).answer).toBe(true);
    const policy = resolvePolicy({ isOptedOut: () => true });
    const found = { parsed: { kind: 'freeform' }, workspace: 'unknown', policy } as unknown as Case;
    expect(optOutOf(found, send, { clock: never as never, hooks: {} as never })).toBeUndefined();
  });
});

describe('an answer about an opt-out', () => {
  const sourced = (decision: object): SourcedDecision =>
    ({ decision, source: 'bird', channel: whatsapp }) as SourcedDecision;
  const allow = sourced({ verdict: 'allow', reason: 'service_window_open', validUntil: 5 });
  const closed = sourced({ verdict: 'deny', reason: 'service_window_closed', closedAt: 5 });
  const unknown = sourced({ verdict: 'unknown', reason: 'window_unknown' });
  const off = ['channel_inactive', 'outgoing_unavailable'].map((reason) => sourced({ verdict: 'deny', reason }));

  it.each([undefined, false])('%o changes nothing', (answer) => {
    for (const one of [allow, closed, unknown]) expect(withOptOut(one, answer)).toBe(one);
  });

  it('that says so denies whatever else is decided', () => {
    for (const one of [allow, closed, unknown]) {
      expect(withOptOut(one, true)).toEqual({
        decision: { verdict: 'deny', reason: 'opted_out', closedAt: null },
        source: 'none',
        channel: whatsapp,
      });
    }
  });

  it('that says so hides no channel that cannot send', () => {
    for (const one of off) expect(withOptOut(one, true)).toBe(one);
  });

  it.each(['lookup_failed', 'deadline_exceeded'] as const)(
    '%s allows nothing, and changes no other decision',
    (answer) => {
      expect(withOptOut(allow, answer)).toEqual({
        decision: { verdict: 'unknown', reason: answer },
        source: 'none',
        channel: whatsapp,
      });
      for (const one of [closed, unknown, ...off]) expect(withOptOut(one, answer)).toBe(one);
    },
  );
});
