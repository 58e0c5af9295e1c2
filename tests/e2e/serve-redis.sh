#!/usr/bin/env bash
# A queue in a Redis server does what one in a directory does: receipts, the past, groups, sessions;
# over a kill of the server and of Redis, and with one server at a time.
. "$(dirname "$0")/lib.sh"

command -v redis-server >/dev/null || fail "redis-server is missing: install the package redis-server"
answers() { redis-cli -s redis.sock -a geheim --no-auth-warning ping 2>/dev/null | grep -q PONG; }
start_redis() {
  start redis-server --port 0 --unixsocket "$TMP/redis.sock" --dir "$TMP" --appendonly yes \
    --appendfsync always --save '' --requirepass geheim >redis.log
  REDIS_PID=$STARTED
  wait_until answers
}
kill_redis() {
  kill -KILL "$REDIS_PID"
  expect_exit 137 "$REDIS_PID"
}
kill_server() {
  kill -KILL "$SERVER_PID"
  expect_exit 137 "$SERVER_PID"
}
store="redis+unix://:geheim@$TMP/redis.sock?db=3&key=shop"

expect_status 3 "$SIO" serve 0 --store "$store" 2>away.err
assert_contains "$(cat away.err)" 'redis+unix://:***@'
assert_contains "$(cat away.err)" 'No such file or directory'
assert_contains "$(cat away.err)" '--store redis://HOST:PORT names another Redis'
expect_status 2 "$SIO" serve 0 --store "$store" --fsync always 2>usage.err
assert_contains "$(cat usage.err)" appendfsync
expect_status 2 "$SIO" serve 0 --store 'redis://h?kez=1' 2>usage.err
assert_contains "$(cat usage.err)" 'there is no parameter "kez"'

start_redis
start_server --store "$store" --admin "unix:$TMP/admin.sock"
expect_status 3 "$SIO" serve 0 --store "$store" 2>second.err
assert_contains "$(cat second.err)" "in use by process $SERVER_PID"
assert_lacks "$(cat second.err "$SERVER_LOG")" geheim

# Receipts, and a restart of Redis under them.
seq 1 20000 >lines
start "$SIO" emit -l -s "$URL" line <lines 2>emit.err
EMIT_PID=$STARTED
half_there() { [ "$(redis-cli -s redis.sock -a geheim --no-auth-warning -n 3 xlen shop:events)" -gt 5000 ]; }
wait_until half_there
kill_redis
start_redis
expect_exit 0 "$EMIT_PID"
"$SIO" replay -s "$URL" -F '%{0}\n' >replayed
assert_same lines replayed

# A group: what is not acknowledged when the server is killed comes again and says so.
"$SIO" listen -s "$URL" -g work --since all -c 3 -F '%{0}\n' line >first
assert_equal '1 2 3' "$(paste -sd' ' first)"
expect_status 1 "$SIO" listen -s "$URL" -g work -c 1 -x "kill -KILL $SERVER_PID; exit 1" line \
  2>worker.err
expect_exit 137 "$SERVER_PID"

start_server --store "$store" --admin "unix:$TMP/admin.sock"
"$SIO" listen -s "$URL" -g work -c 2 line >again
assert_contains "$(sed -n 1p again)" '"args":[4]'
assert_contains "$(sed -n 1p again)" '"delivery":2'
assert_contains "$(sed -n 2p again)" '"args":[5]'

# A reader goes on where it was; ids stay, and none comes twice.
last=$("$SIO" replay -s "$URL" --tail 1 | jq -r .id)
start "$SIO" listen -s "$URL" --since "$last" -c 1 >since
"$SIO" emit -s "$URL" after '"restart"'
expect_exit 0 "$STARTED"
assert_contains "$(cat since)" '"restart"'
assert_equal 20001 "$("$SIO" replay -s "$URL" | jq -r .id | sort -u | wc -l)" 'ids'
curl -s --unix-socket admin.sock http://x/metrics >metrics
assert_contains "$(cat metrics)" 'sio_'
curl -fs --unix-socket admin.sock http://x/readyz

# An end in good order leaves no lock behind, and no jump in the numbers.
before=$("$SIO" replay -s "$URL" --tail 1 | jq -r .id)
stop_server
assert_equal '' "$(redis-cli -s redis.sock -a geheim --no-auth-warning -n 3 get shop:lock)" lock
start_server --store "$store"
"$SIO" emit -s "$URL" next
assert_equal "${before%-*}-$((${before#*-} + 1))" "$("$SIO" replay -s "$URL" --tail 1 | jq -r .id)"
kill_server
