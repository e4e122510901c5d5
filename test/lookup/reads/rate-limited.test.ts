import { describe, expect, it } from 'vitest';
import { LookupError } from '../../../src/errors.js';
import { type Budget, rateLimitedLookup } from '../../../src/lookup/reads/rate-limited.js';
import { budgetSpent } from '../../../src/lookup/reads/waiting-reads.js';
import type { Lookup, ReadLimits } from '../../../src/ports.js';

const ref = { workspaceId: 'w', channelId: 'c', contactId: 'k', conversationId: 'v', key: 'phonenumber', value: 'a' };
const limits: ReadLimits = { giveUpAt: 800 };
const throttled = new LookupError('lookup_failed', '429', { isThrottled: true, pauseMs: 3_000 });

/** Budgets that tell what happens to them, and a Bird that answers so. */
function setUp({ outcome, isSpent = false }: { readonly outcome?: Error; readonly isSpent?: boolean } = {}) {
  const events: unknown[] = [];
  const budgetOf = (name: string): Budget => ({
    take: async (giveUpAt, lane) => {
      events.push([`${name}: take`, giveUpAt, lane]);
      if (isSpent) throw budgetSpent;
    },
    takeSurplus: async () => false,
    pause: (durationMs) => void events.push([`${name}: pause`, durationMs]),
    succeeded: () => void events.push(`${name}: succeeded`),
  });
  const ask = async (): Promise<string> => {
    events.push('asked');
    if (outcome !== undefined) throw outcome;
    return 'facts';
  };
  const bird = { channel: ask, window: ask, conversation: ask, identifiers: ask, contactId: ask } as unknown as Lookup;
  const lookup = rateLimitedLookup(bird, { reads: budgetOf('reads'), searches: budgetOf('searches') });
  return { lookup, events };
}

describe.each([
  ['channel', 'reads', 'c'],
  ['window', 'reads', 'c'],
  ['conversation', 'reads', 'conversations'],
  ['identifiers', 'reads', 'identifiers'],
  ['contactId', 'searches', ''],
] as const)('a question for %s', (kind, budget, lane) => {
  it(`takes its turn from the budget of ${budget}, and tells it that Bird answered`, async () => {
    const { lookup, events } = setUp();
    expect(await lookup[kind](ref, limits)).toBe('facts');
    expect(events).toEqual([[`${budget}: take`, 800, lane], 'asked', `${budget}: succeeded`]);
  });

  it('is not asked where the budget has nothing left', async () => {
    const { lookup, events } = setUp({ isSpent: true });
    await expect(lookup[kind](ref, limits)).rejects.toBe(budgetSpent);
    expect(events).toEqual([[`${budget}: take`, 800, lane]]);
  });

  it('pauses its budget for as long as Bird asks, where that has too many requests', async () => {
    const { lookup, events } = setUp({ outcome: throttled });
    await expect(lookup[kind](ref, limits)).rejects.toBe(throttled);
    expect(events).toEqual([[`${budget}: take`, 800, lane], 'asked', [`${budget}: pause`, 3_000]]);
  });
});

it('a question whose token was taken before takes no second one', async () => {
  const { lookup, events } = setUp();
  await lookup.window(ref, { ...limits, hasToken: true });
  expect(events).toEqual(['asked', 'reads: succeeded']);
});

it.each([new LookupError('lookup_failed', 'down', { isRetryable: true }), new TypeError('a bug')])(
  'a question that fails otherwise pauses nothing: %s',
  async (outcome) => {
    const { lookup, events } = setUp({ outcome });
    await expect(lookup.window(ref, limits)).rejects.toBe(outcome);
    expect(events).toEqual([['reads: take', 800, 'c'], 'asked']);
  },
);
