#!/usr/bin/env bash
# bench: what goes wrong is counted, said and is the exit status; Ctrl-C still has a summary.
. "$(dirname "$0")/lib.sh"

member() { sed -nE "s/.*\"$1\":(\"[^\"]*\"|[^,}]+).*/\1/p" "$2"; }
progressed() { [ "$("$SIO" replay "$URL" | head -n 100 | wc -l)" -ge 100 ]; }

expect_status 3 "$SIO" bench http://127.0.0.1:1 >out 2>refused.err
assert_contains "$(cat refused.err)" 'is the server running?'
[ ! -s out ] || fail "a summary of nothing: $(cat out)"

start_server --max-payload 1k
for wrong in '--mode x' '--size 15' '--size 1T' '-C 0' '-C 65537' '--rate 5 --window 5' '-n a -n b' '-W 0' 'operand x' '-e connect'; do
  # shellcheck disable=SC2086
  expect_status 2 "$SIO" bench -s "$URL" $wrong >out 2>usage.err
  [ -s usage.err ] || fail "nothing was said about $wrong"
done
expect_status 1 "$SIO" bench "$URL" --size 2k >out 2>large.err
assert_contains "$(cat large.err)" '--size 2000: too large'
expect_status 2 bash -c 'ulimit -n 100 && exec "$@"' - "$SIO" bench "$URL" -C 100 2>descriptors.err
assert_contains "$(cat descriptors.err)" '164 descriptors, and the limit is 100'

# A signal.
start "$SIO" bench "$URL" -W 1h >out 2>signal.err </dev/null
wait_until progressed
kill -INT "$STARTED"
expect_exit 130 "$STARTED"
[ "$(member 'done' out)" -ge 100 ] || fail "summary: $(cat out)"

# The server goes away.
start "$SIO" bench "$URL" -W 1h -C 5 -e last >out 2>lost.err </dev/null
wait_until sh -c "'$SIO' replay '$URL' last | grep -q last"
stop_server
expect_exit 6 "$STARTED"
assert_equal 5 "$(member disconnected out)" 'lost connections'
[ "$(member 'done' out)" -ge 1 ] || fail "summary: $(cat out)"

# Servers that cannot take such a load.
start_server --relay none --store none
expect_status 2 "$SIO" bench "$URL" --mode replay 2>replay.err
assert_contains "$(cat replay.err)" 'keeps no queue'

expect_status 2 "$SIO" bench "$URL" --mode fanout -C 2 2>fanout.err
assert_contains "$(cat fanout.err)" 'did not send an event on'
expect_status 1 "$SIO" bench "$URL" -c 3 >out 2>rejected.err
assert_equal 3 "$(member rejected out)" 'rejected events'
assert_contains "$(cat rejected.err)" '3 events rejected by the server; the first: '

# stdout that nobody reads, or that is full.
start_server
"$SIO" bench "$URL" -c 10 | true
expect_status 1 "$SIO" bench "$URL" -c 10 >/dev/full 2>full.err
assert_contains "$(cat full.err)" 'stdout: No space left'
