import { expect, it } from 'vitest';
import { LookupError } from '../../../src/errors.js';
import { CircuitBreaker } from '../../../src/lookup/reads/circuit-breaker.js';
import { circuitBreakingLookup } from '../../../src/lookup/reads/circuit-breaking.js';
import type { Lookup, ReadLimits } from '../../../src/ports.js';

const ID = '00000000-0000-4000-8000-000000000000';
const limits: ReadLimits = { giveUpAt: 800 };
const clock = { nowMs: 0, now: () => clock.nowMs, setTimeout: () => undefined, clearTimeout: () => {} };

it('stops reads that fail although each search before them succeeds, and with them the searches for them', async () => {
  let reads = 0;
  let searches = 0;
  const failing = (): Promise<never> => {
    reads += 1;
    return Promise.reject(new LookupError('lookup_failed', 'Bird answered with status 503', { isRetryable: true }));
  };
  const provider: Lookup = {
    channel: failing,
    window: failing,
    conversation: failing,
    identifiers: failing,
    contactId: async () => {
      searches += 1;
      return ID;
    },
  };
  const breakers = { reads: new CircuitBreaker(clock), searches: new CircuitBreaker(clock) };
  const lookup = circuitBreakingLookup(provider, breakers);
  for (let sends = 0; sends < 50; sends += 1) {
    await lookup
      .contactId({ workspaceId: ID, key: 'phonenumber', value: '+31612345678' }, limits)
      .then((contactId) => lookup.window({ workspaceId: ID, channelId: ID, contactId }, limits))
      .catch(() => {});
  }
  expect([reads, searches]).toEqual([20, 20]);
  expect([breakers.reads.isOpen, breakers.searches.isOpen]).toEqual([true, false]);
  clock.nowMs += 1_000;
  expect(await lookup.contactId({ workspaceId: ID, key: 'phonenumber', value: '+31612345678' }, limits)).toBe(ID);
});
