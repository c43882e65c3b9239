-- Starts a ban of one visitor of an address, if nobody else did meanwhile, and lets the address start anew.
--
-- The algorithm is decider/core/ban.py: after_visitor_ban; one contract suite holds both to the same bytes.
--
-- KEYS
--   KEYS[1]  decider:{shard}:client:<client>           string, packed record (layout: count_requests.lua)
--   KEYS[2]  decider:{shard}:session|key:<visitor>     the same, of the visitor
-- ARGV     as in start_ban.lua, and
--   ARGV[6]  how many bans the caller saw the visitor have (compare and set)
--   ARGV[8]  now, epoch seconds
-- BEFORE THIS FILE (stores/record_layout_lua.py)
--   LAYOUT, FIRST, FIRST_SKETCH, LAST   how a record is unpacked
-- RETURNS
--   { 1 if this call started the ban, else 0; the visitor's record; the address's record }
--
-- Trace: eleven requests of session S in an office's busy second. S is banned for 60 s; the address keeps the
-- repeat (count 1, ended now), and its counters read zero, or the next colleague would answer for S.

local new = ARGV[1]
local until_seconds, seconds, count, enforced = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local expected, memory_seconds, now = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local fresh = { struct.unpack(LAYOUT, new) }

local function read(key)
  local packed = redis.call('GET', key)
  if not packed or #packed ~= #new or string.byte(packed) ~= string.byte(new) then packed = new end
  return { struct.unpack(LAYOUT, packed) }, packed
end

local function write(key, record)
  local packed = struct.pack(LAYOUT, unpack(record, 1, LAST))
  redis.call('SET', key, packed, 'EXAT', record[3] + memory_seconds)
  return packed
end

local address, packed_address = read(KEYS[1])
local visitor, packed_visitor = read(KEYS[2])
local takes_over = enforced == 1 and visitor[6] == 0
if (visitor[5] ~= expected and not takes_over) or visitor[3] > until_seconds then
  return { 0, packed_visitor, packed_address }
end

visitor[3], visitor[4], visitor[5], visitor[6] = until_seconds, seconds, count, enforced
for field = 8, 13 do address[field] = fresh[field] end -- rhythm, marks, probe
for slot = FIRST, FIRST_SKETCH - 1 do address[slot] = 0 end
if address[3] <= now then address[3], address[4], address[6] = now, 0, 0 end
address[5] = count
return { 1, write(KEYS[2], visitor), write(KEYS[1], address) }
