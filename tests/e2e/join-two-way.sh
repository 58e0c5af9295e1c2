#!/usr/bin/env bash
# join: lines of stdin to the rooms, the rooms to stdout; the end of stdin stops sending only.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

start_server
mkfifo ann bob
start sh -c 'exec "$0" join "$1" -L lobby <ann' "$SIO" "$URL" >ann.out 2>ann.err
exec 3>ann
start sh -c 'exec "$0" join "$1" -L -e say lobby <bob' "$SIO" "$URL" >bob.out 2>bob.err 3>&-
exec 4>bob
start "$SIO" listen "$URL" -L >outside 2>outside.err 3>&- 4>&-
wait_lines ann.out 2
wait_lines bob.out 2
wait_lines outside 1

echo 'hello bob' >&3
wait_lines bob.out 3
assert_contains "$(cat bob.out)" '"event":"message","args":["hello bob"]'
assert_contains "$(cat bob.out)" '"rooms":["lobby"]'
exec 3>&-
echo '{"n":1}' >&4
wait_lines ann.out 3
assert_contains "$(cat ann.out)" '"event":"say","args":[{"n":1}]'
"$SIO" emit "$URL" all
wait_lines ann.out 4
wait_lines bob.out 4
wait_lines outside 2
assert_lacks "$(cat outside)" lobby
assert_equal 1 "$(grep -c '"event":"message"' bob.out)" 'nobody hears himself'

expect_status 2 "$SIO" join "$URL" 2>usage.err </dev/null
assert_contains "$(cat usage.err)" ROOM
