import { NOTIFY, type RedisScript, script } from '../script.js';

/** What cannot be the number of a read counts as none. */
const COUNTED = `
local function counted(text)
  local value = tonumber(text or '')
  return value and value > 0 and value < 2^53 and value == math.floor(value) and value or 0
end`;

/**
 * Who reads a window. Reads are counted, so that one who waits can tell which of them started after it had asked.
 *
 * KEYS: the turn. ARGV: who asks, the read after which an answer will do (or nothing), how long a read may take in ms.
 * Gives the role, the number of the read, and what it has told; `lost`: it cannot be told, and whoever asks reads alone.
 */
export const joinScript: RedisScript = script(`${COUNTED}

local found = redis.call('HMGET', KEYS[1], 'number', 'reader', 'until', 'told', 'answer')
local number, told, after = counted(found[1]), counted(found[4]), tonumber(ARGV[2])
-- The count was lost and begins again: an answer from before that would seem to be from a read to come.
if told > number then
  redis.call('HDEL', KEYS[1], 'told', 'answer')
  return {'lost', number, ''}
end
if after and told > after and found[5] then return {'answered', told, found[5]} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if found[2] and now < (tonumber(found[3] or '') or 0) then return {'waiter', number, ''} end
number = number + 1
redis.call('HSET', KEYS[1], 'number', number, 'reader', ARGV[1], 'until', string.format('%.0f', now + ARGV[3]))
redis.call('PEXPIRE', KEYS[1], 10000)
return {'reader', number, ''}`);

/** Ends a read. KEYS: the turn, what tells of it. ARGV: who has read, its number, the answer; none: it failed. */
export const finishScript: RedisScript = script(`${NOTIFY}
${COUNTED}

if redis.call('HGET', KEYS[1], 'reader') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'reader', 'until')
local isOfCount = counted(ARGV[2]) <= counted(redis.call('HGET', KEYS[1], 'number'))
if ARGV[3] ~= '' and isOfCount then redis.call('HSET', KEYS[1], 'told', ARGV[2], 'answer', ARGV[3]) end
redis.call('PEXPIRE', KEYS[1], 10000)
tell(KEYS[2])
return 1`);
