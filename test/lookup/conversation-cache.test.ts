import { expect, it } from 'vitest';
import { LookupError } from '../../src/errors.js';
import { ConversationCache } from '../../src/lookup/conversation-cache.js';
import type { ConversationFacts, Lookup } from '../../src/ports.js';
import { createClock } from '../../src/sandbox/clock.js';
import { memoryCache } from '../../src/stores/memory-store.js';

const ref = { workspaceId: 'w', conversationId: 'v' };
const limits = { giveUpAt: 0, patientMs: undefined };
const facts: ConversationFacts = { channelId: 'c', contacts: [] };
const MINUTE = 60_000;

function setUp(error?: Error) {
  const clock = createClock(1_000_000);
  const asked: unknown[][] = [];
  const conversation = async (...args: unknown[]): Promise<ConversationFacts> => {
    asked.push(args);
    if (error !== undefined) throw error;
    return facts;
  };
  const lookup = { conversation } as unknown as Lookup;
  return { clock, asked, conversations: new ConversationCache({ lookup, cache: memoryCache({ max: 10 }), clock }) };
}

it('a conversation is read once for all who ask at the same time, and remembered for ten minutes', async () => {
  const { conversations, clock, asked } = setUp();
  expect(conversations.recall('v')).toBeUndefined();
  expect(await Promise.all([conversations.find(ref, limits), conversations.find(ref, limits)])).toEqual([facts, facts]);
  clock.advance(10 * MINUTE - 1);
  expect(conversations.recall('v')).toBe(facts);
  expect(await conversations.find(ref, limits)).toBe(facts);
  expect(asked).toEqual([[ref, limits]]);
  clock.advance(1);
  expect(conversations.recall('v')).toBeUndefined();
  await conversations.find(ref, limits);
  expect(asked).toHaveLength(2);
});

it('a conversation that could not be read is read again', async () => {
  const failed = new LookupError('address_unresolved', 'nowhere');
  const { conversations, asked } = setUp(failed);
  await expect(conversations.find(ref, limits)).rejects.toBe(failed);
  await expect(conversations.find(ref, limits)).rejects.toBe(failed);
  expect(asked).toHaveLength(2);
});
