#!/usr/bin/env bash
# A closed stdin is an empty one, a closed stdout takes everything: no other file is taken for them.
. "$(dirname "$0")/lib.sh"

start_server
start "$SIO" listen "$URL" -L -c 2 >out 2>listen.err
wait_lines out 1
"$SIO" emit "$URL" -l lines <&-
"$SIO" emit "$URL" -a one >&-
"$SIO" emit "$URL" two <&- >&- 2>&-
expect_exit 0 "$STARTED"
assert_equal 'one two' "$(sed -n 's/.*"event":"\([a-z]*\)".*/\1/p' out | paste -sd' ')"
