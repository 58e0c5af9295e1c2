#!/usr/bin/env bash
# A long emit -l --spool while the server goes and comes: nothing lost, nothing twice, in order.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

SERVER_ADDR=unix:$TMP/sock start_server --store "$TMP/queue"
mkfifo pipe
start sh -c 'exec "$0" emit "$1" --spool spool -lv line <pipe' "$SIO" "$URL" 2>emit.err
EMITTER=$STARTED
exec 3>pipe
seq 1 5000 >&3
stored() { [ "$("$SIO" replay --input "$1" --tail 1 -F '%{0}' 2>/dev/null)" = "$2" ]; }
wait_until stored queue 5000
kill -KILL "$SERVER_PID"
expect_exit 137 "$SERVER_PID"
seq 5001 10000 >&3
wait_until stored spool 10000
SERVER_ADDR=unix:$TMP/sock start_server --store "$TMP/queue" 3>&-
wait_until stored queue 10000
seq 10001 12000 >&3
exec 3>&-
expect_exit 0 "$EMITTER"
"$SIO" replay "$URL" line | sed -n 's/.*"args":\[\([0-9]*\)\].*/\1/p' >got
seq 12000 >want
assert_same want got
