#!/usr/bin/env bash
# replay prints what a server has stored, and ends.
. "$(dirname "$0")/lib.sh"

start_server --store "$TMP/queue"
seq 1 1000 | "$SIO" emit "$URL" -l n
"$SIO" emit "$URL" -r shop order '{"id":7}'
"$SIO" emit "$URL/chat" hello
numbers() { sed -n 's/.*"args":\[\([0-9]*\)\].*/\1/p' "$@" | paste -sd' '; }

"$SIO" replay "$URL" >all
assert_equal 1001 "$(wc -l <all)" "records of the namespace"
assert_contains "$(tail -n 1 all)" '"rooms":["shop"]'
assert_equal "$(seq 1 1000 | paste -sd' ')" "$(numbers all)"
assert_equal 1 "$("$SIO" replay "$URL" -n /chat | wc -l)"
assert_equal "999 1000" "$("$SIO" replay "$URL" --tail 2 n | numbers)"
assert_equal "1 2 3" "$("$SIO" replay "$URL" -c 3 | numbers)"
assert_equal "500" "$("$SIO" replay "$URL" -m 0=500 | numbers)"
assert_equal "900" "$("$SIO" replay "$URL" -m '0=?00' --tail 1 | numbers)"
first=$(sed -n '10s/.*"id":"\([^"]*\)".*/\1/p' all)
last=$(sed -n '12s/.*"id":"\([^"]*\)".*/\1/p' all)
assert_equal "11 12" "$("$SIO" replay "$URL" --since "$first" --until "$last" | numbers)"
assert_equal "" "$("$SIO" replay "$URL" --since now)"
assert_equal "order" "$("$SIO" replay "$URL" -F '%{event}' 'ord*')"

# What a group has not acknowledged: looking takes nothing.
"$SIO" listen "$URL" -g g --since all -c 2 n >/dev/null
assert_equal "3 4" "$("$SIO" replay "$URL" -g g -c 2 | numbers)"
assert_equal "3 4" "$("$SIO" replay "$URL" -g g -c 2 | numbers)"

# It ends with its reader, and at its pace.
assert_equal 1 "$("$SIO" replay "$URL" | head -n 1 | wc -l)"
assert_equal "1 2 3" "$("$SIO" replay "$URL" --rate 1000 -c 3 | numbers)"
expect_status 124 "$SIO" replay "$URL" --rate 1 -W 300ms >paced
[ "$(wc -l <paced)" -lt 5 ] || fail "one a second: $(wc -l <paced)"

start_server --store none
expect_status 2 "$SIO" replay "$URL" 2>none.err
assert_contains "$(cat none.err)" "keeps no queue"
