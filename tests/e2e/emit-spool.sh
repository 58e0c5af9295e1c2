#!/usr/bin/env bash
# --spool: while the server is away events wait in a directory, and emit leaves with 0; a later run
# sends them first, in order.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

URL=unix:$TMP/sock
"$SIO" emit "$URL" --spool spool e 1 2>away.err
assert_contains "$(cat away.err)" "1 event waits in spool"
seq 2 1000 | "$SIO" emit "$URL" --spool spool -lq e
printf '{"event":"e","args":[1001],"rooms":["shop"]}\n' | "$SIO" emit "$URL" --spool spool -q -
"$SIO" emit "$URL" --spool spool -q e '{"$binary":"aGk="}'

# Several at once share it.
pids=()
for i in 1 2 3 4; do
  start sh -c 'seq -f "$0%g" 100 | exec "$1" emit "$2" --spool spool -lqS other' "$i-" "$SIO" "$URL" </dev/null
  pids+=("$STARTED")
done
for pid in "${pids[@]}"; do expect_exit 0 "$pid"; done
assert_equal 1402 "$("$SIO" replay --input spool | wc -l)" "events in the spool"

SERVER_ADDR=unix:$TMP/sock start_server --store "$TMP/queue"
"$SIO" emit "$URL" --spool spool last
"$SIO" replay "$URL" >all
assert_equal 1403 "$(wc -l <all)" "events at the server"
assert_contains "$(tail -n 1 all)" '"event":"last"'
sed -n 's/.*"event":"e","args":\[\([0-9]*\)\].*/\1/p' all >got
seq 1001 >want
assert_same want got
assert_contains "$(grep 1001 all)" '"rooms":["shop"]'
assert_contains "$(cat all)" '{"$binary":"aGk="}'
for i in 1 2 3 4; do
  seq -f "$i-%g" 100 >want
  sed -n "s/.*\"event\":\"other\",\"args\":\[\"\($i-[0-9]*\)\"\].*/\1/p" all >got
  assert_same want got
done
# Everything was sent once: a further run has nothing to send first.
"$SIO" emit "$URL" --spool spool last
assert_equal 1404 "$("$SIO" replay "$URL" | wc -l)"

expect_status 2 "$SIO" emit "$URL" --spool spool -a e 2>usage.err
