import { createGuard, type Guard, memoryStore } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { createClock } from '../../src/sandbox/clock.js';
import { HOUR } from './support.js';

const NOW = Date.UTC(2026, 10, 28, 9);
const workspaceId = 'aaaaaaaa-1111-4111-8111-111111111111';
const channelId = 'cccccccc-2222-4222-8222-222222222222';
const contact = { workspaceId, channelId, address: '+31612345678' };
const send = { workspaceId, channelId, contact: { identifierValue: '+31612345678' } };

/** A guard whose Bird knows one channel, and knows no window. */
async function createKnownGuard(): Promise<Guard> {
  const guard = createGuard({
    workspaces: { [workspaceId]: { accessKey: 'a-key' } },
    clock: createClock(NOW),
    store: memoryStore({ max: 10 }),
    logger: { warn: () => {}, error: () => {} },
    fetch: async (url) =>
      new URL(String(url)).pathname.endsWith(`/channels/${channelId}`)
        ? Response.json({ id: channelId, platformId: 'whatsapp', status: 'active' })
        : new Response(null, { status: 500 }),
  });
  await guard.check(send);
  return guard;
}

describe('what a guard is told', () => {
  it('counts from the next decision on: a message opens, and a refusal or an opt-out closes', async () => {
    const guard = await createKnownGuard();
    expect(guard.peek(send)).toBeUndefined();
    void guard.observeInbound({ ...contact, at: NOW - HOUR });
    expect(guard.peek(send)).toMatchObject({ action: 'send', decision: { reason: 'service_window_open' } });
    void guard.observeOptOut({ ...contact, optedOut: true, at: NOW - HOUR });
    expect(guard.peek(send)).toMatchObject({ action: 'block', decision: { reason: 'opted_out' } });
    void guard.observeOptOut({ ...contact, optedOut: false, at: NOW });
    expect(guard.peek(send)).toMatchObject({ action: 'send' });
    void guard.observeRefusal({ ...contact, sentAt: NOW, code: 131047 });
    expect(guard.peek(send)).toBeUndefined();
  });

  it.each([
    ['observeInbound', { ...contact, at: 'soon' }],
    ['observeRefusal', { ...contact, sentAt: 'soon', code: 131047 }],
    ['observeOptOut', { ...contact, optedOut: true, at: 'soon' }],
    ['forget', { workspaceId: 'mine' }],
  ] as const)('is refused in the words of the method: %s', async (method, argument) => {
    const guard = await createKnownGuard();
    expect(() => guard[method](argument as never)).toThrow(new RegExp(`^${method}: .* must be`));
  });
});

describe('what a guard tells', () => {
  it('is whether Bird, the store and each workspace work, and what it has decided', async () => {
    const guard = await createKnownGuard();
    expect(guard.health()).toMatchObject({
      bird: { reachable: false, lastFailure: { cause: 'error_status', workspaceId } },
      store: { reachable: true },
      workspaces: [{ workspaceId, mode: 'enforce' }],
    });
    expect(guard.stats().decisions).toEqual({ lookup_failed: 1 });
  });
});

describe('checkAll', () => {
  it.each([
    [[], { deadlineMs: 0 }, RangeError, 'checkAll.deadlineMs must be'],
    [[], { deadline: 5 }, TypeError, 'checkAll.deadline is not a valid option'],
    [send, undefined, TypeError, 'checkAll: sends must be'],
  ])('refuses what is no list, and options by name: %#', async (sends, options, kind, text) => {
    const refused = (await createKnownGuard()).checkAll(sends as never, options as never);
    await expect(refused).rejects.toBeInstanceOf(kind);
    await expect(refused).rejects.toThrow(text);
  });
});
