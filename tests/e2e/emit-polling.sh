#!/usr/bin/env bash
# Everything works over long-polling alone.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

start_server
start "$SIO" listen "$URL" --transport polling -L -r room -c 2003 >out 2>listen.err
wait_lines out 1
assert_contains "$(cat out)" '"transport":"polling"'

"$SIO" emit "$URL" --transport polling one 1 '{"$binary":"aGk="}'
"$SIO" emit "$URL" --transport polling -r room two 2
"$SIO" emit "$URL" --transport polling -a three 3 >ack
assert_contains "$(cat ack)" '"type":"ack","event":"three"'
seq 2000 | "$SIO" emit "$URL" --transport polling -l line
wait_lines out 2004
assert_contains "$(cat out)" '"args":[1,{"$binary":"aGk="}]'
seq 2000 >want
sed -n 's/.*"event":"line","args":\[\([0-9]*\)\].*/\1/p' out >got
assert_same want got
