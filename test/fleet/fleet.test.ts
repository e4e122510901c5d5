import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Consumer, createConsumer, PACKAGES_WITH_REDIS, projectRoot, tsc } from '../packaging/staged-package.js';
import { describeWithRedis } from '../support/redis-server.js';
import { wrong } from './results/limits.js';
import { runTrial } from './trial.js';

describeWithRedis('processes that share a Redis and a workspace', () => {
  let consumer: Consumer;

  beforeAll(async () => {
    consumer = await createConsumer(PACKAGES_WITH_REDIS);
    const outDir = join(consumer.directory, 'fleet');
    await tsc('-p', join(projectRoot, 'test/fleet'), '--outDir', outDir, '--noCheck');
  }, 60_000);
  afterAll(() => consumer?.remove());

  it('decide rightly together, within what Bird allows, and share what they observe', async () => {
    const compiled = (name: string): string => join(consumer.directory, `fleet/fleet/processes/${name}-process.js`);
    const report = await runTrial({
      name: 'short',
      programs: { guard: compiled('guard'), proxy: compiled('proxy') },
      seed: 1,
      processes: 3,
      sendsPerSecond: 150,
      maxReplyMs: 1_000,
      customers: 500,
      beforeMs: 2_000,
    });
    expect(wrong(report)).toEqual([]);
    expect(report.sends).toBeGreaterThan(100);
    expect(Number.isFinite(report.propagation.p50Ms)).toBe(true);
    expect(report.propagation.count).toBeGreaterThan(0);
  });
});
