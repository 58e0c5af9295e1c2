#!/usr/bin/env bash
# emit -l: every line is an event, exactly as it is.
. "$(dirname "$0")/lib.sh"

start_server --max-payload 20M
start "$SIO" listen "$URL" -L -c 8 >out 2>listen.err
wait_lines out 1

head -c 10000000 /dev/zero | tr '\0' x >long
{
  printf 'one\n\n\n  two \r\n{"json":true}\n'
  cat long
  printf '\n7\nlast without newline'
} | "$SIO" emit "$URL" -lSv line 'fixed' 2>emit.err
wait_lines out 9

sed -n 's/.*"event":"line","args":\(.*\),"id":.*/\1/p' out >args
assert_equal '["fixed","one"]' "$(sed -n 1p args)"
assert_equal '["fixed",""]' "$(sed -n 2p args)"
assert_equal '["fixed",""]' "$(sed -n 3p args)"
assert_equal '["fixed","  two \r"]' "$(sed -n 4p args)"
assert_equal '["fixed","{\"json\":true}"]' "$(sed -n 5p args)"
assert_equal 10000012 "$(sed -n 6p args | tr -d '\n' | wc -c)" 'the long line'
assert_equal '["fixed","7"]' "$(sed -n 7p args)"
assert_equal '["fixed","last without newline"]' "$(sed -n 8p args)"

# Nothing on stdin is nothing to send.
"$SIO" emit "$URL" -l e </dev/null
