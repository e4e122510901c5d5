import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { fileHeldStore } from '../../examples/file-held-store.js';
import { describeHeldStore, heldMessage, windowKey } from '../contracts/held-store.contract.js';

function newPath(): string {
  const directory = mkdtempSync(join(tmpdir(), 'held-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return join(directory, 'held.jsonl');
}

describeHeldStore('the file of the example', () => fileHeldStore(newPath()));

it('has everything again after a restart, also where the last line was cut off', async () => {
  const path = newPath();
  const store = fileHeldStore(path);
  const messages = [heldMessage(), heldMessage(), heldMessage()] as const;
  for (const message of messages) await store.add(message, 20);
  await store.remove(messages[0]);
  await store.claimNudge(windowKey());
  appendFileSync(path, '{"add":{"id":"');
  for (let restarts = 0; restarts < 3; restarts += 1) {
    const again = fileHeldStore(path);
    expect(await again.list(windowKey())).toEqual(messages.slice(1));
    expect(await again.claimNudge(windowKey())).toBe(false);
  }
});
