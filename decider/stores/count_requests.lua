-- Adds the hits of a batch to their records and returns the records.
--
-- The algorithm is decider/core/client_record.py: count_hits; one contract suite holds both to the same
-- bytes. Everything that judges (estimates, signals, score) happens there, on the record returned.
--
-- KEYS
--   KEYS[i]  decider:{shard}:<scope>:<name>   string, packed record (decider/core/record_layout.py)
-- ARGV
--   ARGV[1]    TTL in ms of a record without memories: after it, every window but the day's reads zero
--   ARGV[2]    TTL in ms of a record with memories of a day (a probe, a good outcome, many misses)
--   ARGV[3]    memory of a ban in seconds: a record with bans lives that long after the last one's end
--   ARGV[4]    a new record, packed
--   ARGV[4+i]  the hits of KEYS[i]; none: the record is only read. Each hit: mark (4), age in ms (u16),
--              flags (u8: 1 rhythm, 2 activity, 4 probe, 8 outcome), for each sketch the bit seen (u8, 255 none),
--              number of slots (u8), the slots to count in (u8 each)
-- BEFORE THIS FILE (stores/record_layout_lua.py writes it from decider/core/record_layout.py)
--   LAYOUT, FIRST, FIRST_SKETCH, LAST                 how a record is unpacked, and where its slots lie then
--   WINDOWS_MS, WINDOW_FIRST, WINDOW_LAST             the counters of each window, shortest first
--   WINDOW_SKETCHES, MEMORABLE                        its sketches; slots that make a record memorable
--   LIMIT, SMOOTHING, INTERVAL_LIMIT_MS, ...          the numbers of client_record.py
-- RETURNS
--   { now in ms, record 1, record 2, ... }; false for a record that is only read and not there
--
-- The clock is Redis TIME, so that all workers and nodes share one. Since Redis 5 a script's effects are
-- replicated, not its text, so reading the clock before writing is safe.
--
-- Trace, one client, window 1 s: hits at 10.2 s and 11.4 s leave (running 1, previous 0) with last_ms 10200,
-- then (running 1, previous 1) with last_ms 11400.

local record_ttl_ms, suspect_ttl_ms, ban_memory_seconds = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local new = ARGV[4]

local HIT_BYTES = MARK_BYTES + 3 + SKETCHES + 1
local NO_MARK = string.rep('\0', MARK_BYTES)

local time = redis.call('TIME')
local clock_ms = time[1] * 1000 + math.floor(time[2] / 1000)
local floor, band, bor, lshift = math.floor, bit.band, bit.bor, bit.lshift

local function unsigned(bits)
  return bits < 0 and bits + 4294967296 or bits
end

local function is_recent(marks, mark)
  for place = 1, RECENT_MARKS * MARK_BYTES, MARK_BYTES do
    if string.sub(marks, place, place + MARK_BYTES - 1) == mark then return true end
  end
  return false
end

local function roll(record, now_ms)
  local last_ms = record[2]
  for window = 1, #WINDOWS_MS do
    local passed = floor(now_ms / WINDOWS_MS[window]) - floor(last_ms / WINDOWS_MS[window])
    if passed == 0 then return end -- a longer window's bucket turns only together with every shorter one
    for slot = WINDOW_FIRST[window], WINDOW_LAST[window], 2 do
      record[slot + 1] = passed == 1 and record[slot] or 0
      record[slot] = 0
    end
    for _, slot in ipairs(WINDOW_SKETCHES[window]) do
      record[slot + 1] = passed == 1 and record[slot] or 0
      record[slot] = 0
    end
  end
end

local function roll_hours(record, now_ms)
  local last, now = floor(record[2] / HOUR_MS), floor(now_ms / HOUR_MS)
  if now - last >= HOURS_A_DAY then
    record[15] = 0
  else
    for hour = last + 1, now do record[15] = band(record[15], bit.bnot(lshift(1, hour % HOURS_A_DAY))) end
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

local function note_flags(record, flags, now_ms)
  if band(flags, 2) ~= 0 then record[15] = bor(record[15], lshift(1, floor(now_ms / HOUR_MS) % HOURS_A_DAY)) end
  if band(flags, 4) ~= 0 then record[13] = floor(now_ms / 1000) end
  if band(flags, 8) ~= 0 then record[14] = floor(now_ms / 1000) end
end

local function count(record, hits, now_ms)
  local place = 1
  while place <= #hits do
    local mark, age_ms, flags, s1, s2, s3, s4, slots = struct.unpack('<c4HBBBBBB', hits, place)
    local next_place = place + HIT_BYTES + slots
    if mark == NO_MARK or not is_recent(record[12], mark) then
      if mark ~= NO_MARK then
        record[12] = mark .. string.sub(record[12], 1, (RECENT_MARKS - 1) * MARK_BYTES)
      end
      for at = place + HIT_BYTES, next_place - 1 do
        local slot = FIRST + string.byte(hits, at)
        if record[slot] < LIMIT then record[slot] = record[slot] + 1 end
      end
      local slot = FIRST_SKETCH
      if s1 ~= NOTHING_SEEN then record[slot] = unsigned(bor(record[slot], lshift(1, s1))) end
      if s2 ~= NOTHING_SEEN then record[slot + 2] = unsigned(bor(record[slot + 2], lshift(1, s2))) end
      if s3 ~= NOTHING_SEEN then record[slot + 4] = unsigned(bor(record[slot + 4], lshift(1, s3))) end
      if s4 ~= NOTHING_SEEN then record[slot + 6] = unsigned(bor(record[slot + 6], lshift(1, s4))) end
      if flags > 1 then note_flags(record, flags, now_ms) end
      if band(flags, 1) ~= 0 then keep_rhythm(record, now_ms - age_ms) end
    end
    place = next_place
  end
end

local function is_memorable(record)
  if record[13] > 0 or record[14] > 0 then return true end
  for place = 1, #MEMORABLE do
    local slot = MEMORABLE[place]
    if record[slot] >= MEMORABLE_COUNT or record[slot + 1] >= MEMORABLE_COUNT then return true end
  end
  return false
end

local reply = { string.format('%.0f', clock_ms) }
for client, key in ipairs(KEYS) do
  local packed = redis.call('GET', key)
  local hits = ARGV[4 + client]
  if hits == '' then
    reply[client + 1] = packed
  else
    local is_known = packed and #packed == #new and string.byte(packed) == string.byte(new)
    local record = { struct.unpack(LAYOUT, is_known and packed or new) }
    local now_ms = math.max(clock_ms, record[2])
    if is_known then
      roll(record, now_ms)
      roll_hours(record, now_ms)
    end
    count(record, hits, now_ms)
    record[2] = now_ms
    packed = struct.pack(LAYOUT, unpack(record, 1, LAST))
    local ttl_ms = is_memorable(record) and suspect_ttl_ms or record_ttl_ms
    if record[3] > 0 then ttl_ms = math.max(ttl_ms, (record[3] + ban_memory_seconds) * 1000 - clock_ms) end
    if record[7] > 0 then ttl_ms = math.max(ttl_ms, record[7] * 1000 - clock_ms) end
    redis.call('SET', key, packed, 'PX', ttl_ms)
    reply[client + 1] = packed
  end
end
return reply
