/** Creates the first guards of a process. */
import { load } from '../builds.mjs';
import { answerMessages } from '../child-process.mjs';
import { WORKSPACE_ID } from '../contacts.mjs';
import { heapUsed } from '../heap.mjs';
import { processorTimeOf } from '../rounds.mjs';

const GUARDS = 20;

answerMessages(async ({ index }) => {
  const { createGuard } = await load(index);
  const guards = [];
  const create = () => guards.push(createGuard({ workspaces: { [WORKSPACE_ID]: { accessKey: 'key-of-the-bench' } } }));
  const first = await processorTimeOf(create);
  const before = heapUsed();
  const later = await processorTimeOf(() => {
    for (let count = 0; count < GUARDS; count += 1) create();
  });
  const kibibytes = (heapUsed() - before) / GUARDS / 1024;
  for (const guard of guards) guard.close();
  return { firstMs: first / 1e3, laterMs: later / GUARDS / 1e3, kibibytes };
});
