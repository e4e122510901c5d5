import { type RedisScript, script } from '../script.js';

/** How long the others count a process as a member after the last reply of Redis to it. */
export const MEMBER_LIFE_MS = 800;
/**
 * The furthest ahead that a read is promised. It is shorter than what is left of a membership between two heartbeats,
 * so that those who are members now still are then. After Redis has lost its data, promises are unknown for that long.
 */
export const MAX_PROMISE_MS = 300;
const KEPT_MS = 86_400_000;

/**
 * The members: the processes that are alive. A process that is not a member may be using its share by itself, so the
 * others leave that share to it. A process says until when it is a member, by the time in the last reply of Redis. So a
 * command that arrives late extends no membership beyond what the process itself believes.
 *
 * KEYS: the members. ARGV: the process; the end of its membership in microseconds, or nothing where it does not know
 * the time. The field `from` is an instant before which reads are unknown.
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
    -- An end further ahead than a membership lasts is of another clock, or somebody else wrote it.
    local ending = instant(text, now + LIFE)
    if ending and ending > now then ends[name] = ending else dead[#dead + 1] = name end
  end
end

local function countMembersAt(instant)
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
  -- A process that joins may have read by itself until now. Those reads count against the burst.
  if not from then from = now + PROMISE elseif isNew and from < now then from = now end
  if isNew then put('from', from) end
  redis.call('PEXPIRE', KEYS[1], ${KEPT_MS})
  for _, name in ipairs(dead) do redis.call('HDEL', KEYS[1], name) end
  return true
end`;

/** Renews a membership. Returns a role as `reserveScript` does, 0, and the time. */
export const heartbeatScript: RedisScript = script(`${MEMBERS}

return {renew(ARGV[1], tonumber(ARGV[2])) and 'member' or 'later', 0, now}`);

/**
 * The generic cell rate algorithm, by the clock of Redis. One instant says how far ahead reads have been granted. The
 * rate is the share of the limit of those processes that will be members when the read starts.
 *
 * The instant is kept under two keys, and the later one counts. So a key that is deleted, or overwritten with a smaller
 * number, does not grant the burst again.
 *
 * KEYS: the members, the budget, its copy. ARGV: the process, the end of its membership, the interval between reads at
 * the whole limit, the length of the burst, the longest wait, the number of processes that share the limit, 1 for a
 * read that is taken only while the whole burst is left; all times in microseconds. Returns the role (a read is `taken`, `spent`, or to be requested again `later`), the wait, and the
 * time.
 */
export const reserveScript: RedisScript = script(`${MEMBERS}

local interval, burst, maxWait, instances = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
if not renew(ARGV[1], tonumber(ARGV[2])) then return {'later', 0, now} end

local latest = now + burst + PROMISE + interval * instances
local granted, exists = 0, false
for _, key in ipairs({KEYS[2], KEYS[3]}) do
  local text = redis.pcall('GET', key)
  exists = exists or text ~= false
  granted = math.max(granted, type(text) == 'string' and instant(text, latest) or 0)
end
local function grantUntil(value)
  granted = value
  for _, key in ipairs({KEYS[2], KEYS[3]}) do redis.call('SET', key, string.format('%.0f', value), 'PX', 3600000) end
end
-- If neither can be read, what was promised is unknown.
if exists and granted == 0 then grantUntil(now + burst + PROMISE) end
granted = math.max(granted, now, from + burst)
if ARGV[7] == '1' and granted > now then
  -- Nothing is promised ahead: what is granted meanwhile comes first.
  if granted > now + maxWait then return {'spent', 0, now} end
  return {'later', math.ceil(granted - now), now}
end

local count, step, start = countMembersAt(now), 0, 0
while count > 0 do
  step = interval * instances / math.min(count, instances)
  start = math.max(now, granted + step - math.max(burst, step))
  local left = countMembersAt(start)
  if left == count then break end
  count = left
end
if count == 0 or start > now + maxWait then return {'spent', 0, now} end
if start > now + PROMISE then return {'later', math.ceil(start - now - PROMISE), now} end
grantUntil(granted + step)
return {'taken', math.ceil(start - now), now}`);
