import type { RedisLink } from './redis-link.js';
import type { RedisScript } from './redis-scripts.js';

/** Runs a script by its name; its text goes over the wire only where Redis does not have it yet. */
export async function runScript(
  link: RedisLink,
  { text, sha }: RedisScript,
  keys: readonly string[],
  args: readonly (string | number)[],
  patienceMs?: number,
): Promise<unknown> {
  const rest = [String(keys.length), ...keys, ...args.map(String)];
  try {
    return await link.ask(['EVALSHA', sha, ...rest], patienceMs);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return link.ask(['EVAL', text, ...rest], patienceMs);
  }
}
