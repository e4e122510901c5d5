import { type RedisScript, script } from '../script.js';

/**
 * A queue is two hashes with one field per message. KEYS[1] has an entry with what is known without decrypting, KEYS[2]
 * has the encrypted message. An entry is JSON:
 * - `v`: the version, 1
 * - `s`: the state. An `offered` message was promised to nobody, and expires at the instant `u`. An `undecided` message
 *   waits unless its request is stopped, which the process `w` decides; from `u` on it is waiting. Otherwise `waiting`.
 * - `r`: stands for the reference and the content
 * - `n`: the position in the queue
 *
 * Instants are in ms by the clock of Redis. An unreadable entry stays, because the version that wrote it may come back.
 * It counts as waiting and is not listed.
 */
const READ_QUEUE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function isString(value) return type(value) == 'string' end
local function isNumber(value) return type(value) == 'number' end

local function readEntry(text)
  local isJson, found = pcall(cjson.decode, text)
  if not isJson or type(found) ~= 'table' or found.v ~= 1 then return {} end
  if not isString(found.r) or not isString(found.w) then return {} end
  local isTimed = (found.s == 'offered' or found.s == 'undecided') and isNumber(found.u)
  if not isTimed and found.s ~= 'waiting' then return {} end
  if found.s ~= 'offered' and not isNumber(found.n) then return {} end
  return found
end

local function readQueue()
  local queue, flat = {}, redis.call('HGETALL', KEYS[1])
  for index = 1, #flat, 2 do
    local entry = readEntry(flat[index + 1])
    if entry.s ~= 'offered' or entry.u > now then queue[flat[index]] = entry end
  end
  return queue
end`;

const CHANGE_QUEUE = `${READ_QUEUE}

local function put(field, entry)
  entry.v = 1
  redis.call('HSET', KEYS[1], field, cjson.encode(entry))
end

local function drop(queue, field)
  queue[field] = nil
  redis.call('HDEL', KEYS[1], field)
  redis.call('HDEL', KEYS[2], field)
end

local function dropExpiredOffers(queue)
  for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    if not queue[field] then drop(queue, field) end
  end
end

-- KEYS[3] has the windows of the workspace for which messages wait.
local function tidy(queue, id)
  dropExpiredOffers(queue)
  for _, entry in pairs(queue) do
    if entry.s ~= 'offered' then return end
  end
  redis.call('HDEL', KEYS[3], id)
end

-- Extends the life of a key. Keys expire in case no process comes back for them.
local function keep(key, life)
  if redis.call('PTTL', key) < life then redis.call('PEXPIRE', key, string.format('%.0f', life)) end
end

local function findSame(queue, content)
  for field, entry in pairs(queue) do
    if entry.r == content and entry.s ~= 'offered' then
      return {'same', field, redis.call('HGET', KEYS[2], field) or ''}
    end
  end
end`;

/**
 * Offers a message. KEYS: the queue, its bodies. ARGV: the message, its reference and content, the encrypted body, how
 * many may wait, the process, how long the offer stands, how long the keys live, both in ms. Returns `offered`, `full`,
 * or `same` and the message that is there already.
 */
export const offerScript: RedisScript = script(`${CHANGE_QUEUE}

local field, content, body, writer = ARGV[1], ARGV[2], ARGV[3], ARGV[5]
local maxWaiting, offerMs, life = tonumber(ARGV[4]), tonumber(ARGV[6]), tonumber(ARGV[7])
local queue = readQueue()
dropExpiredOffers(queue)
local same = findSame(queue, content)
if same then return same end
local count = 0
for _ in pairs(queue) do count = count + 1 end
if count >= maxWaiting then return {'full'} end
put(field, {s = 'offered', u = now + offerMs, w = writer, r = content})
redis.call('HSET', KEYS[2], field, body)
keep(KEYS[1], life)
keep(KEYS[2], life)
return {'offered'}`);

/**
 * Appends an offered message to the queue. KEYS: the queue, its bodies, the windows. ARGV: the message, the queue's id,
 * the encrypted key of the window, how long the message is undecided, how long the keys live, both in ms. Returns
 * `added`, `gone` after the offer has expired, or `same` and the message that was added meanwhile.
 */
export const confirmScript: RedisScript = script(`${CHANGE_QUEUE}

local field, id, window = ARGV[1], ARGV[2], ARGV[3]
local undecidedMs, life = tonumber(ARGV[4]), tonumber(ARGV[5])
local queue = readQueue()
local entry = queue[field]
if not entry or entry.s ~= 'offered' then return {'gone'} end
local same = findSame(queue, entry.r)
if same then
  drop(queue, field)
  return same
end
local last = 0
for _, other in pairs(queue) do last = math.max(last, other.n or 0) end
entry.s, entry.u, entry.n = 'undecided', now + undecidedMs, last + 1
put(field, entry)
redis.call('HSET', KEYS[3], id, window)
for index = 1, 3 do keep(KEYS[index], life) end
return {'added'}`);

/**
 * Decides an undecided message. KEYS: the queue, its bodies, the windows, what exists after a release. ARGV: the
 * message, the queue's id, 1 to let it wait or 0 to remove it. Returns 1 where it waits or has just been released, and
 * 0 otherwise.
 */
export const settleScript: RedisScript = script(`${CHANGE_QUEUE}

local field, id, isUsed = ARGV[1], ARGV[2], ARGV[3] == '1'
local queue = readQueue()
local entry = queue[field]
if not entry then return isUsed and redis.call('EXISTS', KEYS[4]) or 0 end
if entry.s == 'waiting' then return 1 end
if not isUsed then
  drop(queue, field)
  tidy(queue, id)
  return 0
end
entry.s, entry.u = 'waiting', nil
put(field, entry)
return 1`);

/**
 * Removes a released message. KEYS as in `settleScript`. ARGV: the message, the queue's id, how long KEYS[4] lives in
 * ms.
 */
export const removeScript: RedisScript = script(`${CHANGE_QUEUE}

local field, id = ARGV[1], ARGV[2]
local queue = readQueue()
-- A full Redis refuses this note, but still has to remove the message.
if queue[field] then redis.pcall('SET', KEYS[4], '', 'PX', ARGV[3]) end
drop(queue, field)
tidy(queue, id)
return 1`);

/**
 * Lists the waiting messages in order, up to the first that another process has not decided: none may overtake it.
 * KEYS: the queue, its bodies. ARGV: the process. Returns each message and its body.
 */
export const listScript: RedisScript = script(`${READ_QUEUE}

local waiting = {}
for field, entry in pairs(readQueue()) do
  if entry.n and entry.s ~= 'offered' then
    entry.field = field
    waiting[#waiting + 1] = entry
  end
end
table.sort(waiting, function(one, other) return one.n < other.n end)
local listed = {}
for _, entry in ipairs(waiting) do
  if entry.s == 'undecided' and entry.u > now and entry.w ~= ARGV[1] then break end
  listed[#listed + 1] = entry.field
  listed[#listed + 1] = redis.call('HGET', KEYS[2], entry.field) or ''
end
return listed`);

/**
 * KEYS: the lock. ARGV: the owner, its life in ms. For a key of another type MGET returns nothing, while GET would
 * fail.
 */
export const lockScript: RedisScript = script(`
local owner = redis.call('MGET', KEYS[1])[1]
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`);

/** KEYS: the lock. ARGV: the owner. */
export const unlockScript: RedisScript = script(`
if redis.call('MGET', KEYS[1])[1] == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1`);

/**
 * KEYS: the nudge. ARGV: its life in ms. Each message extends that, because the nudge has to outlive the last of them.
 */
export const claimNudgeScript: RedisScript = script(`
if redis.call('SET', KEYS[1], '1', 'NX', 'PX', ARGV[1]) then return 1 end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 0`);

/** KEYS: until when messages wait, by secret. ARGV: the secret's id, until when, the life of the key in ms. */
export const recordSecretScript: RedisScript = script(`
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`);
