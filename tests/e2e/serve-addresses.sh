#!/usr/bin/env bash
# Addresses it does not listen on: public ones (2), nonsense (2), those in use (3).
. "$(dirname "$0")/lib.sh"

for address in 0.0.0.0:0 '[::]:0' 10.1.2.3:4567; do
  expect_status 2 "$SIO" serve "$address" 2>err
  assert_contains "$(cat err)" "$address: others can connect there"
done
for address in nonsense 127.0.0.1:70000 127.0.0.1: unix:; do
  expect_status 2 "$SIO" serve "$address" 2>err
  assert_contains "$(cat err)" 'sio serve:'
done
start_server
expect_status 3 "$SIO" serve "127.0.0.1:$PORT" 2>err
assert_contains "$(cat err)" "127.0.0.1:$PORT: Address already in use"
start_server "unix:$TMP/live.sock"
expect_status 3 "$SIO" serve "unix:$TMP/live.sock" 2>err
assert_contains "$(cat err)" 'live.sock'
expect_status 3 "$SIO" serve "unix:$TMP/no/such/dir.sock" 2>err
assert_contains "$(cat err)" 'dir.sock'
