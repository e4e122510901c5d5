import { type RedisScript, script } from '../script.js';

/**
 * A row is two hashes by message: KEYS[1] says of each what is to be known without opening it, KEYS[2] has the sealed
 * message. An entry's `s`, its state, is
 * - `offered`: nobody was promised anything yet; what is still offered at the instant `u` never was,
 * - `undecided`: it is to wait unless its request, which the process `w` decides, is stopped; from `u` on it waits,
 * - `waiting`.
 * `r` stands for the reference and the content, `n` is the place in the row. All instants are by the clock of Redis, in ms.
 *
 * What cannot be read is left alone, since whoever wrote it may come back: it counts as one that waits, and is not listed.
 */
const READ_ROW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function isText(value) return type(value) == 'string' end
local function isNumber(value) return type(value) == 'number' end

local function readEntry(text)
  local isJson, found = pcall(cjson.decode, text)
  if not isJson or type(found) ~= 'table' or found.v ~= 1 or not isText(found.r) or not isText(found.w) then return {} end
  local isLeased = (found.s == 'offered' or found.s == 'undecided') and isNumber(found.u)
  if not isLeased and found.s ~= 'waiting' then return {} end
  if found.s ~= 'offered' and not isNumber(found.n) then return {} end
  return found
end

local function readRow()
  local row, flat = {}, redis.call('HGETALL', KEYS[1])
  for index = 1, #flat, 2 do
    local entry = readEntry(flat[index + 1])
    if entry.s ~= 'offered' or entry.u > now then row[flat[index]] = entry end
  end
  return row
end`;

const CHANGE_ROW = `${READ_ROW}

local function put(field, entry)
  entry.v = 1
  redis.call('HSET', KEYS[1], field, cjson.encode(entry))
end

local function drop(row, field)
  row[field] = nil
  redis.call('HDEL', KEYS[1], field)
  redis.call('HDEL', KEYS[2], field)
end

local function dropOffersThatAreOver(row)
  for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    if not row[field] then drop(row, field) end
  end
end

-- KEYS[3] names the workspace's windows for which something waits.
local function tidy(row, id)
  dropOffersThatAreOver(row)
  for _, entry in pairs(row) do
    if entry.s ~= 'offered' then return end
  end
  redis.call('HDEL', KEYS[3], id)
end

-- Nobody is to find these keys for ever, should nobody come back for them.
local function keep(key, life)
  if redis.call('PTTL', key) < life then redis.call('PEXPIRE', key, string.format('%.0f', life)) end
end

local function findSame(row, content)
  for field, entry in pairs(row) do
    if entry.r == content and entry.s ~= 'offered' then
      return {'same', field, redis.call('HGET', KEYS[2], field) or ''}
    end
  end
end`;

/**
 * KEYS: the row, its bodies. ARGV: the message, its reference and content, the sealed body, how many may wait, who adds it, how long
 * an offer stands, how long the keys live, both in ms. Gives `offered`, `full`, or the `same` that is there already.
 */
export const offerScript: RedisScript = script(`${CHANGE_ROW}

local field, content, body, writer = ARGV[1], ARGV[2], ARGV[3], ARGV[5]
local most, offerMs, life = tonumber(ARGV[4]), tonumber(ARGV[6]), tonumber(ARGV[7])
local row = readRow()
dropOffersThatAreOver(row)
local same = findSame(row, content)
if same then return same end
local count = 0
for _ in pairs(row) do count = count + 1 end
if count >= most then return {'full'} end
put(field, {s = 'offered', u = now + offerMs, w = writer, r = content})
redis.call('HSET', KEYS[2], field, body)
keep(KEYS[1], life)
keep(KEYS[2], life)
return {'offered'}`);

/**
 * Puts what was offered at the end of the row. KEYS: the row, its bodies, the windows. ARGV: the message, the row's id, the
 * window's sealed key, how long it is undecided, how long the keys live, both in ms. Gives `added`, `gone` where the
 * offer is over, or the `same` that has come in between.
 */
export const confirmScript: RedisScript = script(`${CHANGE_ROW}

local field, id, window = ARGV[1], ARGV[2], ARGV[3]
local undecidedMs, life = tonumber(ARGV[4]), tonumber(ARGV[5])
local row = readRow()
local entry = row[field]
if not entry or entry.s ~= 'offered' then return {'gone'} end
local same = findSame(row, entry.r)
if same then
  drop(row, field)
  return same
end
local last = 0
for _, other in pairs(row) do last = math.max(last, other.n or 0) end
entry.s, entry.u, entry.n = 'undecided', now + undecidedMs, last + 1
put(field, entry)
redis.call('HSET', KEYS[3], id, window)
for index = 1, 3 do keep(KEYS[index], life) end
return {'added'}`);

/**
 * KEYS: the row, its bodies, the windows, what says that the message was released just now. ARGV: the message, the row's
 * id, 1: it is to wait, 0: it is taken back. Gives whether it waits, or has been released.
 */
export const settleScript: RedisScript = script(`${CHANGE_ROW}

local field, id, isUsed = ARGV[1], ARGV[2], ARGV[3] == '1'
local row = readRow()
local entry = row[field]
if not entry then return isUsed and redis.call('EXISTS', KEYS[4]) or 0 end
if entry.s == 'waiting' then return 1 end
if not isUsed then
  drop(row, field)
  tidy(row, id)
  return 0
end
entry.s, entry.u = 'waiting', nil
put(field, entry)
return 1`);

/** KEYS as in `settleScript`. ARGV: the message, the row's id, how long it is known that it was released, in ms. */
export const removeScript: RedisScript = script(`${CHANGE_ROW}

local field, id = ARGV[1], ARGV[2]
local row = readRow()
-- A Redis that is full refuses to note it, but is not to keep the message for that.
if row[field] then redis.pcall('SET', KEYS[4], '', 'PX', ARGV[3]) end
drop(row, field)
tidy(row, id)
return 1`);

/**
 * The messages that wait, in order, up to the first that another process has not decided: nothing may overtake it.
 * KEYS: the row, its bodies. ARGV: who asks. Gives each message and its body.
 */
export const listScript: RedisScript = script(`${READ_ROW}

local waiting = {}
for field, entry in pairs(readRow()) do
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

/** KEYS: the lock. ARGV: the owner, how long in ms. MGET gives nothing for a key of another type, where GET would fail. */
export const lockScript: RedisScript = script(`
local owner = redis.call('MGET', KEYS[1])[1]
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`);

/** KEYS: the lock. ARGV: the owner. */
export const unlockScript: RedisScript = script(`
if redis.call('MGET', KEYS[1])[1] == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1`);

/** KEYS: the nudge. ARGV: its life in ms, which begins anew with each message: it has to outlive the last of them. */
export const claimNudgeScript: RedisScript = script(`
if redis.call('SET', KEYS[1], '1', 'NX', 'PX', ARGV[1]) then return 1 end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 0`);
