#!/usr/bin/env bash
# listen | emit - is the identity: text, unicode, large numbers, binary, namespaces, rooms.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

start_server
FROM=$URL
start_server
TO=$URL

cat >records <<'END'
{"event":"a","args":[]}
{"event":"b","args":["é✓😀","tab\tnew\nline","\ud800",12345678901234567890123,-0,1e400,null]}
{"event":"c","args":[{"x":[{"$binary":"aGVsbG8="},{"$$binary":"AA=="}]},{"$binary":""}],"ns":"/chat"}
{"event":"d e","args":[{"_placeholder":true,"num":0}],"ns":"/other"}
{"event":"room","args":[1],"rooms":["r1","r2"]}
{"type":"disconnect","reason":"skipped"}
{"event":"last","args":[{"deep":{"er":[[[[{"$binary":"/w=="}]]]]}}],"ns":"/chat"}
END

strip() { sed -E 's/"time":"[^"]*",//; s/,"id":"[^"]*"//; s/,"from":"[^"]*"//' "$1"; }

start "$SIO" listen "$FROM" -n / -n chat -n other -r r1 -L -c 6 >first 2>first.err
wait_lines first 3
start "$SIO" listen "$TO" -n / -n chat -n other -r r2 -L -c 6 >second 2>second.err
wait_lines second 3

"$SIO" emit "$FROM" - <records
wait_lines first 9
"$SIO" emit "$TO" - <first
wait_lines second 9

grep '"type":"event"' first >first.events
grep '"type":"event"' second >second.events
assert_equal "$(strip first.events)" "$(strip second.events)"
assert_contains "$(cat second)" '"args":["é✓😀","tab\tnew\nline","\ud800",12345678901234567890123,-0,1e400,null]'
assert_contains "$(cat second)" '[{"x":[{"$binary":"aGVsbG8="},{"$$binary":"AA=="}]},{"$binary":""}]'
assert_contains "$(cat second)" '"rooms":["r1","r2"]'
