#!/usr/bin/env bash
# The exit statuses that emit and listen can have (1 and 124 have tests of their own).
. "$(dirname "$0")/lib.sh"

# 3: nobody listens. The hint says what to do.
expect_status 3 "$SIO" emit http://127.0.0.1:1 e 2>3.err
assert_contains "$(cat 3.err)" "sio emit: "
assert_contains "$(cat 3.err)" "127.0.0.1:1"
assert_contains "$(cat 3.err)" "sio serve 1"
expect_status 3 "$SIO" listen unix:"$TMP/none" 2>3.err
assert_contains "$(cat 3.err)" "$TMP/none"
expect_status 3 "$SIO" emit http://no-such-host.invalid e 2>3.err
assert_contains "$(cat 3.err)" "no-such-host.invalid"

# 5: something else answers.
cat >hello.py <<'END'
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "5"); self.end_headers()
        self.wfile.write(b"hello")
    def log_message(self, *args): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
END
start python3 hello.py >python.log
wait_lines python.log 1
expect_status 5 "$SIO" emit "http://127.0.0.1:$(cat python.log)" e 2>5.err
assert_contains "$(cat 5.err)" "not a Socket.IO server"

# 4: refused.
start_server --ns '/only*'
expect_status 4 "$SIO" emit "$URL" e 2>4.err
assert_contains "$(cat 4.err)" "Invalid namespace"
expect_status 4 "$SIO" listen "$URL" -n /nope 2>4.err
assert_contains "$(cat 4.err)" "/nope"
"$SIO" emit "$URL/only-this" e

# 7: no ack in time. This application never answers.
start_server --app 'cat >/dev/null'
expect_status 7 "$SIO" emit "$URL" -a -W 200ms e 2>7.err
assert_contains "$(cat 7.err)" "no receipt"

# 6: the connection was lost, and is not to be made again.
start "$SIO" listen "$URL" --no-reconnect -L >6.out 2>6.err
wait_lines 6.out 1
LISTENER=$STARTED
stop_server
expect_exit 6 "$LISTENER"
assert_contains "$(cat 6.err)" "connection lost"
