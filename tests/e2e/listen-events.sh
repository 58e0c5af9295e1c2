#!/usr/bin/env bash
# EVENT is a pattern; records say what is known of an event.
. "$(dirname "$0")/lib.sh"

start_server
start "$SIO" listen "$URL" -L 'order.*' 'x[0-9]' -c 3 >out 2>listen.err
wait_lines out 1
for event in other order order.new x x1 'order.é' ; do "$SIO" emit "$URL" "$event" 1; done
"$SIO" emit "$URL" x2 '[1,
  2]'
expect_exit 0 "$STARTED"
assert_equal 'order.new x1 order.é' "$(sed -n 's/.*"event":"\([^"]*\)".*/\1/p' out | paste -sd' ')"
grep -qE '^\{"type":"event","time":"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z","ns":"/","event":"x1","args":\[1\],"id":"#[a-z0-9]+-[0-9]+","from":"[A-Za-z0-9_-]{20}"\}$' out ||
  fail "an unexpected record: $(cat out)"
