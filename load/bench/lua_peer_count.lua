-- The peer's counters, inside Redis: sliding windows of 1 s and 60 s for one client, one call a request.
--
-- KEYS[1]  peer:<client>
-- ARGV     most requests in 1 s, most requests in 60 s
-- RETURNS  1 over a limit, else 0
--
-- A window is the running bucket plus the share of the previous one that still lies in it: two small integers a
-- window, which is the cheapest sliding window there is.

local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local over = 0
for number, seconds in ipairs({ 1, 60 }) do
  local bucket = math.floor(now / seconds)
  local key = KEYS[1] .. ':' .. seconds .. ':'
  local running = redis.call('INCR', key .. bucket)
  if running == 1 then redis.call('EXPIRE', key .. bucket, 2 * seconds) end
  local previous = tonumber(redis.call('GET', key .. bucket - 1) or 0)
  if running + previous * (1 - now / seconds % 1) > tonumber(ARGV[number]) then over = 1 end
end
return over
