#!/usr/bin/env bash
# -v tells of connections, -vv of packets with their direction, -q of nothing; JSON when asked for.
. "$(dirname "$0")/lib.sh"

visit() {
  printf '40\n42["hello"]\n41\n1\n' | python3 "$HERE/raw_client.py" "$PORT" >/dev/null || true
}
start_server
visit
stop_server
assert_equal "listening $URL" "$(cat "$SERVER_LOG")"

start_server -v
visit
stop_server
assert_contains "$(cat "$SERVER_LOG")" ' connects to /'
assert_contains "$(cat "$SERVER_LOG")" ' disconnects from /: client namespace disconnect'
assert_lacks "$(cat "$SERVER_LOG")" hello

start_server -vv
visit
stop_server
assert_contains "$(cat "$SERVER_LOG")" '#1 < 42["hello"]'
assert_contains "$(cat "$SERVER_LOG")" '#1 > 40{"sid":'

# Who may see the log is not to be able to take a client's place.
start_server -vv --recover 1m
"$SIO" emit "$URL" -A '{"token":"s3cret"}' hello
stop_server
assert_contains "$(cat "$SERVER_LOG")" '< 40{"token":"***","sio":'
assert_contains "$(cat "$SERVER_LOG")" '"pid":"***"'
assert_lacks "$(cat "$SERVER_LOG")" s3cret
start_server -vvv
"$SIO" emit "$URL" -A '{"token":"s3cret"}' hello
stop_server
assert_contains "$(cat "$SERVER_LOG")" '< 40{"token":"s3cret","sio":'

"$SIO" serve --log-format json -v 127.0.0.1:0 2>log &
pid=$!
wait_until grep -q listening log
kill "$pid"
wait "$pid"
python3 -c 'import json,sys
for line in sys.stdin: json.loads(line)["message"]' <log
