-- The peer: the guard that an expert writes by hand into nginx (access phase of lua-nginx-module, OpenResty).
-- One EVALSHA a request over a pooled unix socket; the reply of Redis is spoken directly, which is cheaper than
-- a client library. Who is over a limit gets 403; without Redis everybody gets in.
--
-- In the location: set $peer_redis (path of the socket), $peer_script (SHA1 of lua_peer_count.lua, loaded).

local LIMIT_1_SECOND, LIMIT_60_SECONDS = '1000000000', '1000000000' -- all are let in, as the observing guard does
local CONNECT_MS, SEND_MS, READ_MS = 20, 20, 20
local IDLE_MS, POOL_SIZE = 60000, 128

local var, tcp = ngx.var, ngx.socket.tcp

local function bulk(text)
  return '$' .. #text .. '\r\n' .. text .. '\r\n'
end

local redis = tcp()
redis:settimeouts(CONNECT_MS, SEND_MS, READ_MS)
if not redis:connect('unix:' .. var.peer_redis) then return end
local sent = redis:send('*6\r\n$7\r\nEVALSHA\r\n' .. bulk(var.peer_script) .. '$1\r\n1\r\n' ..
  bulk('peer:' .. var.remote_addr) .. bulk(LIMIT_1_SECOND) .. bulk(LIMIT_60_SECONDS))
local reply = sent and redis:receive('*l')
if not reply then return end
redis:setkeepalive(IDLE_MS, POOL_SIZE)
if reply == ':1' then return ngx.exit(403) end
if reply ~= ':0' then ngx.log(ngx.ERR, 'Redis answered ', reply) end
