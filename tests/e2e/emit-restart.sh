#!/usr/bin/env bash
# The server is restarted while emit -l runs: nothing is lost, nothing is there twice, order is kept.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

SERVER_ADDR=unix:$TMP/sock start_server
start "$SIO" listen "$URL" -L >out 2>listen.err
wait_lines out 1
mkfifo pipe
start sh -c 'exec "$0" emit "$1" -lv line <pipe' "$SIO" "$URL" 2>emit.err
EMITTER=$STARTED
exec 3>pipe

seq 1 20000 >&3
wait_lines out 20001
stop_server
seq 20001 30000 >&3
SERVER_ADDR=unix:$TMP/sock start_server 3>&-
joined_again() { [ "$(grep -c '"type":"connect"' out)" -eq 2 ]; }
wait_until joined_again
seq 30001 40000 >&3
exec 3>&-
expect_exit 0 "$EMITTER"

all_there() { [ "$(grep -c '"event":"line"' out)" -ge 40000 ]; }
wait_until all_there
sed -n 's/.*"event":"line","args":\[\([0-9]*\)\].*/\1/p' out >got
seq 40000 >want
assert_same want got
