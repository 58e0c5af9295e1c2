#!/usr/bin/env bash
# Several namespaces share one connection; a refused one is told while another is left.
. "$(dirname "$0")/lib.sh"

start_server --ns '/' --ns '/a*'
start "$SIO" listen "$URL" -n / -n /a1 -n a2 -n /nope -L -c 3 >out 2>listen.err
wait_lines out 4
assert_contains "$(cat listen.err)" "namespace /nope: Invalid namespace"
assert_contains "$(cat out)" '"code":4,"message":"Invalid namespace in namespace /nope"'
"$SIO" emit "$URL" e 0
"$SIO" emit "$URL/a1" e 1
"$SIO" emit "$URL" -n a2 e 2
expect_exit 0 "$STARTED"
assert_equal '/ /a1 /a2' "$(sed -n 's/.*"type":"event".*"ns":"\([^"]*\)".*/\1/p' out | paste -sd' ')"
