/** Fills a guard's memory with windows, and measures what they take on the heap, addresses and ids included. */
import { load } from '../builds.mjs';
import { answerMessages } from '../child-process.mjs';
import { addressOf, contactIdOf, randomBelow } from '../contacts.mjs';
import { heapUsed } from '../heap.mjs';
import { createWarmGuard, sendTo } from '../warm-guard.mjs';

const DAY_MS = 86_400_000;
const LOOKED_UP = 2_000;

const observed = {
  address: (index) => ({ address: addressOf(index) }),
  'id and address': (index) => ({ contactId: contactIdOf(index), address: addressOf(index) }),
};

answerMessages(async ({ build, kind, count }) => {
  // Compiled code is not to be counted: all of it has run once before.
  const fillWith = (windows) => (kind === 'map' ? fillMap(windows) : fillGuard(build, observed[kind], windows));
  await load(build.index);
  const first = await fillWith(10);
  await first.close();
  const before = heapUsed();
  const filled = await fillWith(count);
  const bytes = heapUsed() - before;
  return { bytes, found: shareFound(filled, count) };
});

function fillMap(count) {
  const windows = new Map();
  for (let index = 0; index < count; index += 1) windows.set(addressOf(index), { expiresAt: Date.now() + DAY_MS });
  return { windows, close: () => {} };
}

function fillGuard(build, observedOf, count) {
  const options = ({ memoryStore }) => ({ store: memoryStore({ max: count }) });
  return createWarmGuard(build, { count, options, observed: observedOf });
}

/** Of random windows, how many are known by their address and by their id alike. */
function shareFound({ guard, windows }, count) {
  const indices = Array.from({ length: LOOKED_UP }, () => randomBelow(count));
  const isKnown = (contact) => guard.peek(sendTo(contact))?.action === 'send';
  const byAddress = (index) => isKnown({ identifierKey: 'phonenumber', identifierValue: addressOf(index) });
  const isFound = (index) =>
    windows === undefined ? byAddress(index) && isKnown({ id: contactIdOf(index) }) : windows.has(addressOf(index));
  return indices.filter(isFound).length / LOOKED_UP;
}
