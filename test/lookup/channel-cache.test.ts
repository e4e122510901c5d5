import { describe, expect, it } from 'vitest';
import { LookupError } from '../../src/errors.js';
import { ChannelCache } from '../../src/lookup/channel-cache.js';
import type { ChannelFacts, Lookup } from '../../src/ports.js';
import { createClock } from '../../src/sandbox/clock.js';
import { memoryCache } from '../../src/stores/memory-store.js';

const ref = { workspaceId: 'w', channelId: 'c' };
const patience = { readMs: 800, wait: undefined };
const MINUTE = 60_000;
/** How many channels are remembered. */
const MAX = 10;
const facts = (status: string): ChannelFacts => ({ platformId: 'whatsapp', status, capabilities: undefined });
const isActive = ({ status }: ChannelFacts): boolean => status === 'active';
const failed = new LookupError('lookup_failed', 'down');
const gone = new LookupError('channel_not_found', 'gone');

/** @param answers what Bird says, one read after the other; the last for all that follow */
function setUp(...answers: readonly (ChannelFacts | Error)[]) {
  const clock = createClock(1_000_000);
  let asked = 0;
  const channel = async (): Promise<ChannelFacts> => {
    const answer = answers[Math.min(asked, answers.length - 1)];
    asked += 1;
    await Promise.resolve();
    if (answer instanceof Error) throw answer;
    return answer ?? facts('active');
  };
  const channels = new ChannelCache({
    lookup: { channel } as unknown as Lookup,
    cache: memoryCache({ max: MAX }),
    clock,
  });
  const read = (accepts = isActive): Promise<ChannelFacts> => channels.read(ref, patience, accepts);
  return { clock, channels, read, asked: () => asked };
}

describe('a channel that was read', () => {
  it('is fresh for ten minutes, and remembered for longer', async () => {
    const { clock, channels, read } = setUp(facts('active'));
    await read();
    clock.advance(10 * MINUTE - 1);
    expect(channels.recallFresh('c')).toEqual(facts('active'));
    clock.advance(1);
    expect([channels.recallFresh('c'), channels.recall('c')]).toEqual([undefined, facts('active')]);
    expect(channels.recallFresh('c', clock.now() - 1)).toEqual(facts('active'));
    expect(channels.recall('other')).toBeUndefined();
  });

  it('is not read once more by a question that came while it was read, if its answer will do', async () => {
    const { read, asked } = setUp(facts('active'));
    expect(await Promise.all([read(), read()])).toEqual([facts('active'), facts('active')]);
    expect(asked()).toBe(1);
  });

  it('is read once more if the answer to the question before denies: that one is older', async () => {
    const { read, asked } = setUp(facts('inactive'), facts('active'));
    expect(await Promise.all([read(), read()])).toEqual([facts('inactive'), facts('active')]);
    expect(asked()).toBe(2);
  });

  it('is forgotten by itself, or with all', async () => {
    const { channels, read } = setUp(facts('active'));
    await read();
    channels.forget('other');
    expect(channels.recall('c')).toBeDefined();
    channels.forget('c');
    expect(channels.recall('c')).toBeUndefined();
    await channels.read(ref, patience, () => false);
    channels.forget(undefined);
    expect(channels.recall('c')).toBeUndefined();
  });
});

describe('a read that fails', () => {
  it('leaves what was read before, fresh for ten seconds: an outage must close no window', async () => {
    const { clock, channels, read, asked } = setUp(facts('active'), failed);
    await read();
    clock.advance(10 * MINUTE);
    await expect(read()).rejects.toBe(failed);
    clock.advance(9_999);
    expect(channels.recallFresh('c')).toEqual(facts('active'));
    expect(await read()).toEqual(facts('active'));
    clock.advance(1);
    expect(channels.recallFresh('c')).toBeUndefined();
    await expect(read()).rejects.toBe(failed);
    expect(asked()).toBe(3);
  });

  it('leaves nothing of a channel that was never read', async () => {
    const { channels, read } = setUp(failed);
    await expect(read()).rejects.toBe(failed);
    expect(channels.recall('c')).toBeUndefined();
  });

  it('takes no place from a channel that is remembered', async () => {
    const { channels, read } = setUp(facts('active'), failed, gone);
    await read();
    for (let other = 0; other < MAX; other += 1)
      await channels.read({ ...ref, channelId: `${other}` }, patience, isActive).catch(() => {});
    expect(channels.recall('c')).toEqual(facts('active'));
  });

  it('drops a channel that is gone', async () => {
    const { channels, read } = setUp(facts('active'), gone);
    await read();
    await expect(read(() => false)).rejects.toBe(gone);
    expect(channels.recall('c')).toBeUndefined();
  });
});
