// The Lua side, first half: the table in force, seen by every worker at once, and who gets a request.

/** Expects the local `S` with its settings; LuaJIT and ngx_lua 0.10.16 or later. */
export const LUA_CHOOSING = String.raw`
local dict = ngx.shared[S.prefix]
local balancer = require 'ngx.balancer'
local add_header = require('ngx.resp').add_header
local unescape = ngx.unescape_uri
local SAFE = { GET = true, HEAD = true, OPTIONS = true }
local BUSY = -3 -- nginx's own code for: nobody left to ask
local KEPT_VERSIONS_MAX = 32

local function shown(text)
  return (ngx.escape_uri(text):gsub('%%20', ' '):sub(1, 200))
end

-- Text to table: see table-text.ts. Nil where it is no table.
local function parse(text)
  local stamp, rest = text:match('^gonogo%-table (%d+)\n(.*)$')
  if not stamp then return nil end
  local t = { stamp = tonumber(stamp), cuts = {}, routes = {}, versions = {}, salt = '', whole = false }
  for word, line in rest:gmatch('(%w+) ([^\n]*)\n') do
    if word == 'stable' then t.stable = unescape(line)
    elseif word == 'salt' then t.salt = unescape(line)
    elseif word == 'hold' then t.hold = true
    elseif word == 'closed' then t.closed = unescape(line)
    elseif word == 'json' then t.whole = true
    elseif word == 'cut' then
      local version, up_to = line:match('^(%S+) (%S+)$')
      t.cuts[#t.cuts + 1] = { version = unescape(version), up_to = tonumber(up_to) }
    elseif word == 'backend' then
      local version, host, port = line:match('^(%S+) (%S+) (%d+)$')
      version = unescape(version)
      local route = t.routes[version]
      if not route then
        route = { turn = 0 }
        t.routes[version] = route
        t.versions[#t.versions + 1] = version
      end
      route[#route + 1] = { host = host, port = tonumber(port), down = 'down:' .. host .. ':' .. port }
    end
  end
  if not (t.whole and t.stable and t.routes[t.stable] and #t.cuts > 0) then return nil end
  for _, cut in ipairs(t.cuts) do if not t.routes[cut.version] then return nil end end
  t.split = #t.cuts > 1
  return t
end

-- Versions whose figures are kept; the oldest beyond the limit are forgotten.
local function keep(t)
  local seen, kept = {}, {}
  for version in (dict:get('versions') or ''):gmatch('[^\n]+') do
    if not t.routes[version] then kept[#kept + 1] = version end
  end
  while #kept > 0 and #kept + #t.versions > KEPT_VERSIONS_MAX do
    local forgotten = table.remove(kept, 1)
    for _, key in ipairs(dict:get_keys(0)) do
      if key:sub(1, #forgotten + 3) == 'c:' .. forgotten .. ':' then dict:delete(key) end
    end
  end
  for _, version in ipairs(t.versions) do kept[#kept + 1] = version end
  dict:set('versions', table.concat(kept, '\n'))
end

-- Puts a table in force for all workers. False where the text is none.
local function put(text)
  local t = parse(text)
  if not t then return false end
  local ok, problem = dict:safe_set('table', text)
  if not ok then return nil, problem end
  keep(t)
  dict:incr('serial', 1, 0)
  return true
end

local function read_file(path)
  local file = io.open(path, 'r')
  if not file then return nil end
  local text = file:read('*a')
  file:close()
  return text
end

-- The file beside the configuration: what a started nginx comes up with, and the way in where there is no curl.
local function take_file()
  local file = io.open(S.table, 'r')
  if not file then return end
  local stamp = (file:read('*l') or ''):match('^gonogo%-table (%d+)')
  file:close()
  if not stamp then return end
  local now = (dict:get('table') or ''):match('^gonogo%-table (%d+)')
  if now and tonumber(stamp) <= tonumber(now) then return end
  if put(read_file(S.table) or '') then
    local ack = io.open(S.ack, 'w')
    if ack then
      ack:write(stamp)
      ack:close()
    end
  end
end

local started = false
local function start()
  if started then return end
  started = true
  math.randomseed(ngx.now() * 1000 + ngx.worker.pid() * 7919)
  take_file()
  ngx.timer.every(S.look_seconds, function(premature) if not premature then take_file() end end)
end

local known_serial, known, closing_until = -1, nil, 0
-- The table in force: parsed once a worker and change.
local function current()
  start()
  local serial = dict:get('serial') or 0
  if serial ~= known_serial then
    known = parse(dict:get('table') or '')
    closing_until = dict:get('closing') or 0
    known_serial = serial
  end
  return known
end

-- Where a client stands, 0 <= position < 100.
local function position_of(id, salt)
  local a, b, c, d = ngx.md5_bin(id .. '\n' .. salt):byte(1, 4)
  return (a * 16777216 + b * 65536 + c * 256 + d) / 42949672.96
end

local function version_at(t, position)
  for _, cut in ipairs(t.cuts) do if position < cut.up_to then return cut.version end end
  return t.cuts[#t.cuts].version
end

local function previewed(t, wanted)
  if t.routes[wanted] then return wanted end
  if wanted == 'stable' then return t.stable end
  if wanted ~= 'candidate' then return nil end
  for _, version in ipairs(t.versions) do if version ~= t.stable then return version end end
end

-- The version of a request, whether it was asked for by name, and the id for the cookie of a client that has none.
local function choose(t)
  local wanted = S.preview and ngx.var[S.preview]
  if wanted and wanted ~= '' then return previewed(t, wanted), true end
  if not (S.cookie and t.split) then return version_at(t, math.random() * 100), false end
  local id = ngx.var['cookie_' .. S.cookie]
  if id and #id == 8 and not id:find('%X') then return version_at(t, position_of(id, t.salt)), false end
  id = ('%08x'):format(math.random(0, 0xffffffff))
  return version_at(t, position_of(id, t.salt)), false, id
end

-- The backend of a version whose turn it is, not tried yet, healthy unless any will do.
local function next_of(t, version, tried, any)
  local route = t.routes[version]
  if not route then return nil end
  route.turn = route.turn % #route + 1
  for i = 0, #route - 1 do
    local backend = route[(route.turn + i - 1) % #route + 1]
    if not tried[backend.down] and (any or not dict:get(backend.down)) then return backend end
  end
end
`
