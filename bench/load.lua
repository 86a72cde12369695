-- The load of the ingest figures, for wrk:
--   wrk -t1 -c32 -d10s --latency -s load.lua URL -- EVENT.json KEY GROUPS [DELAY_MS] [PREFIX]
-- EVENT.json is an event in which EVENTID, "TIMESTAMP" and EXCTYPE stand for what differs.
-- With DELAY_MS each connection waits that long between its requests.
local threads = {}

function setup(thread)
  table.insert(threads, thread)
  thread:set("number", #threads)
end

local function cut(text, mark)
  local from, to = text:find(mark, 1, true)
  return text:sub(1, from - 1), text:sub(to + 1)
end

function init(arguments)
  local file = assert(io.open(arguments[1]))
  local rest = file:read("*a")
  file:close()
  before_id, rest = cut(rest, "EVENTID")
  before_time, rest = cut(rest, '"TIMESTAMP"')
  before_type, behind_type = cut(rest, "EXCTYPE")
  groups = tonumber(arguments[3])
  pause_ms = tonumber(arguments[4] or "0")
  math.randomseed(os.time() * 1000 + number * 7919)
  session = string.format("%08x", math.random(0, 0x7fffffff))
  count = 0
  headers = {
    ["Content-Type"] = "application/x-sentry-envelope",
    ["X-Sentry-Auth"] = "Sentry sentry_version=7, sentry_client=bench/1, sentry_key=" .. arguments[2],
  }
end

function delay() return pause_ms end

function request()
  count = count + 1
  local id = string.format("%s%08x%08x%08x", session, math.random(0, 0x7fffffff), math.random(0, 0x7fffffff), count)
  local event = before_id .. id .. before_time .. os.time() .. before_type .. "Err" .. math.random(1, groups) .. behind_type
  return wrk.format("POST", nil, headers,
    '{"event_id":"' .. id .. '"}\n{"type":"event","length":' .. #event .. '}\n' .. event .. '\n')
end

function response(status)
  if status ~= 200 then refused = (refused or 0) + 1 end
end
