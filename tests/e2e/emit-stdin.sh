#!/usr/bin/env bash
# stdin is read only when that is asked for.
. "$(dirname "$0")/lib.sh"

start_server
start "$SIO" listen "$URL" -L -c 4 >out 2>listen.err
wait_lines out 1

printf '1\n2\n3\n' | while read -r line; do "$SIO" emit "$URL" loop "$line"; done
printf 'all\nof it\n' | "$SIO" emit "$URL" whole first -
wait_lines out 5
assert_equal 3 "$(grep -c '"event":"loop"' out)"
assert_contains "$(cat out)" '"args":["first","all\nof it\n"]'
