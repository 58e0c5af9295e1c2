#!/usr/bin/env bash
# Nobody reads stdout for a while: listen stops reading from the server, keeps its memory bounded
# and its session alive; then everything is there, once, in order.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

start_server --max-bytes 1G --ping-interval 1s --ping-timeout 2s
mkfifo pipe
start sh -c 'exec "$0" listen "$1" --no-reconnect -c 100000 >pipe' "$SIO" "$URL" 2>listen.err
LISTENER=$STARTED
exec 3<pipe
start "$SIO" listen "$URL" -L >seen 2>seen.err 3<&-
wait_lines seen 1

seq 100000 | sed "s/\$/ $(printf '%0300d' 0)/" | "$SIO" emit "$URL" -lS line
all_there() { [ "$(grep -c '"event":"line"' seen)" -ge 100000 ]; }
wait_until all_there
resident_kb() { sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status"; }
# 100,000 records are some 45 MB.
[ "$(resident_kb "$LISTENER")" -lt 32000 ] || fail "the listener has $(resident_kb "$LISTENER") KB"
# The server would have missed a pong by now, had it not been told.
"$SIO" listen "$URL" -W 4s >/dev/null
sed -n 's/.*"event":"line","args":\["\([0-9]*\) .*/\1/p' <&3 >got
expect_exit 0 "$LISTENER"
seq 100000 >want
assert_same want got
