import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createSandbox, type SandboxClock } from 'freeform-guard/sandbox';
import { beforeAll, expect, it } from 'vitest';
import { EventStream } from '../../../src/http/status/event-stream.js';

/** A response whose client takes what it is given, or does not. */
class SlowResponse extends EventEmitter {
  readonly written: string[] = [];
  isTaking = true;
  destroyed = false;
  writableEnded = false;
  readonly writableLength = 0;
  readonly setHeader = (): void => {};

  write(text: string): boolean {
    this.written.push(text);
    return this.isTaking;
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }

  end(): void {
    this.writableEnded = true;
    this.emit('close');
  }
}

let clock: SandboxClock;
beforeAll(async () => {
  const sandbox = await createSandbox();
  await sandbox.close();
  clock = sandbox.clock;
});

function open(): { res: SlowResponse; stream: EventStream; state: { text: string; ended: number } } {
  const res = new SlowResponse();
  const state = { text: 'none', ended: 0 };
  const stream = new EventStream({
    res: res as unknown as ServerResponse,
    clock,
    latest: () => state.text,
    onEnd: () => {
      state.ended += 1;
    },
  });
  return { res, stream, state };
}

const dataIn = ({ written }: SlowResponse): string[] => written.filter((text) => text.startsWith('data:'));

it('keeps only the latest state for a client that reads slowly', () => {
  const { res, stream, state } = open();
  res.isTaking = false;
  for (let change = 1; change <= 1000; change += 1) {
    state.text = String(change);
    stream.send();
  }
  expect(dataIn(res)).toEqual(['data: 1\n\n']);
  res.isTaking = true;
  res.emit('drain');
  expect(dataIn(res)).toEqual(['data: 1\n\n', 'data: 1000\n\n']);
  res.emit('drain');
  expect(dataIn(res)).toHaveLength(2);
});

it('cuts off a client that has taken nothing for two heartbeats, and says so once', () => {
  const { res, stream, state } = open();
  res.isTaking = false;
  stream.send();
  clock.advance({ seconds: 49 });
  expect([res.destroyed, state.ended]).toEqual([false, 0]);
  clock.advance({ seconds: 1 });
  expect([res.destroyed, state.ended]).toEqual([true, 1]);
  const { length } = res.written;
  stream.send();
  clock.advance({ minutes: 5 });
  expect(res.written).toHaveLength(length);
});

it('sets no timer after its end', () => {
  const { res, stream, state } = open();
  stream.end();
  clock.advance({ minutes: 5 });
  expect([state.ended, res.written]).toEqual([1, [expect.stringContaining('retry:')]]);
});
