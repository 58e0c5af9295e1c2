#!/usr/bin/env bash
# The server is killed with -9 and started again under emit -l, several times: nothing is lost,
# nothing is there twice, order is kept.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

SERVER_ADDR=unix:$TMP/sock start_server --store "$TMP/queue"
mkfifo pipe
start sh -c 'exec "$0" emit "$1" -l line <pipe' "$SIO" "$URL" 2>emit.err
EMITTER=$STARTED
exec 3>pipe
for round in 0 1 2 3; do
  seq $((round * 5000 + 1)) $((round * 5000 + 5000)) >&3
  some_stored() { [ -n "$(timeout 5 "$SIO" replay --input queue --tail 1 2>/dev/null)" ]; }
  wait_until some_stored
  kill -KILL "$SERVER_PID"
  expect_exit 137 "$SERVER_PID"
  SERVER_ADDR=unix:$TMP/sock start_server --store "$TMP/queue" 3>&-
done
exec 3>&-
expect_exit 0 "$EMITTER"
"$SIO" replay "$URL" line | sed -n 's/.*"args":\[\([0-9]*\)\].*/\1/p' >got
seq 20000 >want
assert_same want got
