#!/usr/bin/env bash
# bench: every mode counts what it does, exactly, and leaves a true queue behind.
. "$(dirname "$0")/lib.sh"

member() { sed -nE "s/.*\"$1\":(\"[^\"]*\"|[^,}]+).*/\1/p" "$2"; }
check() {
  assert_equal 1 "$(wc -l <"$1")" 'lines of output'
  shift
  while [ $# -gt 0 ]; do
    assert_equal "$2" "$(member "$1" out)" "$1"
    shift 2
  done
}
bench() { "$SIO" bench "$URL" "$@" >out; }

start_server --store "$TMP/queue"
expect_status 1 bench --mode replay -C 2 2>empty.err
assert_contains "$(cat empty.err)" 'the queue is empty'

bench -c 2000 -C 20 --size 16
check out mode '"echo"' load '"closed"' sent 2000 'done' 2000 received 2000 lost 0 doubled 0 clients 20 window 1
assert_equal 2000 "$("$SIO" replay "$URL" bench | wc -l)" 'events stored'

bench --mode publish -c 5000 -C 3 -e order --size 1k
check out mode '"publish"' sent 5000 'done' 5000 lost 0 doubled 0 window 256 event '"order"'
"$SIO" replay "$URL" order >orders
assert_equal 5000 "$(wc -l <orders)" 'events stored'
assert_equal 5000 "$(sed -nE 's/.*"args":\["([^"]{1000})"\].*/\1/p' orders | sort -u | wc -l)" 'different ones of 1000 bytes'

bench --mode replay -C 3
check out mode '"replay"' sent 3 'done' 3 received 21000 doubled 0 gaps 0

start "$SIO" listen "$URL" -c 300 fan >heard
wait_until sh -c "'$SIO' emit '$URL' fan && [ -s heard ]"
bench --mode fanout -c 300 -C 30 -e fan
check out mode '"fanout"' sent 300 'done' 300 received 9000 lost 0 doubled 0 clients 30
expect_exit 0 "$STARTED"

bench --mode connect -c 200 -C 10
check out mode '"connect"' sent 200 'done' 200 connect 0 disconnected 0 clients 10

# On a schedule; on a namespace of its own, over polling; for a time.
bench --rate 2000 -c 500 -n /load
check out load '"open"' rate 2000 'done' 500 lost 0 ns '"/load"'
assert_equal 500 "$("$SIO" replay "$URL/load" | wc -l)" 'events stored'
bench --transport polling -c 30 -C 3
check out transport '"polling"' 'done' 30 lost 0
bench --mode connect --rate 100 -W 300ms -q
assert_equal 30 "$(member sent out)" 'connections in 300 ms'
start_server --store none --parser msgpack
bench --parser msgpack -c 200 -C 5
check out 'done' 200 received 200 lost 0
bench --parser msgpack --mode fanout -c 20 -C 5
check out received 100 lost 0 doubled 0
expect_status 124 bench --parser msgpack --rate 10 -W 300ms -c 1000
assert_equal "$(member sent out)" "$(member 'done' out)"
