#!/usr/bin/env bash
# unix:/path is a server like any other.
. "$(dirname "$0")/lib.sh"

SERVER_ADDR=unix:$TMP/sock start_server
start "$SIO" listen "unix:$TMP/sock" -n /chat -L -c 2 >out 2>listen.err
wait_lines out 1
SIO_URL=unix:$TMP/sock "$SIO" emit -n chat e 1
"$SIO" emit -s "unix:$TMP/sock" --transport polling -n /chat e 2
expect_exit 0 "$STARTED"
assert_equal 2 "$(grep -c '"ns":"/chat","event":"e"' out)"
