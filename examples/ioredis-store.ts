import { createHmac } from 'node:crypto';
import type { Store } from 'freeform-guard';
import type { Redis } from 'ioredis';

const KEPT_MS = 31 * 86_400_000; // the longest window of your platforms, and a day
const FIELDS = [
  'expiresAt',
  'farUntil',
  'lastInboundAt',
  'refusedAt',
  'permanentUntil',
  'contactWroteAt',
  'doubtedAt',
  'readAt',
  'quotaSpentAt',
  'optedOutAt',
  'optedInAt',
];
const MERGE = `
for i = 2, #ARGV, 2 do
  local known = tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or '') or 0
  if tonumber(ARGV[i + 1]) > known then redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
local optOut = redis.call('HMGET', KEYS[1], 'optedOutAt', 'optedInAt')
if optOut[1] and tonumber(optOut[1]) >= tonumber(optOut[2] or 0) then return redis.call('PERSIST', KEYS[1]) end
return redis.call('PEXPIRE', KEYS[1], ARGV[1])`;

export function ioredisStore(redis: Redis, secret: string, prefix = 'windows:'): Store {
  const hash = (part: string): string => createHmac('sha256', secret).update(part).digest('base64url').slice(0, 16);
  const nameOf = ({ workspaceId, channelId, address }: Parameters<Store['forget']>[0]): string =>
    prefix + [workspaceId, channelId, address].map((part) => (part === undefined ? '*' : hash(part))).join(':');
  return {
    async get(key) {
      const found = (await redis.hmget(nameOf(key), ...FIELDS)).map((at, index) => [FIELDS[index], Number(at)]);
      const known = found.filter(([, at]) => Number(at) > 0 && Number(at) < Date.now() + KEPT_MS);
      return known.length === 0 ? undefined : Object.fromEntries(known);
    },
    async merge(key, evidence) {
      const known = Object.entries(evidence).filter(([field, at]) => FIELDS.includes(field) && Number(at) > 0);
      if (known.length > 0) await redis.eval(MERGE, 1, nameOf(key), KEPT_MS, ...known.flat().map(String));
    },
    async forget(target) {
      const name = nameOf(target);
      if (!name.includes('*')) await redis.unlink(name);
      else for await (const names of redis.scanStream({ match: name })) if (names[0]) await redis.unlink(...names);
    },
  };
}
