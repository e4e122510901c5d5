import { expect, it } from 'vitest';
import type { DispatchHost } from '../../src/held/dispatch-host.js';
import { Retries } from '../../src/held/retries.js';
import type { WindowKey } from '../../src/ports.js';

it('an outage leaves no more than 10,000 queues that are tried again by themselves, and each of them once', () => {
  const timers = new Set<() => void>();
  const clock = {
    setTimeout: (fn: () => void) => {
      timers.add(fn);
      return fn;
    },
    clearTimeout: (fn: () => void) => void timers.delete(fn),
  };
  const host = { clock } as unknown as DispatchHost;
  const woken: WindowKey[] = [];
  const retries = new Retries((key) => woken.push(key));
  const keyOf = (index: number): WindowKey => ({ workspaceId: 'w', channelId: 'c', address: `+3161${index}` });
  for (let index = 0; index < 10_005; index += 1) retries.failed(keyOf(index), host);
  // One that fails again has its place already.
  retries.failed(keyOf(3), host);
  expect(timers.size).toBe(10_000);
  expect([retries.has(keyOf(9_999)), retries.has(keyOf(10_000))]).toEqual([true, false]);
  retries.worked(keyOf(0));
  retries.failed(keyOf(10_000), host);
  expect(retries.has(keyOf(10_000))).toBe(true);
  for (const fire of timers) fire();
  expect(woken).toHaveLength(10_000);
});
