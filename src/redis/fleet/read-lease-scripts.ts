import { NOTIFY, type RedisScript, script } from '../script.js';

/** Parses the number of a read; 0 for anything else. */
const READ_NUMBER = `
local function readNumber(text)
  local value = tonumber(text or '')
  return value and value > 0 and value < 2^53 and value == math.floor(value) and value or 0
end`;

/**
 * Decides who reads a window. Reads are numbered, so that a waiting process can tell which of them started after its
 * own request. The lease is a hash: `number` counts the reads, `reader` has the lease until `until`, and `answer` is of
 * the read with the number in `told`.
 *
 * KEYS: the lease. ARGV: the requesting process; the number of the read whose successors' answers it accepts, or
 * nothing; how long a read may take, in ms. Returns the role, the number of the read, and its answer. With `lost` the
 * number cannot be known, and the process reads by itself.
 */
export const joinScript: RedisScript = script(`${READ_NUMBER}

local found = redis.call('HMGET', KEYS[1], 'number', 'reader', 'until', 'told', 'answer')
local number, answered, after = readNumber(found[1]), readNumber(found[4]), tonumber(ARGV[2])
-- The count was lost and starts again. An answer from before would look like one of a read to come.
if answered > number then
  redis.call('HDEL', KEYS[1], 'told', 'answer')
  return {'lost', number, ''}
end
if after and answered > after and found[5] then return {'answered', answered, found[5]} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if found[2] and now < (tonumber(found[3] or '') or 0) then return {'waiter', number, ''} end
number = number + 1
redis.call('HSET', KEYS[1], 'number', number, 'reader', ARGV[1], 'until', string.format('%.0f', now + ARGV[3]))
redis.call('PEXPIRE', KEYS[1], 10000)
return {'reader', number, ''}`);

/** Ends a read. KEYS: the lease, the notification. ARGV: the reader, the number, the answer or '' after a failure. */
export const finishScript: RedisScript = script(`${NOTIFY}
${READ_NUMBER}

if redis.call('HGET', KEYS[1], 'reader') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'reader', 'until')
local isCounted = readNumber(ARGV[2]) <= readNumber(redis.call('HGET', KEYS[1], 'number'))
if ARGV[3] ~= '' and isCounted then redis.call('HSET', KEYS[1], 'told', ARGV[2], 'answer', ARGV[3]) end
redis.call('PEXPIRE', KEYS[1], 10000)
notify(KEYS[2])
return 1`);
