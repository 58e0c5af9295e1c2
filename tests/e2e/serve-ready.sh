#!/usr/bin/env bash
# Says where it listens, one line an address with the real port, and answers there.
. "$(dirname "$0")/lib.sh"

start_server 127.0.0.1:0 "unix:$TMP/sio.sock"
wait_lines "$SERVER_LOG" 3
assert_equal 2 "$(grep -c '^listening http://127\.0\.0\.1:[1-9][0-9]*$' "$SERVER_LOG")"
assert_equal 1 "$(grep -c "^listening unix:$TMP/sio.sock\$" "$SERVER_LOG")"
for url in $(sed -n 's/^listening http/http/p' "$SERVER_LOG"); do
  assert_contains "$(curl -sf "$url/socket.io/?EIO=4&transport=polling")" '0{"sid":"'
done
assert_contains \
  "$(curl -sf --unix-socket sio.sock "http://x/socket.io/?EIO=4&transport=polling")" '0{"sid":"'
stop_server
[ ! -e sio.sock ] || fail "the socket file is still there"
