#!/usr/bin/env bash
# ping as a readiness gate (--wait), as a health check (-q), and interrupted.
. "$(dirname "$0")/lib.sh"

# Nobody is there yet. It waits, and prints the try that worked and no other.
start "$SIO" ping "unix:$TMP/socket" -c 1 --wait 30s -v >gate 2>gate.log
GATE=$STARTED
wait_until grep -q "trying again" gate.log
SERVER_ADDR=unix:$TMP/socket start_server
expect_exit 0 "$GATE"
assert_equal 1 "$(grep -c '"layer":"tcp"' gate)"
assert_lacks "$(cat gate)" '"ok":false'

# The time is up: the last try is shown, with its status.
expect_status 3 "$SIO" ping "unix:$TMP/none" --wait 300ms >late 2>late.err
assert_equal 1 "$(grep -c '"layer":"tcp","ok":false' late)"
assert_contains "$(cat late.err)" "sio serve"

# What waiting cannot change ends it at once.
start_server --ns /only
expect_status 4 "$SIO" ping "$URL" --wait 600s >refused 2>refused.err
assert_equal '"namespace"' "$(tail -n 1 refused | jq -c .layer)"

# Quiet: a status and nothing else, or one line of why.
"$SIO" ping -q -c 1 "$URL/only" >quiet 2>quiet.err
expect_status 3 "$SIO" ping -q http://127.0.0.1:1 >>quiet 2>why.err
[ ! -s quiet ] && [ ! -s quiet.err ] || fail "$(cat quiet quiet.err)"
assert_equal 1 "$(wc -l <why.err)"

# Interrupted, it sums up what it has. A reader that goes ends it.
start "$SIO" ping "$URL/only" -c 100000 -i 1ms >interrupted
wait_lines interrupted 20
kill -INT "$STARTED"
expect_exit 130 "$STARTED"
jq -e '.type == "summary" and .code == 130 and .round_trips > 0' <(tail -n 1 interrupted) >/dev/null ||
  fail "$(tail -n 1 interrupted)"
"$SIO" ping "$URL/only" -c 100000 -i 1ms | head -n 1 >first

# The server goes away between two round trips.
start "$SIO" ping "$URL/only" -c 100000 -i 1ms >gone 2>gone.err
wait_lines gone 20
PING=$STARTED
stop_server
expect_exit 6 "$PING"
assert_contains "$(cat gone.err)" "connection lost"
assert_equal 6 "$(tail -n 1 gone | jq .code)"
