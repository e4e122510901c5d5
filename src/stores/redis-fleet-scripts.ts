import { type RedisScript, script, TELL } from './redis-script.js';

/**
 * The generic cell rate algorithm, by the clock of Redis: one instant says how far ahead reads have been given away. A
 * limit that is not there, because it was lost or never used, begins without a burst: nobody knows what was just read.
 *
 * KEYS: the budget. ARGV: how long one read takes of it, how long the burst does, the longest wait; all in microseconds.
 * Gives the wait, or -1 where it would be longer.
 */
export const reserveScript: RedisScript = script(`
local interval, burst, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local stored = redis.call('MGET', KEYS[1])[1]
local given = tonumber(stored or '')
-- Farther ahead than anybody would wait: the clock was set back, or somebody else wrote it.
if not given or given ~= given or given > now + burst + 60000000 then given = now + burst end
if given < now then given = now end
local wait = math.max(0, given + interval - burst - now)
if wait > most then return -1 end
redis.call('SET', KEYS[1], string.format('%.0f', given + interval), 'PX', 3600000)
return math.ceil(wait)`);

/**
 * Who reads a window. Reads are counted, so that one who waits can tell which of them started after it had asked.
 *
 * KEYS: the turn. ARGV: who asks, the read after which an answer will do (or nothing), how long a read may take in ms.
 * Gives the role, the number of the read, and what it has told.
 */
export const joinScript: RedisScript = script(`
local found = redis.call('HMGET', KEYS[1], 'number', 'reader', 'until', 'told', 'answer')
local number, told, after = tonumber(found[1] or '') or 0, tonumber(found[4] or '') or 0, tonumber(ARGV[2])
if after and told > after and found[5] then return {'told', told, found[5]} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if found[2] and now < (tonumber(found[3] or '') or 0) then return {'waiter', number, ''} end
number = number + 1
redis.call('HSET', KEYS[1], 'number', number, 'reader', ARGV[1], 'until', string.format('%.0f', now + ARGV[3]))
redis.call('PEXPIRE', KEYS[1], 10000)
return {'reader', number, ''}`);

/** Ends a read. KEYS: the turn, what tells of it. ARGV: who has read, its number, the answer; none: it failed. */
export const finishScript: RedisScript = script(`${TELL}

if redis.call('HGET', KEYS[1], 'reader') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'reader', 'until')
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'told', ARGV[2], 'answer', ARGV[3]) end
redis.call('PEXPIRE', KEYS[1], 10000)
tell(KEYS[2])
return 1`);
