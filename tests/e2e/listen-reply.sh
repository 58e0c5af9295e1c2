#!/usr/bin/env bash
# -R answers events that ask for an ack with what the command prints.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

start_server --store memory
start "$SIO" listen "$URL" -v -R -j 2 'calc.*' 2>listen.err -x '
  case $SIO_EVENT in
    calc.sum) echo $((SIO_0 + SIO_1)) ;;
    calc.text) printf "two\nlines\n\n" ;;
    calc.object) echo "{\"ok\": true, \"n\": 12345678901234567890}" ;;
    calc.binary) echo "{\"\$binary\":\"aGk=\"}" ;;
    calc.fail) exit 3 ;;
    calc.nothing) ;;
  esac'
connected() { grep -q connected listen.err; }
wait_until connected
answer() { "$SIO" emit "$URL" -a -W 10s "$@" | sed 's/^{"type":"ack","event":"[^"]*","args":\(.*\),"ms":.*}$/\1/'; }
assert_equal '[5]' "$(answer calc.sum 2 3)"
assert_equal '["two\nlines\n"]' "$(answer calc.text)"
assert_equal '[{"ok": true, "n": 12345678901234567890}]' "$(answer calc.object)"
assert_equal '[{"$binary":"aGk="}]' "$(answer calc.binary)"
assert_equal '[{"error":"exit 3"}]' "$(answer calc.fail)"
assert_equal '[""]' "$(answer calc.nothing)"
# Nobody answers other events: the server gives a receipt.
assert_contains "$("$SIO" emit "$URL" -a other)" '"id":"#'
