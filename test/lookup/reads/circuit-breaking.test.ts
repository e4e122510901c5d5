import { describe, expect, it } from 'vitest';
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

describe('a read that ends with an error', () => {
  const refused = new LookupError('access_denied', 'the key', { isRetryable: true });
  const broken = new LookupError('lookup_failed', 'cut', { isRetryable: true });
  const late = new LookupError('deadline_exceeded', 'late', { isRetryable: true });
  const noTime = new LookupError('deadline_exceeded', 'no time is left');
  const unexpected = new LookupError('lookup_failed', 'Bird answered with status 400');
  const missing = new LookupError('contact_not_found', 'nobody');
  const spent = new LookupError('lookup_budget_spent', 'later');
  const bug = new TypeError('a bug');

  function setUp() {
    const breaker = new CircuitBreaker(clock);
    let outcome: Error = broken;
    const provider = { channel: () => Promise.reject(outcome) } as unknown as Lookup;
    const lookup = circuitBreakingLookup(provider, { reads: breaker, searches: new CircuitBreaker(clock) });
    const fail = async (error: Error, count = 1): Promise<void> => {
      outcome = error;
      for (let read = 0; read < count; read += 1)
        await expect(lookup.channel({ workspaceId: ID, channelId: ID }, limits)).rejects.toBe(error);
    };
    return { breaker, fail };
  }

  it.each<[string, Error]>([
    ['whose connection broke', broken],
    ['that took too long', late],
  ])('%s opens the breaker', async (_, error) => {
    const { breaker, fail } = setUp();
    await fail(error, 20);
    expect(breaker.isOpen).toBe(true);
  });

  it.each<[string, Error]>([
    ['that was refused, although another key may do', refused],
    ['with another status', unexpected],
    ['of which Bird knows nothing', missing],
    ['which was never asked, for want of a read', spent],
    ['which was never asked, for want of time', noTime],
    ['which is a mistake of the code', bug],
  ])('%s does not', async (_, error) => {
    const { breaker, fail } = setUp();
    await fail(error, 20);
    expect(breaker.isOpen).toBe(false);
  });

  it.each<[string, Error, boolean]>([
    ['refused: Bird is back', refused, false],
    ['answered with another status: Bird is back', unexpected, false],
    ['of which Bird knows nothing: it is back', missing, false],
    ['never asked for want of a read: that says nothing', spent, true],
    ['never asked for want of time: that says nothing', noTime, true],
    ['stopped by a mistake of the code: that says nothing', bug, true],
    ['broken once more', broken, true],
    ['late once more', late, true],
  ])('as the probe of an open breaker, %s', async (_, error, isOpen) => {
    const { breaker, fail } = setUp();
    await fail(broken, 20);
    clock.nowMs += 1_000;
    await fail(error);
    expect(breaker.isOpen).toBe(isOpen);
  });

  it.each([spent, noTime])('counts for nothing where nobody was asked: %s', async (error) => {
    const { breaker, fail } = setUp();
    await fail(error, 21);
    await fail(broken, 20);
    expect(breaker.isOpen).toBe(true);
  });
});
