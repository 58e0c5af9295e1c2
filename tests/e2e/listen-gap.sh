#!/usr/bin/env bash
# A server that has forgotten what was missed: the gap is said; --strict makes it the end, with 8.
. "$(dirname "$0")/lib.sh"

SERVER_ADDR=unix:$TMP/sock start_server --store memory
start "$SIO" listen "$URL" -L >out 2>listen.err
start "$SIO" listen "$URL" -L --strict >strict 2>strict.err
STRICT=$STARTED
start "$SIO" join "$URL" room -L --strict >joined 2>join.err </dev/null
JOINED=$STARTED
wait_lines out 1
wait_lines strict 1
wait_lines joined 1
stop_server
SERVER_ADDR=unix:$TMP/sock start_server --store memory
expect_exit 8 "$STRICT"
assert_contains "$(cat strict.err)" "events may be lost"
expect_exit 8 "$JOINED"

has_gap() { grep -q '^{"type":"gap",' out; }
wait_until has_gap
assert_contains "$(cat listen.err)" "events may be lost"
"$SIO" emit "$URL" after
has_event() { grep -q '"event":"after"' out; }
wait_until has_event
