#!/usr/bin/env bash
# -L prints what happens to the connection; without it stdout carries events only.
. "$(dirname "$0")/lib.sh"

SERVER_ADDR=unix:$TMP/sock start_server
start "$SIO" listen "$URL" -L >out 2>listen.err
start "$SIO" listen "$URL" -v >plain 2>plain.err
wait_lines out 1
grep -qE '^\{"type":"connect","time":"[^"]*","sid":"[^"]{20}","transport":"websocket","recovered":false,"server":"sio/[0-9.]+"\}$' out ||
  fail "an unexpected record: $(cat out)"
stop_server
has() { grep -q "$2" "$1"; }
wait_until has out '^{"type":"disconnect","time":"[^"]*","reason":"transport close","retry":[0-9.]*}'
assert_contains "$(cat listen.err)" "connection lost"
SERVER_ADDR=unix:$TMP/sock start_server
reconnected() { [ "$(grep -c "$2" "$1")" -eq 2 ]; }
wait_until reconnected out '"type":"connect"'
wait_until reconnected plain.err 'connected to'
"$SIO" emit "$URL" e 1
wait_until has plain '"event":"e"'
assert_equal 1 "$(wc -l <plain)" 'events only'
