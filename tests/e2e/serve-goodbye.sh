#!/usr/bin/env bash
# SIGTERM: a reader that is behind is still given what is stored before it is closed; one that does
# not read at all does not keep the server.
. "$(dirname "$0")/lib.sh"

start_server --store "$TMP/queue"
for name in slow stuck; do
  mkfifo "$name.fifo"
  exec {input}<>"$name.fifo" # a fifo is opened by both ends or by neither
  start python3 "$HERE/raw_client.py" "$PORT" --stall "go-$name" <"$name.fifo" >"$name"
  declare "$name=$STARTED"
  echo 40 >&"$input"
  wait_lines "$name" 2
done
seq 20000 | sed "s/\$/ $(printf '%01500d' 0)/" | "$SIO" emit "$URL" -lS line
kill -TERM "$SERVER_PID"
touch go-slow
# shellcheck disable=SC2154
expect_exit 0 "$slow"
assert_equal closed "$(tail -n 1 slow)"
sed -n 's/^42\["line","\([0-9]*\) 0*"\]$/\1/p' slow >got
seq 20000 >want
assert_same want got
expect_exit 0 "$SERVER_PID"
