-- wrk's part of load.py: signed bodies in turn, and one line of JSON at the end.
-- wrk … -s load.lua URL -- bodies.tsv   (a line: signature, tab, body)

local requests, turn = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    local signature, body = line:match("^(%x+)\t(.*)$")
    local headers = { ["Content-Type"] = "application/json", ["X-KeyCRM-Signature"] = signature }
    requests[#requests + 1] = wrk.format("POST", nil, headers, body)
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('{"requests":%d,"failed":%d,"us":%d,"p50":%d,"p99":%d}\n',
    summary.requests, failed, summary.duration, latency:percentile(50), latency:percentile(99)))
end
