#!/usr/bin/env bash
# replay --input: a store's directory, with and without a server, and recordings.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

numbers() { sed -n 's/.*"args":\[\([0-9]*\)\].*/\1/p' "$@" | paste -sd' '; }
start_server --store "$TMP/queue"
seq 1 100 | "$SIO" emit "$URL" -l n
"$SIO" emit "$URL" -r shop order '{"$binary":"aGk="}' '"\ud800"' 12345678901234567890
"$SIO" replay "$URL" >served
"$SIO" replay --input "$TMP/queue" >read-live
assert_same served read-live
stop_server
"$SIO" replay --input "$TMP/queue" >read-later
assert_same served read-later
assert_equal "order" "$("$SIO" replay --input "$TMP/queue" -F '%{event}' order)"
assert_equal "99 100" "$("$SIO" replay --input "$TMP/queue" --tail 2 n | numbers)"
id=$(sed -n '98s/.*"id":"\([^"]*\)".*/\1/p' served)
assert_equal "99 100" "$("$SIO" replay --input "$TMP/queue" --since "$id" n | numbers)"
assert_equal "1 2 3" "$("$SIO" replay --input "$TMP/queue" -c 3 | numbers)"

# A recording goes through unchanged.
"$SIO" replay --input served >copy
assert_same served copy
"$SIO" replay --input - <served >copy
assert_same served copy
assert_equal "98" "$("$SIO" replay --input served --until "$id" --tail 1 | numbers)"
assert_equal 1 "$("$SIO" replay --input served -m '1=*' | wc -l)"

# A bad line is told and left out.
{ head -n 1 served; echo nonsense; sed -n 2p served; } >damaged
expect_status 1 "$SIO" replay --input damaged >rest 2>damaged.err
assert_equal "1 2" "$(numbers rest)"
assert_contains "$(cat damaged.err)" "line 2:"
expect_status 2 "$SIO" replay --input /no/such/file 2>missing.err
assert_contains "$(cat missing.err)" "/no/such/file"

# Published again, everything is as it was.
start_server --store "$TMP/second"
"$SIO" replay --input served | "$SIO" emit "$URL" -
without_origin() { sed -E 's/"time":"[^"]*"|,"id":"[^"]*"|,"from":"[^"]*"//g' "$1"; }
"$SIO" replay "$URL" >again
assert_equal "$(without_origin served)" "$(without_origin again)" "replay | emit -"
# A bridge that repeats itself does no harm.
"$SIO" emit "$URL" - <served
assert_equal 101 "$("$SIO" replay "$URL" | wc -l)" "records after the same again"

# With recorded timing: the pause is cut.
printf '%s\n' '{"type":"event","time":"2026-01-31T14:00:00Z","event":"a"}' \
  '{"type":"event","time":"2026-01-31T15:00:00Z","event":"b"}' >hour
assert_equal "a b " "$("$SIO" replay --input hour --speed 1 --max-gap 50ms -F '%{event} ')"
expect_status 124 "$SIO" replay --input hour --speed 1 -W 200ms -F '%{event}' >waits
assert_equal a "$(cat waits)"
