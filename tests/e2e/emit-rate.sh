#!/usr/bin/env bash
# --rate sends every line, only slower; stdin that cannot be read is an error.
. "$(dirname "$0")/lib.sh"

start_server
start "$SIO" listen "$URL" -L -c 50 >out 2>listen.err
wait_lines out 1
seq 50 | "$SIO" emit "$URL" -l --rate 500 e
expect_exit 0 "$STARTED"
assert_equal 50 "$(grep -c '"event":"e"' out)"

expect_status 2 "$SIO" emit "$URL" -l --rate 0 e 2>usage.err
expect_status 1 "$SIO" emit "$URL" -l e <"$TMP" 2>directory.err
assert_contains "$(cat directory.err)" stdin
