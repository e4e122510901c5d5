import { NOTIFY, type RedisScript, script } from '../script.js';
import { RECORD_FORMAT } from './record-format.js';

/** Reads a window's record as strictly as `decodeRecord` does; nil for one that does not count. */
const READ_RECORD = `${RECORD_FORMAT}
local function isInstant(value, latest)
  return type(value) == 'number' and value > 0 and value <= latest and value == math.floor(value)
end

local function isSent(list, latest)
  if type(list) ~= 'table' or #list == 0 or #list > MAX_SENT then return false end
  for _, entry in ipairs(list) do
    if type(entry) ~= 'table' or type(entry[ID]) ~= 'string' or not isInstant(entry[AT], latest) then return false end
    if entry[LOST] ~= nil and entry[LOST] ~= 1 then return false end
  end
  return true
end

local function readRecord(text, tombstones, latest)
  if not text then return nil end
  local isJson, found = pcall(cjson.decode, text)
  if not isJson or type(found) ~= 'table' or found[NAME.version] ~= VERSION then return nil end
  local seen, sent, tombstone = found[NAME.seenTombstones], found[NAME.sent], found[NAME.tombstone]
  if seen ~= nil and type(seen) ~= 'table' then return nil end
  local isForgotten = false
  for index, one in ipairs(tombstones) do
    isForgotten = isForgotten or (one ~= '' and (seen or {})[index] ~= one)
  end
  local record = {[NAME.version] = VERSION}
  for _, name in ipairs(INSTANTS) do
    if found[name] ~= nil and not isInstant(found[name], latest) then return nil end
    -- Who has forgotten a channel or a workspace has not asked its customers again.
    if not isForgotten or name == NAME.optedOutAt or name == NAME.optedInAt then record[name] = found[name] end
  end
  if isForgotten then return (record[NAME.optedOutAt] or record[NAME.optedInAt]) and record or nil end
  if sent ~= nil and not isSent(sent, latest) then return nil end
  if tombstone ~= nil and type(tombstone) ~= 'string' then return nil end
  record[NAME.sent], record[NAME.tombstone] = sent, tombstone
  return record
end

-- For a key of another type MGET returns nothing, while GET would fail.
local function readAll()
  local found = redis.call('MGET', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
  return found[1], {found[2] or '', found[3] or '', found[4] or ''}
end

local function hasAny(tombstones)
  return tombstones[1] ~= '' or tombstones[2] ~= '' or tombstones[3] ~= ''
end`;

/**
 * Merges evidence into a window's record as `mergeEvidence` does: every instant only grows.
 *
 * KEYS: the window, its three tombstones, the notification. ARGV: the evidence, now, the length of the longest window,
 * the latest possible instant; all by the guard's clock. Returns the record and the tombstones.
 */
export const mergeScript: RedisScript = script(`${NOTIFY}
${READ_RECORD}

local DAY, SPARE = 86400000, 3600000

local function mergeSent(old, new)
  local byId, all, hasChanged = {}, {}, false
  for _, entry in ipairs(old or {}) do
    byId[entry[ID]] = entry
    all[#all + 1] = entry
  end
  for _, entry in ipairs(new or {}) do
    local known = byId[entry[ID]]
    if not known then
      byId[entry[ID]] = entry
      all[#all + 1] = entry
      hasChanged = true
    else
      if entry[AT] < known[AT] then known[AT] = entry[AT]; hasChanged = true end
      if entry[LOST] == 1 and known[LOST] ~= 1 then known[LOST] = 1; hasChanged = true end
    end
  end
  table.sort(all, function(one, other)
    if one[AT] ~= other[AT] then return one[AT] < other[AT] end
    return one[ID] < other[ID]
  end)
  local newest = {}
  for index = math.max(1, #all - MAX_SENT + 1), #all do newest[#newest + 1] = all[index] end
  return newest, hasChanged
end

-- An end matters until then; any other instant may matter for the length of the longest window.
local isEnd = {[NAME.expiresAt] = true, [NAME.farUntil] = true, [NAME.permanentUntil] = true}

local function endOf(record, longest)
  local last = 0
  for _, name in ipairs(INSTANTS) do
    last = math.max(last, (record[name] or 0) + (isEnd[name] and 0 or longest))
  end
  -- A refusal has to outlive whatever it refutes.
  if record[NAME.refusedAt] then last = math.max(last, record[NAME.refusedAt] + longest + DAY) end
  for _, entry in ipairs(record[NAME.sent] or {}) do last = math.max(last, entry[AT] + longest) end
  return last + SPARE
end

-- Nobody else knows it, so that its record stays until it is taken back.
local function isOptedOut(record)
  return record[NAME.optedOutAt] ~= nil and record[NAME.optedOutAt] >= (record[NAME.optedInAt] or 0)
end

local new = cjson.decode(ARGV[1])
local now, longest, latest = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local text, tombstones = readAll()
local record = readRecord(text, tombstones, latest)
local hasChanged = record == nil
record = record or {[NAME.version] = VERSION}
for _, name in ipairs(INSTANTS) do
  if new[name] and (record[name] == nil or new[name] > record[name]) then
    record[name] = new[name]
    hasChanged = true
  end
end
if new[NAME.sent] then
  local sent, hasMore = mergeSent(record[NAME.sent], new[NAME.sent])
  record[NAME.sent] = sent
  hasChanged = hasChanged or hasMore
end
local leftMs = endOf(record, longest) - now
-- One that is taken back has to be found by those who do not know yet.
if record[NAME.optedInAt] then leftMs = math.max(leftMs, longest + DAY) end
if leftMs <= 0 and not isOptedOut(record) then return {'', tombstones[1], tombstones[2], tombstones[3]} end
if hasChanged then
  record[NAME.seenTombstones] = hasAny(tombstones) and tombstones or nil
  text = cjson.encode(record)
  -- The expiry is by the clock of Redis, which may differ from the guard's.
  local time = redis.call('TIME')
  local endAt = time[1] * 1000 + math.floor(time[2] / 1000) + math.ceil(leftMs)
  if isOptedOut(record) then redis.call('SET', KEYS[1], text)
  else redis.call('SET', KEYS[1], text, 'PXAT', string.format('%.0f', endAt)) end
  notify(KEYS[5])
end
return {text, tombstones[1], tombstones[2], tombstones[3]}`);

/** Replaces a window's record with a tombstone. KEYS as in `mergeScript`. ARGV: the tombstone, its life in ms. */
export const forgetWindowScript: RedisScript = script(`${NOTIFY}
${READ_RECORD}

local _, tombstones = readAll()
local record = {[NAME.version] = VERSION, [NAME.tombstone] = ARGV[1]}
if hasAny(tombstones) then record[NAME.seenTombstones] = tombstones end
redis.call('SET', KEYS[1], cjson.encode(record), 'PX', ARGV[2])
notify(KEYS[5])
return 1`);

/** Sets the tombstone of many windows. KEYS: the tombstone, the notification. ARGV: its value, its life in ms. */
export const forgetManyScript: RedisScript = script(`${NOTIFY}

redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
notify(KEYS[2])
return 1`);
