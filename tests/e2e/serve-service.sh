#!/usr/bin/env bash
# Under a service manager: its sockets come before operands, READY=1 when they are served, a sign of
# life twice in the watchdog's time, RELOADING=1 and READY=1 around SIGHUP, STOPPING=1 at the end.
. "$(dirname "$0")/lib.sh"

says() { grep -qx -- "$1" manager; }
service_pid() { sed -n 's/^pid //p' manager; }
# serve_under MANAGER-ARG... -- SERVE-ARG...: sets MANAGER and SERVICE.
serve_under() {
  local manager=()
  while [ "$1" != -- ]; do manager+=("$1"); shift; done
  start python3 "$HERE/service_manager.py" "${manager[@]}" "$@" >manager 2>server.log
  MANAGER=$STARTED
  wait_until says 'pid [0-9]*'
  SERVICE=$(service_pid)
}

for notify in "$TMP/notify" "@sio-test-$$"; do
  serve_under --listen 0 --listen "unix:$TMP/sio.sock" --notify "$notify" --watchdog 100000 \
    -- "$SIO" serve --store memory 127.0.0.1:1
  wait_until says READY=1
  address=$(sed -n 's/^listen 1/1/p' manager)
  assert_equal "STATUS=listening http://$address unix:$TMP/sio.sock" \
    "$(sed -n 's/^STATUS=/&/p' manager | head -n 1)"
  assert_contains "$(cat server.log)" "listening http://$address"
  "$SIO" emit "http://$address" e 1
  "$SIO" emit "unix:$TMP/sio.sock" e 1
  wait_until says WATCHDOG=1
  kill -HUP "$SERVICE"
  wait_until says RELOADING=1
  wait_until sh -c '[ $(grep -cx READY=1 manager) = 2 ]'
  grep -qE '^MONOTONIC_USEC=[1-9][0-9]+$' manager || fail "no time beside RELOADING=1"
  kill -TERM "$SERVICE"
  expect_exit 0 "$MANAGER"
  says STOPPING=1 || fail "no STOPPING=1"
  [ -S sio.sock ] || fail "the manager's socket file is gone"
  rm -f sio.sock notify
done

# What is meant for another process is left alone; so operands count.
serve_under --listen 0 --notify "$TMP/notify" --pid 1 -- "$SIO" serve --store memory "unix:$TMP/own.sock"
wait_until says READY=1
"$SIO" emit "unix:$TMP/own.sock" e 1
kill -TERM "$SERVICE"
expect_exit 0 "$MANAGER"

# Children are not told: they are none of the manager's.
serve_under --listen 0 --notify "$TMP/notify2" --watchdog 1000000 \
  -- "$SIO" serve --store memory --app "env >$TMP/app.env; ls /proc/self/fd >$TMP/app.fds; cat"
wait_until says READY=1
wait_until test -s app.fds
kill -TERM "$SERVICE"
expect_exit 0 "$MANAGER"
assert_lacks "$(cat app.env)" LISTEN_
assert_lacks "$(cat app.env)" NOTIFY_SOCKET
assert_lacks "$(cat app.env)" WATCHDOG_

serve_under --datagram -- "$SIO" serve --store memory
expect_exit 2 "$MANAGER"
assert_contains "$(cat server.log)" 'descriptor 3 (name0): not a stream socket that listens'
