// The Lua side, second half: a request through nginx's phases, its figures, and the questions of the conductor.

/** Follows `LUA_CHOOSING`; ends with the module in `package.loaded`. */
export const LUA_SERVING = String.raw`
local M = {}
local in_flight = 'f:' .. ngx.worker.pid() .. ':'
local held = 0
-- Of this second, in this worker.
local window = { second = 0, requests = 0, shielded = 0 }

local function answer(status, why)
  ngx.status = status
  ngx.header['Content-Type'] = 'text/plain; charset=utf-8'
  if status == 503 then ngx.header['Retry-After'] = '1' end
  ngx.print('gonogo router: ' .. why .. '\n')
  return ngx.exit(ngx.HTTP_OK)
end

local function closed(text)
  ngx.status = 503
  ngx.header['Content-Type'] = 'text/plain; charset=utf-8'
  ngx.header['Retry-After'] = '30'
  ngx.header['Cache-Control'] = 'no-store'
  ngx.print(text .. '\n')
  return ngx.exit(ngx.HTTP_OK)
end

-- Waits while requests are held. The table after it; nil and why where there is none to go by.
local function admitted()
  local t = current()
  if not t then return nil, 'the router has no routing table yet' end
  if not t.hold then return t end
  if held >= S.hold_max / ngx.worker.count() then return nil, 'too many requests are held' end
  held = held + 1
  local ends = ngx.now() + S.hold_seconds
  while t.hold and ngx.now() < ends do
    ngx.sleep(0.01)
    t = current() or t
  end
  held = held - 1
  if t.hold then return nil, 'held for too long' end
  return t
end

local function may_shield()
  local second = ngx.time()
  if window.second ~= second then window = { second = second, requests = 0, shielded = 0 } end
  window.requests = window.requests + 1
  return window.shielded < math.max(1, window.requests * S.shield / 100)
end

function M.access()
  if not current() then return answer(503, 'the router has no routing table yet') end
  -- Before the choice: a slow upload must not hang on a version that is drained meanwhile.
  ngx.req.read_body()
  local t, problem = admitted()
  if not t then return answer(503, problem) end
  if t.closed then return closed(t.closed) end
  local version, asked, id = choose(t)
  if not version then return answer(503, 'no version ' .. shown(ngx.var[S.preview]) .. ' is routed here') end
  local shield = S.shield and may_shield() and version ~= t.stable and not asked and SAFE[ngx.req.get_method()]
  local pick = { version = version, asked = asked, id = id, shield = shield }
  local to = shield and S.shielded
  if ngx.var.http_upgrade or (ngx.var.http_accept or ''):find('text/event-stream', 1, true) then to = S.streamed end
  if not to then
    ngx.ctx[S.prefix] = pick
    return
  end
  -- A jump empties ngx.ctx; variables live on.
  pick.shield = to == S.shielded
  ngx.var[S.pick] = (asked and 'y' or 'n') .. (pick.shield and 'y' or 'n') .. (id or '--------') .. version
  return ngx.exec(to)
end

local function context()
  local c = ngx.ctx[S.prefix]
  if c then return c end
  local asked, shield, id, version = (ngx.var[S.pick] or ''):match('^(.)(.)(........)(.*)$')
  if not asked then return nil end
  c = { version = version, asked = asked == 'y', shield = shield == 'y', id = id ~= '--------' and id or nil }
  ngx.ctx[S.prefix] = c
  return c
end

local function count(version, failed, ms)
  local key = 'c:' .. version .. ':'
  dict:incr(key .. 'requests', 1, 0)
  if failed then dict:incr(key .. 'errors', 1, 0) end
  if not ms then return end
  dict:incr(key .. 'ms', ms, 0)
  local low, high = 1, #S.bounds + 1
  while low < high do
    local middle = math.floor((low + high) / 2)
    if ms <= S.bounds[middle] then high = middle else low = middle + 1 end
  end
  dict:incr(key .. low, 1, 0)
end

local function began(c, version, backend)
  c.serving, c.backend = version, backend
  c.began = ngx.now()
  c.made = c.made + 1
  c.tried[backend.down] = true
  dict:incr(in_flight .. version, 1, 0)
end

local function ended(c)
  dict:incr(in_flight .. c.serving, -1, 0)
end

-- Of the last attempt whose backend is known, as nginx lists them: "0.001, -", with " : " at the end before the next one is.
local function of_last_attempt(list)
  return (list or ''):match('([%d.%-]+)[ :]*$')
end

local function eject(c)
  dict:set(c.backend.down, true, S.eject_seconds)
end

-- An attempt failed and nginx would make another one. Whether it may.
local function settle(c, t)
  local connected = of_last_attempt(ngx.var.upstream_connect_time)
  local answered = of_last_attempt(ngx.var.upstream_header_time)
  answered = answered and answered ~= '-'
  ended(c)
  count(c.serving, true, (ngx.now() - c.began) * 1000)
  if not answered then eject(c) end
  -- What was never sent may be sent again always; what may have been worked on, only when twice is the same as once.
  local may = connected == '-' or SAFE[ngx.req.get_method()]
  if may then
    dict:incr('c:' .. c.serving .. ':retries', 1, 0)
    if answered then
      if c.serving ~= t.stable then c.shielding = c.serving end
      window.shielded = window.shielded + 1
    elseif c.shield and c.made < S.attempts then
      -- Of the two that a shield has, one was no answer: see balance.
      balancer.set_more_tries(1)
    end
  end
  c.serving = nil
  return may
end

-- Another backend of the same version, then stable; who asked for one version gets that one or none.
local function next_backend(c, t)
  local version = c.version
  if not t.routes[version] and not c.asked then version = t.stable end
  -- The last attempt is stable's, however many instances of the version have died.
  local own = not c.shielding and (c.asked or c.made == 0 or c.made < S.attempts - 1)
  local backend = own and next_of(t, version, c.tried, false)
  if backend then return version, backend end
  if not c.asked then
    if version ~= t.stable and not next(c.tried) then
      -- A version whose backends are all out failed this request as much as one that breaks the connection.
      count(version, true)
      dict:incr('c:' .. version .. ':retries', 1, 0)
    end
    version = t.stable
    backend = next_of(t, version, c.tried, false)
    if backend then return version, backend end
  end
  return version, next_of(t, version, c.tried, true)
end

function M.balance()
  local c, t = context(), current()
  if not (c and t) then return ngx.exit(BUSY) end
  if not balancer.get_last_failure() then
    c.tried, c.made = {}, 0
    -- With a shield there are two: nginx hands on what the last attempt brought, and a 5xx of stable is to be handed on.
    local tries = c.shield and 2 or S.attempts
    if tries > 1 then balancer.set_more_tries(tries - 1) end
  elseif c.serving and not settle(c, t) then
    return ngx.exit(BUSY)
  end
  local version, backend = next_backend(c, t)
  if not backend then return ngx.exit(BUSY) end
  began(c, version, backend)
  local ok, problem = balancer.set_current_peer(backend.host, backend.port)
  if not ok then
    ngx.log(ngx.ERR, 'gonogo: ', problem)
    return ngx.exit(BUSY)
  end
end

function M.header()
  local c = ngx.ctx[S.prefix]
  if closing_until > ngx.now() then ngx.header['Connection'] = 'close' end
  if not (c and c.serving) then return end
  if S.answer_header then ngx.header[S.answer_header] = c.serving end
  if c.id then add_header('Set-Cookie', S.cookie .. '=' .. c.id .. '; Path=/; HttpOnly; SameSite=Lax') end
  -- What stays open for hours is counted when it begins.
  if ngx.status == 101 then
    count(c.serving, false)
    c.counted = true
  end
end

function M.log()
  local c = ngx.ctx[S.prefix]
  if not (c and c.serving) then return end
  ended(c)
  local status = ngx.status
  -- 499: the client went away before there was an answer.
  if c.counted or status == 499 then return end
  local seconds = tonumber(of_last_attempt(ngx.var.upstream_response_time) or '')
  count(c.serving, status >= 500, (seconds or ngx.now() - c.began) * 1000)
  if status >= 500 and of_last_attempt(ngx.var.upstream_header_time) == '-' then eject(c) end
  if c.shielding and status < 500 then dict:incr('c:' .. c.shielding .. ':shielded', 1, 0) end
end

-- Requests in flight by version. What a worker that died had under way is not.
local function all_in_flight()
  local sums, alive = {}, {}
  for _, key in ipairs(dict:get_keys(0)) do
    local pid, version = key:match('^f:(%d+):(.*)$')
    if pid then
      if alive[pid] == nil then alive[pid] = S.is_alive(tonumber(pid)) end
      if alive[pid] then sums[version] = (sums[version] or 0) + (dict:get(key) or 0) else dict:delete(key) end
    end
  end
  return sums
end

local function counters()
  local flying, lines = all_in_flight(), {}
  for version in (dict:get('versions') or ''):gmatch('[^\n]+') do
    local key = 'c:' .. version .. ':'
    local words = { ngx.escape_uri(version) }
    for _, what in ipairs({ 'requests', 'errors', 'retries', 'shielded', 'ms' }) do
      words[#words + 1] = ('%.14g'):format(dict:get(key .. what) or 0)
    end
    words[#words + 1] = flying[version] or 0
    for i = 1, #S.bounds + 1 do words[#words + 1] = dict:get(key .. i) or 0 end
    lines[#lines + 1] = table.concat(words, ' ')
  end
  return table.concat(lines, '\n')
end

local function drain()
  local version = ngx.var.arg_version and unescape(ngx.var.arg_version) or ''
  local ends = ngx.now() + (tonumber(ngx.var.arg_timeoutMs) or 0) / 1000
  while (all_in_flight()[version] or 0) > 0 do
    if ngx.now() >= ends then return 'no' end
    ngx.sleep(0.005)
  end
  return 'yes'
end

local routes = {
  ['GET /table'] = function() return current() and dict:get('table') or '' end,
  ['GET /counters'] = counters,
  ['GET /drain'] = drain,
  ['GET /health'] = function() return S.build end,
  -- Answers with its build and the table as it stands now: later than the one before, whatever the clock of who sent it says.
  ['PUT /table'] = function()
    ngx.req.read_body()
    local stamp, lines = (ngx.req.get_body_data() or ''):match('^gonogo%-table (%d+)(\n.*)$')
    local last = current() and known.stamp or 0
    local text = stamp and ('gonogo-table %.0f'):format(math.max(tonumber(stamp), last + 1)) .. lines
    local ok, problem = put(text or '')
    if ok then return S.build .. '\n' .. text end
    ngx.status = 422
    return problem or 'this is no table'
  end,
  -- Clients are asked to come again on a new connection: after that, ending the workers cuts off nobody.
  ['POST /closing'] = function()
    dict:set('closing', ngx.now() + (tonumber(ngx.var.arg_ms) or 0) / 1000)
    dict:incr('serial', 1, 0)
    return ''
  end,
}

function M.admin(token)
  start()
  if token and ngx.var.http_x_gonogo_token ~= token then return ngx.exit(403) end
  local route = routes[ngx.req.get_method() .. ' ' .. ngx.var.uri]
  if not route then return ngx.exit(404) end
  local text = route()
  ngx.print(text)
end

package.loaded[S.prefix] = M
return M
`
