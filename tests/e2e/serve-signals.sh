#!/usr/bin/env bash
# SIGTERM and SIGINT: clients are closed so that they come back, and the status is 0.
. "$(dirname "$0")/lib.sh"

for signal in TERM INT; do
  start_server
  start python3 "$HERE/raw_client.py" "$PORT" <<<40 >got
  client=$STARTED
  wait_lines got 2
  sid=$(curl -sf "$URL/socket.io/?EIO=4&transport=polling" | sed 's/.*"sid":"\([^"]*\)".*/\1/')
  start curl -s "$URL/socket.io/?EIO=4&transport=polling&sid=$sid" >polled
  poll=$STARTED
  # The poll has arrived when a second one ends the session; so look at the server's sockets.
  wait_until sh -c "ss -Htn state established sport = :$PORT | grep -c . | grep -qx 2"
  kill "-$signal" "$SERVER_PID"
  expect_exit 0 "$SERVER_PID"
  expect_exit 0 "$client"
  assert_equal closed "$(tail -n 1 got)"
  expect_exit 0 "$poll"
  assert_equal 1 "$(cat polled)"
done
