import { NOTIFY, type RedisScript, script } from '../script.js';

/** What a window's record says, or nil where it says nothing that counts: see `decodeRecord`. */
const READ_RECORD = `
local names = {'e', 'x', 'i', 'r', 'p', 'w', 'd', 'a', 'q'}

local function isInstant(value, latest)
  return type(value) == 'number' and value > 0 and value <= latest and value == math.floor(value)
end

local function isSent(list, latest)
  if type(list) ~= 'table' or #list == 0 or #list > 32 then return false end
  for _, entry in ipairs(list) do
    if type(entry) ~= 'table' or type(entry[1]) ~= 'string' or not isInstant(entry[2], latest) then return false end
    if entry[3] ~= nil and entry[3] ~= 1 then return false end
  end
  return true
end

local function readRecord(text, marks, latest)
  if not text then return nil end
  local isJson, found = pcall(cjson.decode, text)
  if not isJson or type(found) ~= 'table' or found.v ~= 1 then return nil end
  if found.g ~= nil and type(found.g) ~= 'table' then return nil end
  for index, mark in ipairs(marks) do
    if mark ~= '' and (found.g or {})[index] ~= mark then return nil end
  end
  local record = {v = 1}
  for _, name in ipairs(names) do
    if found[name] ~= nil and not isInstant(found[name], latest) then return nil end
    record[name] = found[name]
  end
  if found.s ~= nil and not isSent(found.s, latest) then return nil end
  if found.f ~= nil and type(found.f) ~= 'string' then return nil end
  record.s, record.f = found.s, found.f
  return record
end

-- MGET gives nothing for a key of another type, where GET would fail.
local function readAll()
  local found = redis.call('MGET', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
  return found[1], {found[2] or '', found[3] or '', found[4] or ''}
end

local function isMarked(marks)
  return marks[1] ~= '' or marks[2] ~= '' or marks[3] ~= ''
end`;

/**
 * Joins evidence with a window's record, as `mergeEvidence` does: every instant only grows.
 *
 * KEYS: the window, its three marks, what tells of the change. ARGV: the evidence, now, how long the longest window
 * lasts, the latest instant that can be; all by the clock of the guard. Gives the record and the marks.
 */
export const mergeScript: RedisScript = script(`${NOTIFY}
${READ_RECORD}

local DAY, SPARE = 86400000, 3600000

local function joinSent(old, new)
  local byId, all, hasChanged = {}, {}, false
  for _, entry in ipairs(old or {}) do
    byId[entry[1]] = entry
    all[#all + 1] = entry
  end
  for _, entry in ipairs(new or {}) do
    local known = byId[entry[1]]
    if not known then
      byId[entry[1]] = entry
      all[#all + 1] = entry
      hasChanged = true
    else
      if entry[2] < known[2] then known[2] = entry[2]; hasChanged = true end
      if entry[3] == 1 and known[3] ~= 1 then known[3] = 1; hasChanged = true end
    end
  end
  table.sort(all, function(one, other)
    if one[2] ~= other[2] then return one[2] < other[2] end
    return one[1] < other[1]
  end)
  local newest = {}
  for index = math.max(1, #all - 31), #all do newest[#newest + 1] = all[index] end
  return newest, hasChanged
end

local function endOf(record, longest)
  local last = math.max(record.e or 0, record.x or 0, record.p or 0)
  for _, name in ipairs({'i', 'w', 'd', 'a', 'q'}) do last = math.max(last, (record[name] or 0) + longest) end
  -- What refutes has to outlive whatever it refutes.
  if record.r then last = math.max(last, record.r + longest + DAY) end
  for _, entry in ipairs(record.s or {}) do last = math.max(last, entry[2] + longest) end
  return last + SPARE
end

local new = cjson.decode(ARGV[1])
local now, longest, latest = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local text, marks = readAll()
local record = readRecord(text, marks, latest)
local hasChanged = record == nil
record = record or {v = 1}
for _, name in ipairs(names) do
  if new[name] and (record[name] == nil or new[name] > record[name]) then
    record[name] = new[name]
    hasChanged = true
  end
end
if new.s then
  local sent, isMore = joinSent(record.s, new.s)
  record.s = sent
  hasChanged = hasChanged or isMore
end
local leftMs = endOf(record, longest) - now
if leftMs <= 0 then return {'', marks[1], marks[2], marks[3]} end
if hasChanged then
  record.g = isMarked(marks) and marks or nil
  text = cjson.encode(record)
  -- By the clock of Redis: the two may differ.
  local time = redis.call('TIME')
  local endAt = time[1] * 1000 + math.floor(time[2] / 1000) + math.ceil(leftMs)
  redis.call('SET', KEYS[1], text, 'PXAT', string.format('%.0f', endAt))
  tell(KEYS[5])
end
return {text, marks[1], marks[2], marks[3]}`);

/** Puts a mark in the place of a window's record. KEYS as in `mergeScript`. ARGV: the mark, its life in ms. */
export const forgetWindowScript: RedisScript = script(`${NOTIFY}
${READ_RECORD}

local _, marks = readAll()
local record = {v = 1, f = ARGV[1]}
if isMarked(marks) then record.g = marks end
redis.call('SET', KEYS[1], cjson.encode(record), 'PX', ARGV[2])
tell(KEYS[5])
return 1`);

/** Marks that everything from before is forgotten. KEYS: the mark, what tells of it. ARGV: the mark, its life in ms. */
export const forgetManyScript: RedisScript = script(`${NOTIFY}

redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
tell(KEYS[2])
return 1`);
