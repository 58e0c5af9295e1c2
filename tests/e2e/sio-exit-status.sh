#!/usr/bin/env bash
# Every exit status: a row each, as `sio help exit` lists them (tests/docs/options.sh compares).
. "$(dirname "$0")/lib.sh"

row() { :; }
# What ends by a signal, as its parent sees it.
signal_of() { python3 -c 'import subprocess, sys; print(-subprocess.call(sys.argv[1:]))' "$@"; }

row 3
# Nobody listens. The hint says what to do.
expect_status 3 "$SIO" emit http://127.0.0.1:1 e 2>3.err
assert_contains "$(cat 3.err)" "sio emit: "
assert_contains "$(cat 3.err)" "127.0.0.1:1"
assert_contains "$(cat 3.err)" "sio serve 1"
expect_status 3 "$SIO" listen unix:"$TMP/none" 2>3.err
assert_contains "$(cat 3.err)" "$TMP/none"
expect_status 3 "$SIO" emit http://no-such-host.invalid e 2>3.err
assert_contains "$(cat 3.err)" "no-such-host.invalid"

row 5
# Something else answers.
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

row 4
start_server --ns '/only*'
expect_status 4 "$SIO" emit "$URL" e 2>4.err
assert_contains "$(cat 4.err)" "Invalid namespace"
expect_status 4 "$SIO" listen "$URL" -n /nope 2>4.err
assert_contains "$(cat 4.err)" "/nope"
"$SIO" emit "$URL/only-this" e

row 7
# This application never answers.
start_server --app 'cat >/dev/null'
expect_status 7 "$SIO" emit "$URL" -a -W 200ms e 2>7.err
assert_contains "$(cat 7.err)" "no receipt"

row 6
# The connection was lost, and is not to be made again.
start "$SIO" listen "$URL" --no-reconnect -L >6.out 2>6.err
wait_lines 6.out 1
LISTENER=$STARTED
stop_server
expect_exit 6 "$LISTENER"
assert_contains "$(cat 6.err)" "connection lost"

row 0
start_server
"$SIO" emit "$URL" e
expect_status 0 "$SIO" listen "$URL" --since all -c 1 >0.out
expect_status 0 "$SIO" listen "$URL" -W 2s
expect_status 0 "$SIO" listen "$URL" --idle 50ms
# Nobody reads: the status of the first in the pipe.
"$SIO" replay "$URL" --since all | : || fail "a closed pipe is no failure"
stop_server # by SIGTERM: 0
start_server
kill -INT "$SERVER_PID"
expect_exit 0 "$SERVER_PID"

row 1
start_server
printf '%s\n' 1 '{oops' 3 >lines
expect_status 1 "$SIO" emit "$URL" -l e <lines 2>1.err
assert_contains "$(cat 1.err)" 'line 2'
expect_status 1 "$SIO" listen "$URL" --since all -c 2 -x 'exit 3' 2>1.err
assert_contains "$(cat 1.err)" 'exit 3 from the command'

row 2
expect_status 2 "$SIO" emit "$URL" e '{oops' 2>2.err
assert_contains "$(cat 2.err)" '-S'
start_server --store none
expect_status 2 "$SIO" listen "$URL" -g g 2>2.err
assert_contains "$(cat 2.err)" '--store DIR'
expect_status 2 "$SIO" serve 0.0.0.0:0 2>2.err

row 3
expect_status 3 "$SIO" serve "127.0.0.1:$PORT" 2>3.err
assert_contains "$(cat 3.err)" 'in use'

row 8
SERVER_ADDR=unix:$TMP/sock start_server --store memory
start "$SIO" listen "$URL" --strict -v 2>8.err
joined() { grep -q joined 8.err; }
wait_until joined
LISTENER=$STARTED
stop_server
SERVER_ADDR=unix:$TMP/sock start_server --store memory
expect_exit 8 "$LISTENER"

row 124
expect_status 124 "$SIO" listen "$URL" -c 1 -W 50ms
expect_status 124 "$SIO" listen "$URL" -c 1 --idle 50ms

row 126
"$SIO" emit "$URL" e
expect_status 126 "$SIO" listen "$URL" --since all -c 1 -x "$TMP/lines" 2>126.err
assert_contains "$(cat 126.err)" "$TMP/lines"

row 127
expect_status 127 "$SIO" listen "$URL" --since all -c 1 -x no-such-command 2>127.err
assert_contains "$(cat 127.err)" no-such-command

row 128+n
# Raised again: what waits sees the signal itself.
for signal in INT TERM; do
  number=$(kill -l "$signal")
  assert_equal "$number" "$(signal_of env --default-signal=INT,TERM sh -c \
    'kill -"$0" $$ & exec "$1" listen "$2" --wait 1h' "$signal" "$SIO" http://127.0.0.1:1)" "$signal"
done
