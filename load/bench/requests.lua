-- Requests of one or of many clients for wrk: wrk -s requests.lua URL -- FIRST COUNT START
--   FIRST  first octet of the addresses; they spread over the 16 /8 blocks from it up
--   COUNT  how many clients; 1 sends every request from the same address
--   START  how many of the walk's steps lie behind it (0): a walk in several runs meets everyone once
-- A person's browser, header for header, on one of 200 pages: what most of a site's requests are.
-- Every scenario uses this script, so that its own cost is in all of them. Addresses are header text only:
-- the traffic stays on loopback.
-- Trace: FIRST=20 COUNT=200000 walks 20.0.0.0, 35.180.113.238, ... in an order in which neighbours share no /24.

local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

local BLOCKS = 16
local PAGES = 200 -- as a small shop has; with one, what is remembered of a page would flatter
local STEP = 7919  -- a prime: walks through all clients before it meets one again, from any start

function init(args)
  first, count = tonumber(args[1]), tonumber(args[2])
  page = 0
  -- threads start apart
  at = (number - 1) * 104729 + (tonumber(args[3]) or 0) * STEP
  head = " HTTP/1.1\r\nHost: " .. wrk.host .. "\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0\r\n" ..
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\n" ..
    "Accept-Encoding: gzip, deflate, br, zstd\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n" ..
    "X-Forwarded-For: "
end

function request()
  page = (page + 1) % PAGES
  at = (at + STEP) % count
  local block = math.floor(at / BLOCKS)
  local low = (block * 6151) % 16777216  -- odd factor: every block gets its own place in the lower 24 bits
  return "GET /bench/" .. page .. head .. (first + at % BLOCKS) .. "." .. math.floor(low / 65536) .. "." .. math.floor(low / 256) % 256 ..
    "." .. low % 256 .. "\r\n\r\n"
end
