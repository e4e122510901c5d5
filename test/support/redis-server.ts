import { spawnSync } from 'node:child_process';
import { describe } from 'vitest';
import { redisProgram as program } from './redis-process.js';

export { freePort, type RedisServer, startRedis } from './redis-process.js';

const isInstalled = spawnSync(program, ['--version']).status === 0;

/**
 * A suite that needs a Redis. Where there is none it is skipped, for everyone to see; in CI that is a failure, since
 * nobody sees there what was skipped.
 */
export function describeWithRedis(name: string, body: () => void): void {
  if (isInstalled) return void describe(name, body);
  const problem = `${name}: skipped, because there is no ${program} (apt-get install redis-server)`;
  if (process.env.CI === 'true') throw new Error(problem);
  console.warn(`\n${problem}\n`);
  describe.skip(`${name} (no ${program})`, body);
}
