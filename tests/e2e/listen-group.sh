#!/usr/bin/env bash
# A group keeps its position: each run takes on where the last one ended, nothing comes twice, and
# members share the work.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

start_server --store "$TMP/queue"
# A new group starts now: what comes later waits for it.
"$SIO" emit "$URL" e 0
expect_status 124 "$SIO" listen "$URL" -g workers -c 1 --idle 200ms e >first
assert_equal "" "$(cat first)" "events from before the group"
seq 1 5 | "$SIO" emit "$URL" -l e
for _ in 1 2 3 4 5; do "$SIO" listen "$URL" -g workers -c 1 -W 10s e >>got; done
assert_equal "1 2 3 4 5" "$(sed -n 's/.*"args":\[\([0-9]*\)\].*/\1/p' got | paste -sd' ')"
assert_equal 5 "$(grep -c '"delivery":1,"group":"workers"' got)" "first deliveries"
expect_status 124 "$SIO" listen "$URL" -g workers -c 1 --idle 200ms e >rest
assert_equal "" "$(cat rest)" "what was acknowledged came again"

# --since moves the group.
"$SIO" listen "$URL" -g workers --since all -c 6 -W 10s e >again
assert_equal "0 1 2 3 4 5" "$(sed -n 's/.*"args":\[\([0-9]*\)\].*/\1/p' again | paste -sd' ')"

# Two members: every record is printed by one of them.
start "$SIO" listen "$URL" -g workers -L >one 2>one.err
start "$SIO" listen "$URL" -g workers -L >two 2>two.err
wait_lines one 1
wait_lines two 1
seq 101 400 | "$SIO" emit "$URL" -l e
all_there() { [ "$(cat one two | grep -c '"type":"event"')" -ge 300 ]; }
wait_until all_there
cat one two | sed -n 's/.*"args":\[\([0-9]*\)\].*/\1/p' | sort -n >shared
seq 101 400 >want
assert_same want shared

# A group needs a server with a queue.
start_server --store none
expect_status 2 "$SIO" listen "$URL" -g workers 2>none.err
assert_contains "$(cat none.err)" "no groups"
