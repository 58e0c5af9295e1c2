#!/usr/bin/env bash
# An event is published once per key, whoever repeats it; without a key nothing is held back.
. "$(dirname "$0")/lib.sh"

start_server --store "$TMP/queue"
count() { "$SIO" replay "$URL" "$@" | wc -l; }

first=$("$SIO" emit "$URL" -a --id job-42 build '"one"')
second=$("$SIO" emit "$URL" -a --id job-42 build '"one"')
assert_equal 1 "$(count build)" "events of one key"
id_of() { sed 's/.*"id":"\([^"]*\)".*/\1/' <<<"$1"; }
assert_equal "$(id_of "$first")" "$(id_of "$second")" "ids of one key"
"$SIO" emit "$URL" build '"one"'
"$SIO" emit "$URL" build '"one"'
assert_equal 3 "$(count build)" "events without a key"

# With -l the key goes with the line: the whole run may be repeated.
for _ in 1 2; do seq 20 | "$SIO" emit "$URL" -l --id nightly line; done
assert_equal 20 "$(count line)" "lines of a repeated run"

expect_status 2 "$SIO" emit "$URL" --id x - </dev/null 2>usage.err
assert_contains "$(cat usage.err)" "--id"
