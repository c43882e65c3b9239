-- Counts the requests of a batch in their clients' records and returns the records.
--
-- The algorithm is decider/core/client_record.py: count_hits; one contract suite holds both to the same
-- bytes. Everything that judges (estimates, signals, score) happens there, on the record returned.
--
-- KEYS
--   KEYS[i]  decider:{shard}:client:<client>   string, packed record (layout below), TTL ARGV[1] or longer
-- ARGV
--   ARGV[1]    TTL of a record in ms: after it, every window reads zero
--   ARGV[2]    memory of a ban in seconds: a record with bans lives that long after the last one's end
--   ARGV[2+i]  the hits of KEYS[i], nine bytes each: mark (4), groups as bits (u16), age in ms (u16), rhythm (u8)
-- RETURNS
--   { now in ms, record 1, record 2, ... }
--
-- The clock is Redis TIME, so that all workers and nodes share one. Since Redis 5 a script's effects are
-- replicated, not its text, so reading the clock before writing is safe.
--
-- Record (little endian): version u8, last_ms f64, ban_until u32, ban_seconds u32, ban_count u8,
-- ban_enforced u8, hold_until u32, previous_ms f64, interval mean f32, deviation f32, interval count u16,
-- recent marks 8 x 4 bytes, then for each group and window (running u16, previous u16).
--
-- Trace, one client, window 1 s: hits at 10.2 s and 11.4 s leave (running 1, previous 0) with last_ms 10200,
-- then (running 1, previous 1) with last_ms 11400.

local record_ttl_ms, ban_memory_seconds = tonumber(ARGV[1]), tonumber(ARGV[2])

local VERSION = 1
local WINDOWS_MS = { 1000, 10000, 60000 }
local GROUPS = 4
local COUNTERS = GROUPS * #WINDOWS_MS
local LIMIT = 65535
local MARKS, MARK_BYTES, HIT_BYTES = 8, 4, 9
local NO_MARK = string.rep('\0', MARK_BYTES)
local SMOOTHING = 1 / 8
local INTERVAL_LIMIT_MS = 3600000
local LAYOUT = '<BdIIBBIdffHc' .. MARKS * MARK_BYTES .. string.rep('H', 2 * COUNTERS)
local SIZE = struct.size(LAYOUT)
local FIRST = 13 -- index of the first bucket among the unpacked fields
local NEW = { VERSION, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, string.rep('\0', MARKS * MARK_BYTES) }
for place = 0, 2 * COUNTERS - 1 do NEW[FIRST + place] = 0 end

local time = redis.call('TIME')
local clock_ms = time[1] * 1000 + math.floor(time[2] / 1000)

local function is_recent(marks, mark)
  for place = 1, #marks, MARK_BYTES do
    if string.sub(marks, place, place + MARK_BYTES - 1) == mark then return true end
  end
  return false
end

local function roll(record, now_ms)
  for window, length in ipairs(WINDOWS_MS) do
    local passed = math.floor(now_ms / length) - math.floor(record[2] / length)
    if passed ~= 0 then
      for slot = FIRST + 2 * (window - 1), FIRST + 2 * COUNTERS - 1, 2 * #WINDOWS_MS do
        record[slot + 1] = passed == 1 and record[slot] or 0
        record[slot] = 0
      end
    end
  end
end

local function keep_rhythm(record, arrival_ms)
  local interval = math.max(arrival_ms - record[8], 0)
  if record[8] == 0 or interval > INTERVAL_LIMIT_MS then
    record[8], record[9], record[10], record[11] = arrival_ms, 0, 0, 0
  elseif record[11] == 0 then
    record[8], record[9], record[10], record[11] = arrival_ms, interval, interval / 2, 1
  else
    record[8] = math.max(arrival_ms, record[8])
    record[10] = record[10] + SMOOTHING * (math.abs(interval - record[9]) - record[10])
    record[9] = record[9] + SMOOTHING * (interval - record[9])
    record[11] = math.min(record[11] + 1, LIMIT)
  end
end

local function count(record, hits, now_ms)
  for place = 1, #hits, HIT_BYTES do
    local mark = string.sub(hits, place, place + MARK_BYTES - 1)
    local groups, age_ms, rhythm = struct.unpack('<HHB', hits, place + MARK_BYTES)
    local repeated = mark ~= NO_MARK and is_recent(record[12], mark)
    if not repeated then
      if mark ~= NO_MARK then
        record[12] = mark .. string.sub(record[12], 1, (MARKS - 1) * MARK_BYTES)
      end
      for group = 0, GROUPS - 1 do
        if bit.band(groups, bit.lshift(1, group)) ~= 0 then
          local first = FIRST + 2 * group * #WINDOWS_MS
          for slot = first, first + 2 * #WINDOWS_MS - 1, 2 do
            record[slot] = math.min(record[slot] + 1, LIMIT)
          end
        end
      end
      if rhythm == 1 then keep_rhythm(record, now_ms - age_ms) end
    end
  end
end

local reply = { string.format('%.0f', clock_ms) }
for client, key in ipairs(KEYS) do
  local packed = redis.call('GET', key)
  local record
  if packed and #packed == SIZE and string.byte(packed) == VERSION then
    record = { struct.unpack(LAYOUT, packed) }
  else
    record = { unpack(NEW) }
  end
  local now_ms = math.max(clock_ms, record[2])
  roll(record, now_ms)
  count(record, ARGV[2 + client], now_ms)
  record[2] = now_ms
  packed = struct.pack(LAYOUT, unpack(record, 1, FIRST + 2 * COUNTERS - 1))
  local ttl_ms = record_ttl_ms
  if record[3] > 0 then
    ttl_ms = math.max(ttl_ms, (record[3] + ban_memory_seconds) * 1000 - clock_ms)
  end
  if record[7] > 0 then ttl_ms = math.max(ttl_ms, record[7] * 1000 - clock_ms) end
  redis.call('SET', key, packed, 'PX', string.format('%.0f', ttl_ms))
  reply[client + 1] = packed
end
return reply
