#!/usr/bin/env bash
# -c, --idle, -W and what status they lead to.
. "$(dirname "$0")/lib.sh"

start_server
start "$SIO" listen "$URL" -L -c 2 >out 2>listen.err
wait_lines out 1
seq 5 | "$SIO" emit "$URL" -l e
expect_exit 0 "$STARTED"
assert_equal 2 "$(grep -c '"event":"e"' out)" 'exactly as many as were asked for'

expect_status 124 "$SIO" listen "$URL" -c 1 -W 100ms
expect_status 124 "$SIO" listen "$URL" -c 1 --idle 100ms
expect_status 0 "$SIO" listen "$URL" -W 100ms
expect_status 0 "$SIO" listen "$URL" --idle 100ms
expect_status 2 "$SIO" listen "$URL" -c 0 2>usage.err
expect_status 2 "$SIO" listen "$URL" -W soon 2>usage.err
assert_contains "$(cat usage.err)" "--timeout soon"
expect_status 3 "$SIO" listen http://127.0.0.1:1 --wait 10s -W 300ms 2>none.err
