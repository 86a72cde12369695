-- One body again and again, for wrk:
--   wrk -t1 -c32 -d3s -s post.lua URL -- BODY KEY
function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  wrk.body = file:read("*a")
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/x-sentry-envelope"
  wrk.headers["X-Sentry-Auth"] = "Sentry sentry_version=7, sentry_client=bench/1, sentry_key=" .. arguments[2]
end
