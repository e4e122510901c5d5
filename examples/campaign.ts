// A campaign to 200 customers of whom nothing is known, and an agent's reply meanwhile. Bird allows 50 reads a second.
import { setImmediate } from 'node:timers/promises';
import { createGuard, type SendRequest } from 'freeform-guard';
import { createSandbox } from 'freeform-guard/sandbox';

const sandbox = await createSandbox({ startAt: '2026-01-05T09:00:00Z' });
const { clock } = sandbox;
const workspace = sandbox.addWorkspace();
const channel = workspace.addChannel({ platformId: 'whatsapp' });
const { accessKey } = workspace;
const guard = createGuard({ workspaces: { [workspace.id]: { accessKey, baseUrl: sandbox.url } }, clock });

/** To a new customer, who has just written if the window is to be open. */
function sendTo(number: number, isOpen: boolean): SendRequest {
  const value = `+1202555${String(number).padStart(4, '0')}`;
  const { id } = workspace.addContact({ identifiers: [{ key: 'phonenumber', value }] });
  if (isOpen) workspace.receiveInbound({ channelId: channel.id, contactId: id });
  const contact = { identifierKey: 'phonenumber', identifierValue: value };
  const message = { body: { type: 'text', text: { text: 'We have moved.' } } };
  return { workspaceId: workspace.id, channelId: channel.id, contact, message };
}

const recipients = Array.from({ length: 200 }, (_, number) => sendTo(number, number % 4 === 0));
const startedAt = clock.now();
const campaign = guard.checkAll(recipients, { deadlineMs: 20_000 });

// The sandbox has a clock of its own, so that the example takes no 20 seconds.
async function until<T>(pending: Promise<T>): Promise<T> {
  let isDone = false;
  const done = pending.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    for (let turn = 0; turn < 6; turn += 1) await setImmediate();
    if (!isDone) clock.advance(5);
  }
  return done;
}

await until(new Promise<void>((resolve) => void clock.setTimeout(() => resolve(), 2_000)));
const repliedAt = clock.now();
const reply = await until(guard.check(sendTo(5_000, true)));
console.log(`The agent's reply: ${reply.decision.reason} after ${clock.now() - repliedAt} ms`);

const outcomes = await until(campaign);
const reasons = outcomes.map(({ decision }) => decision.reason);
for (const reason of new Set(reasons)) {
  console.log(`The campaign: ${reasons.filter((one) => one === reason).length} ${reason}`);
}
console.log(`It took ${Math.round((clock.now() - startedAt) / 1_000)} s.`);
console.log(`Reads in the busiest second: ${sandbox.readsInBusiestSecond()}`);

await guard.close();
await sandbox.close();
