#!/usr/bin/env bash
# -r sends to rooms; each listener gets an event once, however many of its rooms are named.
# shellcheck disable=SC2094
. "$(dirname "$0")/lib.sh"

start_server
start "$SIO" listen "$URL" -L -r red -r blue -c 3 >both 2>both.err
BOTH=$STARTED
start "$SIO" listen "$URL" -L -r red -c 2 >red 2>red.err
RED=$STARTED
start "$SIO" listen "$URL" -L -c 1 >none 2>none.err
NONE=$STARTED
wait_lines both 1
wait_lines red 1
wait_lines none 1

"$SIO" emit "$URL" -r red -r blue e 1
"$SIO" emit "$URL" -r blue e 2
"$SIO" emit "$URL" e 3
for pid in "$BOTH" "$RED" "$NONE"; do expect_exit 0 "$pid"; done

values() { sed -n 's/.*"event":"e","args":\[\([0-9]\)\].*/\1/p' "$1" | paste -sd' '; }
assert_equal '1 2 3' "$(values both)"
assert_equal '1 3' "$(values red)"
assert_equal '3' "$(values none)"
assert_contains "$(cat red)" '"rooms":["red","blue"]'
