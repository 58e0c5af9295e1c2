#!/usr/bin/env bash
# A listener that is killed between its command's exit 0 and the ack: the record is delivered again,
# and says so. A server that is killed forgets nothing of a group.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

SERVER_ADDR=unix:$TMP/sock start_server --store "$TMP/queue"
expect_status 124 "$SIO" listen "$URL" -g g -c 1 --idle 100ms >none
"$SIO" emit "$URL" work '"once"'

# The command stops the listener and leaves with 0: nothing can acknowledge it.
start "$SIO" listen "$URL" -g g -x 'cat >>first; kill -STOP $PPID' 2>first.err
LISTENER=$STARTED
stopped() { grep -q '^State:.T' "/proc/$LISTENER/status" && [ -s first ]; }
wait_until stopped
kill -KILL "$LISTENER"
expect_exit 137 "$LISTENER"
assert_contains "$(cat first)" '"delivery":1'

"$SIO" listen "$URL" -g g -c 1 -W 20s -x 'cat >second; echo "$SIO_DELIVERY" >delivery'
assert_contains "$(cat second)" '"delivery":2'
assert_equal 2 "$(cat delivery)" SIO_DELIVERY

# Half of the work is done when the server dies.
seq 1 100 | "$SIO" emit "$URL" -l work
start "$SIO" listen "$URL" -g g -x 'cat >>finished' 2>worker.err
wait_lines finished 20
kill -KILL "$SERVER_PID"
expect_exit 137 "$SERVER_PID"
SERVER_ADDR=unix:$TMP/sock start_server --store "$TMP/queue"
seq 101 120 | "$SIO" emit "$URL" -l work
wait_lines finished 120
# What was acknowledged and not yet noted on disk may come again to another member, not to this one.
sed -n 's/.*"args":\[\([0-9]*\)\].*/\1/p' finished >got
seq 120 >want
assert_same want got
