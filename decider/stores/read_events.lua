-- Reads new entries for one consumer, and counts those that the length limit cut off before anybody read them.
--
-- KEYS
--   KEYS[1]  decider:events   stream of security events
-- ARGV
--   ARGV[1]  group
--   ARGV[2]  consumer
--   ARGV[3]  how many entries at most
-- RETURNS
--   { entries cut off unread since the last read, or -1 where the server does not count (Redis 6.2);
--     the id up to which the group has read now; the entries as XREADGROUP gives them, or an empty list }
-- ERRORS
--   NOGROUP   the group, or the stream, is missing
--
-- Redis 7 knows how many entries were ever added, and how many of those the group has passed. If the first
-- entry left lies beyond the group's position, all before it were cut off, and the group passed fewer:
--
--   added 20, 3 left, so 17 cut; the group has read 10: 7 were lost
--
-- The group's count is then set to 17, because Redis 7.0 would only ever add to it what is read, and its own
-- lag would stay 7 too high for ever.

local GROUP, CONSUMER, COUNT = ARGV[1], ARGV[2], ARGV[3]

local function named(flat)
  local fields = {}
  for place = 1, #flat, 2 do fields[flat[place]] = flat[place + 1] end
  return fields
end

local function is_after(one, other)
  local one_ms, one_sequence = string.match(one, '^(%d+)-(%d+)$')
  local other_ms, other_sequence = string.match(other, '^(%d+)-(%d+)$')
  if one_ms ~= other_ms then return tonumber(one_ms) > tonumber(other_ms) end
  return tonumber(one_sequence) > tonumber(other_sequence)
end

local function find_group()
  if redis.call('EXISTS', KEYS[1]) == 0 then return nil end
  for _, flat in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    local group = named(flat)
    if group['name'] == GROUP then return group end
  end
end

local group = find_group()
if not group then return redis.error_reply('NOGROUP no group ' .. GROUP .. ' on ' .. KEYS[1]) end
local stream = named(redis.call('XINFO', 'STREAM', KEYS[1]))
local passed, trimmed = group['entries-read'], -1
if stream['entries-added'] and passed then
  local cut = stream['entries-added'] - stream['length']
  local first = stream['first-entry']
  trimmed = 0
  if cut > passed and (not first or is_after(first[1], group['last-delivered-id'])) then
    trimmed = cut - passed
    redis.call('XGROUP', 'SETID', KEYS[1], GROUP, group['last-delivered-id'], 'ENTRIESREAD', cut)
  end
end

local read = redis.call('XREADGROUP', 'GROUP', GROUP, CONSUMER, 'COUNT', COUNT, 'STREAMS', KEYS[1], '>')
local entries = read and read[1] and read[1][2] or {}
local position = #entries > 0 and entries[#entries][1] or group['last-delivered-id']
return { trimmed, position, entries }
