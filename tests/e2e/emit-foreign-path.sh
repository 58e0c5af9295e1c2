#!/usr/bin/env bash
# --path, and the query of the URL, reach the server.
. "$(dirname "$0")/lib.sh"

start_server --path /live/
expect_status 5 "$SIO" emit "$URL" e 2>wrong.err
assert_contains "$(cat wrong.err)" "--path"
"$SIO" emit "$URL" --path /live e
"$SIO" emit "$URL?user=me" --path live/ -vv e 2>right.err
assert_contains "$(cat right.err)" "connected"
