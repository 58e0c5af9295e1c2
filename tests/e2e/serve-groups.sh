#!/usr/bin/env bash
# A stock client works for a group: what it has not acknowledged when the server is killed comes
# again, and says so; what it has, does not.
. "$(dirname "$0")/lib.sh"

# worker N: a member of the group, whose packets come to worker-N and go out by file descriptor N.
worker() {
  mkfifo "in-$1"
  eval "exec $1<>in-$1"
  start python3 "$HERE/raw_client.py" "$PORT" <"in-$1" >"worker-$1"
  echo '40{"sio":{"group":"g","meta":true,"events":["job"]}}' >"in-$1"
  wait_until grep -q '^40' "worker-$1"
}

start_server --store "$TMP/queue"
worker 3
printf '40\n42["job",1]\n42["other",2]\n42["job",3]\n41\n1\n' |
  python3 "$HERE/raw_client.py" "$PORT" >talk.log
wait_until grep -q '^421\["job",3,' worker-3
assert_contains "$(cat worker-3)" '420["job",1,'
assert_contains "$(cat worker-3)" '"delivery":1}]'
assert_lacks "$(cat worker-3)" other
echo '430[]' >&3
# The server has read the ack when it has answered what came behind it.
echo '420["join","somewhere"]' >&3
wait_until grep -q '^430' worker-3
kill -KILL "$SERVER_PID"
expect_exit 137 "$SERVER_PID"

start_server --store "$TMP/queue"
worker 4
wait_until grep -q '\["job",3,' worker-4
assert_contains "$(cat worker-4)" '"delivery":2}]'
assert_lacks "$(cat worker-4)" '["job",1,'
