-- Sends the requests of a file through wrk, each once and in order, and prints what came of them as one line of JSON.
-- The file: each request behind its length in bytes and a line feed.
local requests, sent = {}, 0

function init(arguments)
    local file = assert(io.open(arguments[1], "rb"))
    local length = file:read("*n")
    while length do
        file:read(1)
        requests[#requests + 1] = file:read(length)
        length = file:read("*n")
    end
    file:close()
end

function request()
    sent = sent + 1
    return assert(requests[sent], "there were too few requests")
end

function done(summary, latency)
    local lost = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
    io.write(string.format(
        '\n{"per_second": %f, "p50_ms": %f, "p99_ms": %f, "answers": %d, "errors": %d}\n',
        summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        summary.requests, summary.errors.status + lost))
end
