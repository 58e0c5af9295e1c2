#!/usr/bin/env bash
# A line that cannot be sent is told with its number; the others are sent; the status is 1.
. "$(dirname "$0")/lib.sh"

start_server --max-payload 1k
start "$SIO" listen "$URL" -L -c 5 >out 2>listen.err
wait_lines out 1

printf '1\n{broken\n2\n"x\n3\n' >lines
expect_status 1 "$SIO" emit "$URL" -l line <lines 2>emit.err
assert_contains "$(cat emit.err)" "line 2: "
assert_contains "$(cat emit.err)" "line 4: "
assert_equal 2 "$(wc -l <emit.err)"

{
  echo '{"event":"ok","args":[1]}'
  echo 'nonsense'
  echo '{"args":[1]}'
  echo '{"event":"disconnect"}'
  echo '{"event":"ok","args":{}}'
  echo '{"type":"gap"}'
  echo '{"event":"ok","ns":"/a,b"}'
  printf '{"event":"large","args":["%02000d"]}\n' 0
  echo '{"event":"ok","args":[2]}'
} >records
expect_status 1 "$SIO" emit "$URL" - <records 2>emit.err
for number in 2 3 4 5 7 8; do assert_contains "$(cat emit.err)" "line $number: "; done
assert_contains "$(cat emit.err)" "too large"
assert_equal 6 "$(wc -l <emit.err)"

wait_lines out 6
sed -n 's/.*"event":"\([a-z]*\)","args":\[\(.*\)\],"id".*/\1 \2/p' out >got
assert_equal "line 1 line 2 line 3 ok 1 ok 2" "$(paste -sd' ' got)"
