#!/usr/bin/env bash
# A disk that is full: publishers are told no, readers go on, and when there is room events are
# stored again. (A limit on the size of files stands for the disk.)
. "$(dirname "$0")/lib.sh"

trap '' XFSZ
mkfifo in reader log.fifo
# Through a pipe, which has no size: the log must not be in the way of what it tells.
exec 6<>log.fifo
start cat <&6 >full.log
start "$SIO" serve --store "$TMP/queue" 127.0.0.1:0 2>&6 </dev/null
SERVER_PID=$STARTED
wait_until grep -q '^listening' full.log
PORT=$(sed -n 's/^listening .*://p' full.log)
exec 3<>in 4<>reader
start python3 "$HERE/raw_client.py" "$PORT" <in >got
start python3 "$HERE/raw_client.py" "$PORT" <reader >heard
echo 40 | tee in >&4
wait_until grep -q '^40' heard
ready() { curl -s -w '%{http_code}' "http://127.0.0.1:$PORT/readyz" | paste -sd ' '; }
assert_equal 'ready 200' "$(ready)"
echo '420["before"]' >&3
wait_until grep -q '^430\[{"id":"#' got
prlimit --pid "$SERVER_PID" --fsize=0:unlimited
echo '421["during"]' >&3
wait_until grep -q '^431\[{"error":{"code":"full"' got
wait_until grep -q '42\["during"\]' heard
wait_until grep -q -e 'the store lost' -e 'events are not stored' full.log
assert_equal 'events are not stored 503' "$(ready)"
prlimit --pid "$SERVER_PID" --fsize=unlimited:unlimited
number=2
stored_again() {
  number=$((number + 1))
  echo "42${number}[\"after\"]" >&3
  wait_until grep -q "^43$number\[" got
  grep -q "^43$number\[{\"id\":\"#" got
}
wait_until stored_again
wait_until grep -q 'events are stored again' full.log
assert_equal 'ready 200' "$(ready)"
kill -KILL "$SERVER_PID"
expect_exit 137 "$SERVER_PID"
start_server --store "$TMP/queue"
mkfifo again
exec 5<>again
start python3 "$HERE/raw_client.py" "$PORT" <again >kept
echo '40{"sio":{"until":"now"}}' >&5
wait_until grep -q 'sio:end' kept
assert_equal '42["before"] 42["after"]' "$(grep -v -e '^0' -e '^40' -e 'sio:end' kept | tr '\n' ' ' | sed 's/ $//')"
