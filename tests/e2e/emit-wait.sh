#!/usr/bin/env bash
# --wait: the server may come up later.
. "$(dirname "$0")/lib.sh"

start "$SIO" emit "unix:$TMP/sock" --wait 20s -v e 1 2>emit.err
EMITTER=$STARTED
tried_twice() { [ "$(grep -c connecting emit.err)" -ge 2 ]; }
wait_until tried_twice
SERVER_ADDR=unix:$TMP/sock start_server
expect_exit 0 "$EMITTER"

expect_status 3 "$SIO" emit "unix:$TMP/none" --wait 150ms e 2>none.err
