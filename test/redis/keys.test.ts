import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RedisKeys } from '../../src/redis/keys.js';
import { SECRET } from './support.js';

const keys = new RedisKeys('ffg:', SECRET);
const window = { workspaceId: 'w', channelId: 'c', address: 'a' };

it('are those that processes of other versions use', () => {
  expect(keys.window(keys.windowId(window))).toBe('ffg:w:WejJTj5onIgnjKmw4_wrRw');
  expect(keys.tombstones(window)).toEqual([
    'ffg:f:-_8sMCMhitiF3OLqL-CY1w',
    'ffg:f:7vizRN-PmhWuJe5KYJsMWA',
    'ffg:f:XpVvCZhqQnzm85ZpM-Mk_w',
  ]);
  expect(keys.budget('w')).toBe('ffg:b:nvQOwicuofzGPLsJHN6suw');
  expect(keys.budgetCopy('w')).toBe('ffg:bc:nvQOwicuofzGPLsJHN6suw');
  expect(keys.members).toBe('ffg:m');
  expect(keys.readLease(keys.readLeaseId({ ...window, contactId: 'k' }))).toBe('ffg:t:2zI8Z3PIsRl97gYuUv11pQ');
  expect(keys.sign('a', 1)).toBe('PlmfeAD8Y1bofdrO-XIXJw');
});

it('are those that processes of other versions use for held messages', () => {
  expect(keys.held(window)).toEqual({
    id: 'aD1PxJAY1WOjLdwBCt04Gg',
    queue: 'ffg:hr:aD1PxJAY1WOjLdwBCt04Gg',
    bodies: 'ffg:hb:aD1PxJAY1WOjLdwBCt04Gg',
    windows: 'ffg:hw:Hc2ESvKoXae2u31bbMesgw',
    lock: 'ffg:hl:aD1PxJAY1WOjLdwBCt04Gg',
    nudge: 'ffg:hn:aD1PxJAY1WOjLdwBCt04Gg',
    pause: 'ffg:hp:aD1PxJAY1WOjLdwBCt04Gg',
  });
  expect([keys.heldSecrets, keys.secretId]).toEqual(['ffg:hs', 'k4FU23duFTzYVj3MF6lQCw']);
  expect(keys.heldMessage('m')).toBe('F2_Gj8uA_jbfzTuZHlTsDA');
  expect(keys.heldContent('r', 'c')).toBe('40D3FlsyGzjgsOwvc-fKJw');
  expect(keys.heldReleased('r', 'm')).toBe('ffg:hd:r:m');
});

it.each([
  [{ writer: 'p', subject: 'window', id: 'i' } as const, 'ffg:n:p:window:i'],
  [{ writer: 'p', subject: 'window', id: undefined } as const, 'ffg:n:p:window:'],
  [{ writer: 'p', subject: 'readLease', id: 'i' } as const, 'ffg:n:p:turn:i'],
])('notify of %j by %s', (notification, key) => {
  expect(keys.notification(notification)).toBe(key);
  expect(keys.parseNotification(key)).toEqual(notification);
});

it('of a later version notify of nothing', () => {
  expect(keys.parseNotification('ffg:n:p:something:i')).toBeUndefined();
});

it('property: no two windows have one key, whatever separators their parts hold [S4]', () => {
  const part = fc.array(fc.constantFrom('a', 'b', ':', ' ', ',', '"', '\\', '\0', '|', '1', '::', '[]'), {
    maxLength: 4,
  });
  const name = part.map((parts) => parts.join(''));
  const windows = fc.record({ workspaceId: name, channelId: name, address: name });
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(windows, (one) => {
      const tuple = JSON.stringify([one.workspaceId, one.channelId, one.address]);
      const key = keys.windowId(one);
      expect(seen.get(key) ?? tuple).toBe(tuple);
      seen.set(key, tuple);
    }),
    { numRuns: 5_000 },
  );
  expect(seen.size).toBeGreaterThan(2_500);
});
