import { memoryHeldStore } from 'freeform-guard';
import { expect, it } from 'vitest';
import type { DispatchHost } from '../../src/held/dispatch-host.js';
import { Pauses } from '../../src/held/pauses.js';
import type { HeldMessage } from '../../src/stores/held-store.js';

const key = { workspaceId: crypto.randomUUID(), channelId: crypto.randomUUID(), address: '+31612345678' };
const host = { workspaceId: key.workspaceId, hooks: { worked: () => {} } } as unknown as DispatchHost;
const stop = { ...key, text: 'STOP' } as unknown as Parameters<Pauses['onReply']>[1];

it('a store that keeps no pauses: an opt-out word pauses what waits, and nothing is kept where nothing does', async () => {
  const { pause: _, resume: __, isPaused: ___, ...store } = memoryHeldStore();
  const pauses = new Pauses({ store, releaseOn: undefined });
  await pauses.onReply(key, stop, host);
  expect(await pauses.isPaused(key)).toBe(false);
  await store.add({ ...key, id: crypto.randomUUID(), reference: 'one', message: {} } as unknown as HeldMessage, 1);
  await pauses.onReply(key, { ...stop }, host);
  expect(await pauses.isPaused(key)).toBe(true);
});
