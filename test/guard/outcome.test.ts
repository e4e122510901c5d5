import { describe, expect, it } from 'vitest';
import type { SendRequest } from '../../src/bird/send/send-request.js';
import type { Hook, HookFailure } from '../../src/core/hook.js';
import type { ReroutePolicy } from '../../src/core/reroute/policy.js';
import type { Decision } from '../../src/core/types.js';
import { type Case, platformIn, timeOf } from '../../src/guard/case.js';
import type { HookTroubles } from '../../src/guard/notices/hook-troubles.js';
import { outcomeOf, planFor, undecided } from '../../src/guard/outcome.js';
import type { Rerouting } from '../../src/guard/reroute.js';
import { type PolicyOptions, resolvePolicy } from '../../src/guard/workspaces/policy.js';

const send: SendRequest = { workspaceId: 'workspace', channelId: 'channel' };
const allow: Decision = { verdict: 'allow', reason: 'service_window_open', validUntil: 5 };
const deny: Decision = { verdict: 'deny', reason: 'service_window_closed', closedAt: 5 };
const unknown: Decision = { verdict: 'unknown', reason: 'lookup_failed' };
const elsewhere: ReroutePolicy = () => undefined;

const decided = (decision: Decision) => ({ decision, source: 'bird' as const, channel: undefined });

/** A case of a workspace that knows its platform, and that is an hour ahead. */
function caseOf(options: PolicyOptions = {}): Case {
  const workspace = {
    ownerOfPolicy: () => ({ workspaceId: 'workspace', channelId: 'own policy' }),
    channels: { recall: (id: string) => (id === 'channel' ? { platformId: 'whatsapp' } : undefined) },
    now: () => 3_600_000,
  };
  const parsed = { kind: 'freeform', workspaceId: 'workspace', channelId: 'channel' };
  return { parsed, workspace, policy: resolvePolicy(options) } as unknown as Case;
}

/** What was said of hooks. */
class Hooks implements Pick<HookTroubles, 'failed' | 'worked'> {
  readonly failures: (Hook & HookFailure)[] = [];
  readonly successes: Hook[] = [];

  failed(hook: Hook, failure: HookFailure): void {
    this.failures.push({ ...hook, ...failure });
  }

  worked(hook: Hook): void {
    this.successes.push(hook);
  }
}

function plan(decision: Decision, options?: PolicyOptions, hooks = new Hooks()): string {
  return planFor(decided(decision), { found: caseOf(options), send, hooks: hooks as unknown as HookTroubles });
}

describe('what a policy makes of a decision', () => {
  it.each<[string, Decision, PolicyOptions, string]>([
    ['an allowed message', allow, { onClosed: elsewhere, onUnknown: 'block' }, 'send'],
    ['a denied message', deny, {}, 'block'],
    ['a denied message, with a reroute policy', deny, { onClosed: elsewhere }, 'reroute'],
    ['a denied message, with a reroute policy before block', deny, { onClosed: [elsewhere, 'block'] }, 'reroute'],
    ['a denied message, with block alone in a list', deny, { onClosed: ['block'] }, 'block'],
    ['a denied message, with an empty list', deny, { onClosed: [] }, 'block'],
    ['a denied message in mode off', deny, { mode: 'off', onClosed: elsewhere }, 'send'],
    ['a denied message in mode observe', deny, { mode: 'observe', onClosed: elsewhere }, 'reroute'],
    ['what is unknown, by default', unknown, { onClosed: elsewhere }, 'send'],
    ['what is unknown, in mode off', unknown, { mode: 'off', onUnknown: 'block' }, 'send'],
    ['what is unknown, with block', unknown, { onUnknown: 'block', onClosed: elsewhere }, 'block'],
    ['what is unknown, with reroute', unknown, { onUnknown: 'reroute', onClosed: elsewhere }, 'reroute'],
    ['what is unknown, with reroute and no policy', unknown, { onUnknown: 'reroute' }, 'block'],
  ])('%s', (_, decision, options, expected) => {
    expect(plan(decision, options)).toBe(expected);
  });

  it.each(['allow', 'block', 'reroute'] as const)('is what the function onUnknown says: %s', (answer) => {
    const [hooks, asked] = [new Hooks(), [] as unknown[]];
    const onUnknown = (...args: unknown[]): typeof answer => {
      asked.push(...args);
      return answer;
    };
    expect(plan(unknown, { onUnknown, onClosed: elsewhere }, hooks)).toBe(answer === 'allow' ? 'send' : answer);
    expect(asked).toEqual([unknown, send]);
    expect(hooks.successes).toEqual([{ name: 'onUnknown', workspaceId: 'workspace', part: 'own policy' }]);
    expect(hooks.failures).toEqual([]);
  });

  it('is asked of onUnknown also in a workspace that nobody knows', () => {
    const hooks = new Hooks();
    const found = { ...caseOf({ onUnknown: () => 'block' }), workspace: 'unknown' as const };
    expect(planFor(decided(unknown), { found, send, hooks: hooks as unknown as HookTroubles })).toBe('block');
    expect(hooks.successes).toEqual([{ name: 'onUnknown', workspaceId: undefined, part: undefined }]);
  });

  it('is to send where the function onUnknown throws, or gives something else', () => {
    const hooks = new Hooks();
    const error = new Error('down');
    const throwing = (): never => {
      throw error;
    };
    expect(plan(unknown, { onUnknown: throwing }, hooks)).toBe('send');
    expect(plan(unknown, { onUnknown: (() => Promise.reject(error)) as never }, hooks)).toBe('send');
    expect(plan(unknown, { onUnknown: (() => 'deny') as never }, hooks)).toBe('send');
    const fields = { reason: 'lookup_failed' };
    expect(hooks.failures).toMatchObject([
      { name: 'onUnknown', cause: 'hook_failed', fields, error },
      { cause: 'hook_answer', fields, text: expect.stringContaining("'allow', 'block' and 'reroute'") },
      { cause: 'hook_answer', fields },
    ]);
    expect(hooks.successes).toEqual([]);
  });
});

describe('an outcome', () => {
  const context = (options: PolicyOptions) => ({ policy: resolvePolicy(options), platform: 'whatsapp', checkedAt: 7 });
  const sends = [{ message: {} }] as unknown as Rerouting['sends'];
  const rerouting = { sends, sendsValidUntil: 9, changes: ['template'], declined: ['no number'] } as Partial<Rerouting>;

  it('says what was decided, from what, when, and by which policy', () => {
    expect(outcomeOf(decided(deny), 'block', context({ safetyMarginMs: 3, exposeExpiry: false }))).toEqual({
      action: 'block',
      decision: deny,
      mode: 'enforce',
      source: 'bird',
      checkedAt: 7,
      platform: 'whatsapp',
      safetyMarginMs: 3,
      exposeExpiry: false,
    });
  });

  it('has what replaces a message that is rerouted', () => {
    const outcome = outcomeOf(decided(deny), 'reroute', context({}), rerouting);
    expect(outcome).toMatchObject({ action: 'reroute', ...rerouting });
    expect(outcome).not.toHaveProperty('held');
  });

  it('has how to find a message that is held, and nothing to send', () => {
    const held = { reference: 'r' } as unknown as Rerouting['held'];
    const outcome = outcomeOf(decided(deny), 'hold', context({}), { ...rerouting, held });
    expect(outcome).toMatchObject({ action: 'hold', held, changes: ['template'], declined: ['no number'] });
    expect(outcome).not.toHaveProperty('sends');
  });

  it('says of a message that no policy could help why not, and nothing else of rerouting', () => {
    const outcome = outcomeOf(decided(deny), 'block', context({}), rerouting);
    expect(outcome).toMatchObject({ action: 'block', declined: ['no number'] });
    for (const key of ['sends', 'changes', 'held']) expect(outcome).not.toHaveProperty(key);
    expect(outcomeOf(decided(deny), 'block', context({}), {})).not.toHaveProperty('declined');
  });

  it.each(['block', 'reroute', 'hold', 'send'] as const)(
    'in observe mode sends, and says that it would be: %s',
    (action) => {
      const outcome = outcomeOf(decided(deny), action, context({ mode: 'observe' }), rerouting);
      expect(outcome).toMatchObject({ action: 'send', mode: 'observe', wouldBe: action, declined: ['no number'] });
      expect(outcome).not.toHaveProperty('sends');
      expect(outcomeOf(decided(deny), action, context({ mode: 'observe' }))).toMatchObject({ wouldBe: action });
    },
  );

  it('in mode off is to send, and nothing else', () => {
    const outcome = outcomeOf(undecided('lookup_failed'), 'send', context({ mode: 'off' }), rerouting);
    const decision = { verdict: 'unknown', reason: 'lookup_failed' };
    expect(outcome).toMatchObject({ action: 'send', mode: 'off', source: 'none', decision });
    expect(outcome).not.toHaveProperty('declined');
    expect(outcome).not.toHaveProperty('wouldBe');
  });

  it('has nothing from a polluted prototype of what was rerouted', () => {
    const polluted = Object.create({ declined: ['polluted'], sends });
    expect(outcomeOf(decided(deny), 'reroute', context({}), polluted)).not.toMatchObject({ declined: ['polluted'] });
  });
});

describe('what a case knows beside its send', () => {
  const clock = { now: () => 1 } as never;
  const unknownWorkspace = { ...caseOf(), workspace: 'unknown' as const };

  it('is the time as Bird has it; the local one of a workspace that nobody knows', () => {
    expect(timeOf(caseOf(), clock)).toBe(3_600_000);
    expect(timeOf(unknownWorkspace, clock)).toBe(1);
  });

  it('is the platform of the facts at hand, or of those that are remembered', () => {
    const atHand = { platformId: 'instagram', status: undefined, capabilities: undefined };
    expect(platformIn(caseOf(), atHand)).toBe('instagram');
    expect(platformIn(caseOf(), undefined)).toBe('whatsapp');
    expect(platformIn(unknownWorkspace, undefined)).toBeUndefined();
    expect(platformIn(unknownWorkspace, atHand)).toBe('instagram');
    const withoutChannel = { ...caseOf(), parsed: { kind: 'undecidable', channelId: undefined } } as unknown as Case;
    expect(platformIn(withoutChannel, undefined)).toBeUndefined();
  });
});
