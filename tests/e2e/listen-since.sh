#!/usr/bin/env bash
# --since and --tail start in the past, then follow.
. "$(dirname "$0")/lib.sh"

start_server --store "$TMP/queue"
seq 1 10 | "$SIO" emit "$URL" -l e
numbers() { sed -n 's/.*"args":\[\([0-9]*\)\].*/\1/p' "$@" | paste -sd' '; }

start "$SIO" listen "$URL" --since all -c 12 >all 2>all.err
wait_lines all 10
seq 11 12 | "$SIO" emit "$URL" -l e
expect_exit 0 "$STARTED"
assert_equal "1 2 3 4 5 6 7 8 9 10 11 12" "$(numbers all)"
assert_equal 10 "$(grep -c '"replay":true' all)" "from the queue"

assert_equal "11 12" "$("$SIO" listen "$URL" --tail 2 -c 2 | numbers)"
id=$(sed -n '5s/.*"id":"\([^"]*\)".*/\1/p' all)
assert_equal "6 7" "$("$SIO" listen "$URL" --since "$id" -c 2 | numbers)"
assert_equal "6" "$("$SIO" listen "$URL" --since "#${id#*-}" -c 1 | numbers)"
assert_equal "1" "$("$SIO" listen "$URL" --since 1h -c 1 | numbers)"
assert_equal "1" "$("$SIO" listen "$URL" --since "@$(($(date +%s) - 60))" -c 1 | numbers)"

expect_status 2 "$SIO" listen "$URL" --since yesterdy 2>when.err
assert_contains "$(cat when.err)" "not a point in time"

# An id of another store: a gap, and with --strict the end.
expect_status 8 "$SIO" listen "$URL" --since '#zzzz-3' --strict -W 10s >/dev/null 2>gap.err
assert_contains "$(cat gap.err)" "events may be lost"

start_server --store none
expect_status 2 "$SIO" listen "$URL" --since all 2>none.err
assert_contains "$(cat none.err)" "keeps no queue"
