#!/usr/bin/env bash
# What was acknowledged is there after the server was stopped, and after it was killed, with the same
# ids; a second publish under a known id is the first one again.
. "$(dirname "$0")/lib.sh"

receipt() { sed -n 's/^43[0-9]*\[{"id":"\([^"]*\)"}\]$/\1/p'; }
say() {
  mkfifo talk.fifo
  exec 4<>talk.fifo
  start python3 "$HERE/raw_client.py" "$PORT" <talk.fifo >said
  rm talk.fifo
  printf '%s\n' 40 "$@" >&4
  wait_lines said 3
  exec 4>&-
  end_process "$STARTED"
}
keyed='420["sio:emit",{"event":"keyed","args":[1],"id":"once"}]'

start_server --store "$TMP/queue"
say '420["first",1]'
first=$(receipt <said)
assert_contains "$first" '-1'
stop_server

start_server --store "$TMP/queue"
say "$keyed"
id=$(receipt <said)
assert_equal "${first%-1}-2" "$id"
kill -KILL "$SERVER_PID"
expect_exit 137 "$SERVER_PID"

start_server --store "$TMP/queue" --fsync 10ms
say "$keyed"
assert_equal "$id" "$(receipt <said)" 'the id of what was published before'

mkfifo read.fifo
exec 4<>read.fifo
start python3 "$HERE/raw_client.py" "$PORT" <read.fifo >got
echo '40{"sio":{"until":"now"}}' >&4
wait_lines got 5
sed -n 3,4p got >events
assert_contains "$(sed -n 5p got)" sio:end
printf "%s\n" '42["first",1]' '42["keyed",1]' >want
assert_same want events
