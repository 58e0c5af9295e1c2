#!/usr/bin/env bash
# listen | head -1 returns with the first line, not with the next event; the status is 0.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

start_server
mkfifo pipe
start sh -c 'exec "$0" listen "$1" -v >pipe' "$SIO" "$URL" 2>listen.err
LISTENER=$STARTED
exec 3<pipe
connected() { grep -q connected listen.err; }
wait_until connected
"$SIO" emit "$URL" e 1
read -r line <&3
assert_contains "$line" '"event":"e"'
exec 3<&-
expect_exit 0 "$LISTENER"

# Each event is there at once, not when a buffer is full.
start bash -c '"$0" listen "$1" -L -c 1 | cat >shown' "$SIO" "$URL" 2>cat.err
wait_lines shown 1
"$SIO" emit "$URL" e 2
wait_lines shown 2
