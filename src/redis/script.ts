import { createHash } from 'node:crypto';
import type { RedisConnection } from './connection.js';

/** A script that Redis runs in one step: no other command runs meanwhile. */
export interface RedisScript {
  readonly text: string;
  readonly sha: string;
}

export function script(text: string): RedisScript {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

/** Notifies all processes through client tracking, and leaves no key behind. */
export const NOTIFY = `
local function notify(key)
  redis.call('SET', key, '')
  redis.call('DEL', key)
end`;

export interface ScriptRun {
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
  readonly timeoutMs?: number | undefined;
}

/** Runs a script by its hash. Its text is sent only where Redis does not have it yet. */
export async function runScript(
  connection: Pick<RedisConnection, 'send'>,
  { text, sha }: RedisScript,
  { keys, args, timeoutMs }: ScriptRun,
): Promise<unknown> {
  const rest = [String(keys.length), ...keys, ...args.map(String)];
  try {
    return await connection.send(['EVALSHA', sha, ...rest], timeoutMs);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return connection.send(['EVAL', text, ...rest], timeoutMs);
  }
}
