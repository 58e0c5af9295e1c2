#!/usr/bin/env bash
# The queue is in a directory named after the first address unless --store says where; one server at
# a time has it, and another one says who.
. "$(dirname "$0")/lib.sh"

SERVER_ADDR=unix:$TMP/a.sock start_server
place=$(echo "$XDG_STATE_HOME"/sio/*)
[ -d "$place" ] || fail "no directory in $XDG_STATE_HOME/sio"
assert_contains "$place" a.sock
expect_status 3 "$SIO" serve --store "$place" 127.0.0.1:0 2>err </dev/null
assert_contains "$(cat err)" "process $SERVER_PID has it"
stop_server

start_server
assert_equal "$place" "$(echo "$XDG_STATE_HOME"/sio/*)" 'a port that changes has no directory'
stop_server

XDG_STATE_HOME='' HOME='' expect_status 2 "$SIO" serve "unix:$TMP/a.sock" 2>err </dev/null
assert_contains "$(cat err)" '--store'
echo x >file
expect_status 3 "$SIO" serve --store file/queue 127.0.0.1:0 2>err </dev/null
assert_contains "$(cat err)" file
