import { type RedisScript, script } from '../script.js';

/** So long the others count on a process after Redis has last answered it. */
export const MEMBER_LIFE_MS = 800;
/**
 * No read is promised for later than this. Less than what is left of a member's life between two beats, so that the
 * members of now are those of then; and after Redis has lost its memory, as long as nobody knows what was promised.
 */
const MAX_PROMISE_MS = 300;
const KEPT_MS = 86_400_000;

/**
 * Those who are alive. A process that is not may be taking its share by itself, so the others leave it to them. A
 * process says until when it is a member by the clock of Redis, as it had it from the last answer: what is delivered
 * late makes nobody live longer than it believes itself.
 *
 * KEYS: the members. ARGV: the process, until when it lives in microseconds (or nothing, where it does not know the
 * time). `from`: before that, nobody knows what was read.
 */
const MEMBERS = `
local LIFE, PROMISE = ${MEMBER_LIFE_MS * 1000}, ${MAX_PROMISE_MS * 1000}
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local function instant(text, latest)
  local value = tonumber(text or '')
  return value and value > 0 and value <= latest and value or nil
end

local function put(name, value)
  redis.call('HSET', KEYS[1], name, string.format('%.0f', value))
end

local ends, dead, from = {}, {}, nil
local found = redis.pcall('HGETALL', KEYS[1])
for index = 1, #found, 2 do
  local name, text = found[index], found[index + 1]
  if name == 'from' then
    from = instant(text, now + PROMISE)
  else
    -- Farther ahead than anybody may live: it is of another clock, or somebody else wrote it.
    local ending = instant(text, now + LIFE)
    if ending and ending > now then ends[name] = ending else dead[#dead + 1] = name end
  end
end

local function aliveAt(instant)
  local count = 0
  for _, ending in pairs(ends) do if ending > instant then count = count + 1 end end
  return count
end

local function renew(name, ending)
  ending = ending and math.min(ending, now + LIFE)
  if not ending or ending <= now then return false end
  if not from then
    redis.call('DEL', KEYS[1])
    ends, dead = {}, {}
  end
  local isNew = ends[name] == nil
  put(name, math.max(ending, ends[name] or 0))
  ends[name] = math.max(ending, ends[name] or 0)
  -- Who joins may have read by itself until now: that was of the burst too.
  if not from then from = now + PROMISE elseif isNew and from < now then from = now end
  if isNew then put('from', from) end
  redis.call('PEXPIRE', KEYS[1], ${KEPT_MS})
  for _, name in ipairs(dead) do redis.call('HDEL', KEYS[1], name) end
  return true
end`;

/** A process shows that it is alive. Gives the role that `reserveScript` gives, 0, and the time. */
export const heartbeatScript: RedisScript = script(`${MEMBERS}

return {renew(ARGV[1], tonumber(ARGV[2])) and 'member' or 'later', 0, now}`);

/**
 * The generic cell rate algorithm, by the clock of Redis: one instant says how far ahead reads have been given away. The
 * rate is the part of the limit that is of those members who will be alive then.
 *
 * It is kept twice, and the later one counts: a record that is deleted, or overwritten by a smaller number, must not give
 * the burst again.
 *
 * KEYS: the members, the budget, its copy. ARGV: the process, until when it lives, how long one read takes of the whole limit, how
 * long the burst does, the longest wait, for how many processes the limit is; all times in microseconds. Gives what is
 * to be done (a read is `taken`, `spent`, or to be asked for `later`), after how long, and the time.
 */
export const reserveScript: RedisScript = script(`${MEMBERS}

local interval, burst, most, instances = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
if not renew(ARGV[1], tonumber(ARGV[2])) then return {'later', 0, now} end

local latest = now + burst + PROMISE + interval * instances
local given, isKept = 0, false
for _, key in ipairs({KEYS[2], KEYS[3]}) do
  local text = redis.pcall('GET', key)
  isKept = isKept or text ~= false
  given = math.max(given, type(text) == 'string' and instant(text, latest) or 0)
end
local function give(value)
  given = value
  for _, key in ipairs({KEYS[2], KEYS[3]}) do redis.call('SET', key, string.format('%.0f', value), 'PX', 3600000) end
end
-- What cannot be read was lost, and what was promised with it.
if isKept and given == 0 then give(now + burst + PROMISE) end
given = math.max(given, now, from + burst)

local count, step, slot = aliveAt(now), 0, 0
while count > 0 do
  step = interval * instances / math.min(count, instances)
  slot = math.max(now, given + step - math.max(burst, step))
  local left = aliveAt(slot)
  if left == count then break end
  count = left
end
if count == 0 or slot > now + most then return {'spent', 0, now} end
if slot > now + PROMISE then return {'later', math.ceil(slot - now - PROMISE), now} end
give(given + step)
return {'taken', math.ceil(slot - now), now}`);
