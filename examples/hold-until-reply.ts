// A reply that comes too late waits. A template asks the customer to write, and when they do, it goes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { holdUntilReply } from 'freeform-guard';
import { fileHeldStore } from './file-held-store.js';
import { startScene } from './scene.js';

const directory = mkdtempSync(join(tmpdir(), 'held-'));
const scene = await startScene(({ template }) =>
  holdUntilReply({
    // What waits is still there after a restart.
    store: fileHeldStore(join(directory, 'held.jsonl')),
    nudge: {
      projectId: template.projectId,
      locale: 'en',
      variables: { message: 'There is news. Write to us to get it.' },
    },
    lifetimeMs: 48 * 3_600_000,
    onExpired: ({ reference }) => console.log(`    Nobody wrote in time: ${reference} is not sent.`),
  }),
);
await scene.send('Your parcel is at the depot.');
await scene.send('You can pick it up until eight.');
await sent(1);
scene.printReceived();

scene.customerWrites('What news?');
await sent(3);
scene.printReceived();
await scene.close();
rmSync(directory, { recursive: true });

/** What is released goes out by itself, a moment later. */
async function sent(count: number): Promise<void> {
  while (scene.sandbox.messages().length < count) await sleep(5);
}
