#!/usr/bin/env bash
# More than a buffer, to a file and to a pipe, quick and slow: every record comes out.
. "$(dirname "$0")/lib.sh"

start_server --store "$TMP/queue"
seq 1 20000 | "$SIO" emit "$URL" -l n
seq 1 20000 >want
numbers() { sed -n 's/.*"args":\[\([0-9]*\)\].*/\1/p' "$@"; }
slow_reader() { while IFS= read -r line; do printf '%s\n' "$line"; done; }

"$SIO" replay "$URL" >from-server
numbers from-server >got
assert_same want got
"$SIO" replay --input queue >from-directory
assert_same from-server from-directory
"$SIO" replay --input from-server | slow_reader | cmp - from-server || fail "a recording, slowly"
"$SIO" replay --input queue | slow_reader | cmp - from-server || fail "a directory, slowly"
"$SIO" replay "$URL" | slow_reader | cmp - from-server || fail "a server, slowly"
"$SIO" listen "$URL" --since all -c 20000 >listened
numbers listened >got
assert_same want got
"$SIO" listen "$URL" -g g --since all -c 20000 | slow_reader >listened
numbers listened >got
assert_same want got
