#!/usr/bin/env bash
# A unix socket has the mode that was asked for, and one that nobody listens on is replaced.
. "$(dirname "$0")/lib.sh"

start_server "unix:$TMP/a.sock,mode=600"
wait_lines "$SERVER_LOG" 2
assert_equal 600 "$(stat -c %a a.sock)"
kill -KILL "$SERVER_PID"
expect_exit 137 "$SERVER_PID"
[ -S a.sock ] || fail "a killed server leaves its socket"
start_server "unix:$TMP/a.sock"
curl -sf --unix-socket a.sock "http://x/socket.io/?EIO=4&transport=polling" >/dev/null
