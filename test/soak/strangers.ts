import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startRedis } from '../support/redis-process.js';
import { Bird } from './model/bird.js';
import type { Sample } from './processes/messages.js';
import type { FromStrangers, StrangersSetup } from './processes/strangers-messages.js';
import { keptBytes } from './results/kept-bytes.js';
import { type RedisUse, redisUse } from './results/redis-keys.js';

export interface StrangersOptions {
  readonly count: number;
  /** Whether windows are in a Redis. */
  readonly isShared: boolean;
}

export interface Met extends Sample {
  /** How many strangers. */
  readonly count: number;
  /** Of the heap, what the program keeps, without what V8 adds by itself; `undefined`: not measured. */
  readonly keptBytes: number | undefined;
}

export interface StrangersResult {
  readonly count: number;
  readonly max: number;
  readonly met: readonly Met[];
  readonly done: Extract<FromStrangers, { kind: 'done' }>;
  readonly hasEnded: boolean;
  readonly redis: { readonly before: RedisUse; readonly after: RedisUse } | undefined;
}

const KNOWN = 50;
/** Eight times as many as Bird allows: at its rate, caches of what it does not know would fill for hours. */
const READS_PER_SECOND = 400;
/** More than come at once: who was written to a moment ago is still remembered. */
const MIN_ROOM = 2_000;
/** With so many, memory is full before the middle. */
export const FILLING = 150_000;
/** A cap that is reached long before the end. Over Redis there are more memories, and each fills by itself. */
const MAX_SHARE = 0.05;
const MAX_SHARE_OVER_REDIS = 0.02;

/** Many people whom a guard meets once each, while others make it read what nobody has heard of. */
export async function meetStrangers({ count, isShared }: StrangersOptions): Promise<StrangersResult> {
  const bird = await Bird.start({ readsPerSecond: READS_PER_SECOND });
  const redis = isShared ? await startRedis('--maxmemory-policy', 'noeviction') : undefined;
  const isFilled = count >= FILLING;
  // Only over Redis: in one process what V8 adds has its final size before the middle.
  const snapshots = isShared && isFilled ? mkdtempSync(join(tmpdir(), 'soak-heap-')) : undefined;
  bird.catchUp();
  bird.run(() => undefined);
  const ticks = setInterval(() => bird.catchUp(), 10);
  try {
    const { enforced, holdChannelId, places } = bird;
    const max = Math.max(MIN_ROOM, (isShared ? MAX_SHARE_OVER_REDIS : MAX_SHARE) * count);
    const setup: StrangersSetup = {
      birdUrl: bird.url,
      workspaceId: enforced.id,
      accessKey: enforced.accessKey,
      channelId: places[0]?.channelId ?? '',
      holdChannelId,
      count,
      max,
      readsPerSecond: READS_PER_SECOND,
      redisPort: redis?.port,
      isFilled,
      snapshots,
      known: Array.from({ length: KNOWN }, (_, index) => `+3162${String(1_000_000 + index)}`),
    };
    const before = redis && (await redisUse(redis));
    const program = fileURLToPath(new URL('processes/strangers-process.js', import.meta.url));
    const env = { ...process.env, SOAK_SETUP: JSON.stringify(setup) };
    const child = fork(program, { env, execArgv: ['--expose-gc'] });
    const messages: FromStrangers[] = [];
    child.on('message', (message: FromStrangers) => messages.push(message));
    const [code] = (await once(child, 'exit')) as [number | null];
    const done = messages.find((message) => message.kind === 'done');
    if (done === undefined) throw new Error(`The guard of the strangers ended with ${code}`);
    const after = redis && (await redisUse(redis));
    const met = messages.filter((message) => message.kind === 'met').map(withKept);
    return { count, max, met, done, hasEnded: code === 0, redis: before && after && { before, after } };
  } finally {
    clearInterval(ticks);
    if (snapshots !== undefined) rmSync(snapshots, { recursive: true });
    await bird.close();
    await redis?.stop();
  }
}

/** Only now: to read a snapshot takes seconds, in which Bird would not answer. */
function withKept({ kind: _, snapshot, ...met }: Extract<FromStrangers, { kind: 'met' }>): Met {
  return { ...met, keptBytes: snapshot === undefined ? undefined : keptBytes(snapshot) };
}
