import { expect, test } from 'vitest';
import { createWorld } from '../support/world.js';

test('scenario 7: the clock advances 24 h without waiting, and the open window is closed', async () => {
  const world = await createWorld();
  world.customerWrites();
  expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'bird' });
  world.sandbox.clock.advance(24 * 3_600_000 - 1);
  expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'bird' });
  world.sandbox.clock.advance(1);
  expect(await world.guard.check(world.send())).toMatchObject({
    action: 'block',
    decision: { verdict: 'deny', reason: 'service_window_closed', closedAt: world.sandbox.clock.now() },
    source: 'bird',
  });
});
