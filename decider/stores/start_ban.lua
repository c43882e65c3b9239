-- Starts a ban in a client's record, if nobody else did meanwhile.
--
-- KEYS
--   KEYS[1]  decider:{shard}:client:<client>   string, packed record (layout: count_requests.lua)
-- ARGV
--   ARGV[1]  a new client's record, used when the key is absent or of another version
--   ARGV[2]  until: end of the ban, epoch seconds
--   ARGV[3]  length of the ban in seconds
--   ARGV[4]  its number within the memory (1 = first)
--   ARGV[5]  1 enforced, 0 observed
--   ARGV[6]  how many bans the caller saw (compare and set), or -1 to force
--   ARGV[7]  memory of a ban in seconds
-- RETURNS
--   { 1 if this call started the ban, else 0; the record afterwards }
--
-- Trace: two workers see the same burst with count 0. The first sets count 1 and returns 1; the second finds
-- count 1 where it expected 0 and returns 0 with the record that the first one wrote.

local HEAD = '<BdIIBBI'
local until_seconds, seconds, count, enforced = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local expected, memory_seconds = tonumber(ARGV[6]), tonumber(ARGV[7])

local packed = redis.call('GET', KEYS[1])
if not packed or #packed ~= #ARGV[1] or string.byte(packed) ~= string.byte(ARGV[1]) then packed = ARGV[1] end
local version, last_ms, old_until, _, old_count, old_enforced, hold_until = struct.unpack(HEAD, packed)

local takes_over = enforced == 1 and old_enforced == 0
if expected >= 0 and old_count ~= expected and not takes_over then return { 0, packed } end
if expected >= 0 and old_until > until_seconds then return { 0, packed } end
if expected < 0 then hold_until = 0 end

packed = struct.pack(HEAD, version, last_ms, until_seconds, seconds, count, enforced, hold_until)
  .. string.sub(packed, struct.size(HEAD) + 1)
redis.call('SET', KEYS[1], packed, 'EXAT', until_seconds + memory_seconds)
return { 1, packed }
