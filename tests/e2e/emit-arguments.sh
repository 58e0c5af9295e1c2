#!/usr/bin/env bash
# What ARG means: JSON if it parses, else a string; and what is refused.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

start_server
start "$SIO" listen "$URL" -L -c 6 >out 2>listen.err
wait_lines out 1

"$SIO" emit "$URL" json '{"a":1}' '[2]' 3 -4.5e3 true null '"s"'
"$SIO" emit "$URL" text three '' 'a b' 'é✓😀' 0x10 -- -x --y -
"$SIO" emit "$URL" exact 12345678901234567890123 '{"b":9007199254740993,"a":"\ud800"}'
"$SIO" emit -S "$URL" strings '{a:1}' 7 '[1]'
printf '\000\001\377' >bytes
"$SIO" emit "$URL" binary '{"deep":[{"$binary":"aGk="}]}' '{"$$binary":"mine"}' -f bytes
"$SIO" emit "$URL" nothing
wait_lines out 7

args_of() { sed -n "s/.*\"event\":\"$1\",\"args\":\(\[.*\]\),\"id\":.*/\1/p" out; }
assert_equal '[{"a":1},[2],3,-4.5e3,true,null,"s"]' "$(args_of json)"
assert_equal '["three","","a b","é✓😀","0x10","-x","--y","-"]' "$(args_of text)"
assert_equal '[12345678901234567890123,{"b":9007199254740993,"a":"\ud800"}]' "$(args_of exact)"
assert_equal '["{a:1}","7","[1]"]' "$(args_of strings)"
assert_equal '[{"deep":[{"$binary":"aGk="}]},{"$$binary":"mine"},{"$binary":"AAH/"}]' "$(args_of binary)"
assert_equal '[]' "$(args_of nothing)"

# What begins like JSON and is none is a mistake, not a string.
expect_status 2 "$SIO" emit "$URL" e '{a:1}' 2>usage.err
assert_contains "$(cat usage.err)" "argument 1"
assert_contains "$(cat usage.err)" "-S"
expect_status 2 "$SIO" emit "$URL" connect 2>usage.err
assert_contains "$(cat usage.err)" "reserves"
expect_status 2 "$SIO" emit "$URL" e -f /does/not/exist 2>usage.err
assert_contains "$(cat usage.err)" "/does/not/exist"
expect_status 2 "$SIO" emit "$URL" 2>usage.err
assert_contains "$(cat usage.err)" "EVENT"
