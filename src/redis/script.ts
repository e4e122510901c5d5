import { createHash } from 'node:crypto';
import type { RedisConnection } from './connection.js';

/** A script that runs in Redis as one step, between no other process's commands. */
export interface RedisScript {
  readonly text: string;
  readonly sha: string;
}

export function script(text: string): RedisScript {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

/** Tells all processes by client tracking, without leaving anything behind. */
export const NOTIFY = `
local function tell(name)
  redis.call('SET', name, '')
  redis.call('DEL', name)
end`;

export interface ScriptRun {
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
  readonly timeoutMs?: number | undefined;
}

/** Runs a script by its name; its text goes over the wire only where Redis does not have it yet. */
export async function runScript(
  link: Pick<RedisConnection, 'ask'>,
  { text, sha }: RedisScript,
  { keys, args, timeoutMs }: ScriptRun,
): Promise<unknown> {
  const rest = [String(keys.length), ...keys, ...args.map(String)];
  try {
    return await link.ask(['EVALSHA', sha, ...rest], timeoutMs);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return link.ask(['EVAL', text, ...rest], timeoutMs);
  }
}
