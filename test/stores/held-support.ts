import type { HeldMessage, HeldStore } from 'freeform-guard';
import { expect } from 'vitest';
import { heldMessage } from '../contracts/held-store.contract.js';
import type { RedisServer } from '../support/redis-server.js';

export const MINUTE = 60_000;

/** A message that expires in a minute, by the system's clock. */
export const waiting = (change: Partial<HeldMessage> = {}): HeldMessage =>
  heldMessage({ expiresAt: Date.now() + MINUTE, ...change });

/** Adds a message and settles that it waits. */
export async function park(store: HeldStore | undefined, message: HeldMessage): Promise<HeldMessage> {
  expect(await store?.add(message, 20)).toBe('added');
  expect(await store?.settle?.(message, true)).toBe(true);
  return message;
}

/** The key of this kind. There is only one window. */
export async function keyOf({ client }: RedisServer, prefix: string, kind: string): Promise<string> {
  const [name = '', ...more] = await client.keys(`${prefix}h${kind}:*`);
  expect(more).toEqual([]);
  return name;
}

/** Ends the minute after which offers expire and undecided messages wait. */
export async function endMinute({ client }: RedisServer, prefix: string): Promise<void> {
  for (const queue of await client.keys(`${prefix}hr:*`)) {
    for (const [field, text] of Object.entries(await client.hGetAll(queue))) {
      const entry = JSON.parse(text);
      if (entry.u !== undefined) await client.hSet(queue, field, JSON.stringify({ ...entry, u: 1 }));
    }
  }
}

export const resultOrUnavailable = (call: unknown): Promise<unknown> =>
  Promise.resolve(call).catch(() => 'unavailable');
