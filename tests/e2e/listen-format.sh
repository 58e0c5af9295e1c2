#!/usr/bin/env bash
# -F, -0 and -m: what is printed, how it ends, and which events are.
. "$(dirname "$0")/lib.sh"

start_server --store "$TMP/queue"
"$SIO" emit "$URL" order '{"status":"done","user":{"name":"Ada"}}' '"x"'
"$SIO" emit "$URL" order '{"status":"open","user":{"name":"Bob"}}'
"$SIO" emit "$URL" bill '{"status":"done"}'
listen() { "$SIO" listen "$URL" --since all "$@"; }

assert_equal 'order Ada ["x"]' "$(listen -c 1 -F '%{event} %{0.user.name} ["%{1}"]\n')"
assert_equal 'order,order,bill,' "$(listen -c 3 -F '%{event},')"
assert_equal '100% /' "$(listen -c 1 -F '100%% %{ns}')"
assert_equal 3 "$(listen -c 3 -0 | tr -cd '\0' | wc -c)" "records that end in NUL"
assert_equal 0 "$(listen -c 3 -0 | tr -cd '\n' | wc -c)" "newlines"
assert_equal 'a' "$(listen -c 1 -0 -F a | tr -d '\0')"

assert_equal 'order bill ' "$(listen -c 2 -m 0.status=done -F '%{event} ')"
assert_equal 'Ada' "$(listen -c 1 -m '0.status=d*' -m '0.user.name=*' -F '%{0.user.name}')"

expect_status 2 "$SIO" listen "$URL" -F '%{evnt}' 2>format.err
assert_contains "$(cat format.err)" "expected event, args"
expect_status 2 "$SIO" listen "$URL" -m status=done 2>match.err
assert_contains "$(cat match.err)" "number of an argument"
