#!/usr/bin/env bash
# Whoever reads stdout is slow all the time: listen reads from the server as slowly, again and again
# for a moment, and the server's pings are seconds behind in what it has not read. It stays.
. "$(dirname "$0")/lib.sh"

start_server --max-bytes 1G --ping-interval 400ms --ping-timeout 400ms
mkfifo pipe
start sh -c 'exec "$0" listen "$1" --no-reconnect -c 20000 >pipe' "$SIO" "$URL" 2>listen.err
LISTENER=$STARTED
exec 3<pipe
start "$SIO" listen "$URL" -L >seen 2>seen.err 3<&-
wait_lines seen 1

# Some 9 MB, which take more than 4 s.
seq 20000 | sed "s/\$/ $(printf '%0400d' 0)/" | "$SIO" emit "$URL" -lS line
while dd bs=32k count=1 status=none <&3 >piece && [ -s piece ]; do
  cat piece >>got
  sleep 0.01  # the slow reader
done
expect_exit 0 "$LISTENER"
sed -n 's/.*"event":"line","args":\["\([0-9]*\) .*/\1/p' got >numbers
seq 20000 >want
assert_same want numbers
