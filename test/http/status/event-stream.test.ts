import { createSandbox, type SandboxClock } from 'freeform-guard/sandbox';
import { beforeAll, expect, it } from 'vitest';
import { EventStream } from '../../../src/http/status/event-stream.js';

/** A client that takes what it is given, or does not. */
class SlowClient {
  readonly written: string[] = [];
  isTaking = true;
  isCutOff = false;
  waiting = 0;

  write(text: string): boolean {
    this.written.push(text);
    return this.isTaking;
  }

  waitingBytes(): number {
    return this.waiting;
  }

  end(): void {}

  destroy(): void {
    this.isCutOff = true;
  }
}

let clock: SandboxClock;
beforeAll(async () => {
  const sandbox = await createSandbox();
  await sandbox.close();
  clock = sandbox.clock;
});

function open(): { client: SlowClient; stream: EventStream; state: { text: string; ended: number } } {
  const client = new SlowClient();
  const state = { text: 'none', ended: 0 };
  const stream = new EventStream({
    sink: client,
    clock,
    latest: () => state.text,
    onEnd: () => {
      state.ended += 1;
    },
  });
  return { client, stream, state };
}

const dataIn = ({ written }: SlowClient): string[] => written.filter((text) => text.startsWith('data:'));

it('keeps only the latest state for a client that reads slowly', () => {
  const { client, stream, state } = open();
  client.isTaking = false;
  for (let change = 1; change <= 1000; change += 1) {
    state.text = String(change);
    stream.send();
  }
  expect(dataIn(client)).toEqual(['data: 1\n\n']);
  client.isTaking = true;
  stream.drained();
  expect(dataIn(client)).toEqual(['data: 1\n\n', 'data: 1000\n\n']);
  stream.drained();
  expect(dataIn(client)).toHaveLength(2);
});

it.each([
  ['is full', { isTaking: false, waiting: 0 }],
  ['has a kilobyte to take', { isTaking: true, waiting: 1024 }],
])('cuts off a client that %s for two heartbeats, and says so once', async (_, slowness) => {
  const { client, stream, state } = open();
  Object.assign(client, slowness);
  stream.send();
  clock.advance({ seconds: 49 });
  await Promise.resolve();
  expect([client.isCutOff, state.ended]).toEqual([false, 0]);
  clock.advance({ seconds: 1 });
  expect([client.isCutOff, state.ended]).toEqual([true, 1]);
  const { length } = client.written;
  stream.send();
  clock.advance({ minutes: 5 });
  expect(client.written).toHaveLength(length);
});

it('cuts off nobody for a jump of a virtual clock, in which nobody can take anything', () => {
  const { client } = open();
  client.waiting = 2000;
  clock.advance({ hours: 24 });
  expect(client.isCutOff).toBe(false);
});

it('sets no timer after its end', () => {
  const { client, stream, state } = open();
  stream.end();
  clock.advance({ minutes: 5 });
  expect([state.ended, client.written]).toEqual([1, [expect.stringContaining('retry:')]]);
});
