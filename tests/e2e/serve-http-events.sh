#!/usr/bin/env bash
# GET /sio/events: the past and what follows, as NDJSON and as server-sent events.
. "$(dirname "$0")/lib.sh"

start_server
events() { # events QUERY CURL-OPTION...
  local query=$1
  shift
  curl -sSN "$@" "$URL/sio/events?$query"
}
"$SIO" emit "$URL" order 1
"$SIO" emit "$URL" -r kitchen order 2
"$SIO" emit "$URL" log '{"$binary":"aGk="}'
"$SIO" emit "$URL" order 3

# A poll ends with what is stored, and is what replay prints.
args() { jq -c .args[0]; }
events 'since=all&poll=1' >polled
assert_equal '1 {"$binary":"aGk="} 3' "$(args <polled | xargs -d '\n')"
"$SIO" listen "$URL" --since all -c 3 >listened
assert_same listened polled
assert_equal '1 2 3' "$(events 'since=all&poll=1&event=ord*&room=kitchen' | args | xargs)"
assert_equal 3 "$(events 'tail=1&poll=1&event=order' | args)"
third=$(sed -n 2p polled | jq -r .id)
assert_equal 3 "$(events "since=${third/\#/%23}&poll=1" | args)"
assert_equal 3 "$(events "since=${third#\#}&poll=1" | args)"
assert_equal 3 "$(events 'since=1h&poll=1' | wc -l)"
assert_equal 0 "$(events 'since=now&poll=1' | wc -c)"
assert_equal '{"type":"gap","after":"#zzzz-1","before":"#'"${third:1:4}"'-1","reason":"store"}' \
  "$(events 'since=zzzz-1&poll=1' | head -n 1)"

# A stream goes on; its ids bring a browser back to where it was.
start curl -sSN "$URL/sio/events?since=all&room=kitchen" >stream 2>stream.err
start curl -sSN -H 'Accept: text/event-stream' "$URL/sio/events?tail=1" >sse 2>sse.err
wait_lines stream 4
wait_until grep -q '^id: ' sse
"$SIO" emit "$URL" -r kitchen order 4
"$SIO" emit "$URL" order 5
wait_lines stream 6
wait_until grep -q '"args":\[5\]' sse
assert_equal '1 2 3 4 5' "$(grep order stream | args | xargs)"
assert_lacks "$(cat sse)" '"args":[4]'
grep '^data: ' sse | sed 's/^data: //' | tail -n 1 | jq -e '.args == [5] and .event == "order"' >/dev/null
last=$(sed -n 's/^id: //p' sse | head -n 1)
curl -sSN -H "Last-Event-ID: $last" -H 'Accept: text/event-stream' \
  "$URL/sio/events?tail=50&poll=1" >again
assert_equal 1 "$(grep -c '^data: ' again)"
assert_contains "$(cat again)" '"args":[5]'

for query in since=soon tail=x poll=2 what=1 ns=/a,b; do
  assert_equal 400 "$(curl -s -o out -w '%{http_code}' "$URL/sio/events?$query")"
  assert_contains "$(cat out)" "${query%%=*}"
done

# A reader that stalls costs no memory: it reads the queue when it goes on.
start curl -sSN --limit-rate 1M "$URL/sio/events?event=line" >slow 2>slow.err
wait_until test "$(curl -s "$URL/sio/stats" | jq .streams)" -ge 3
seq 20000 | sed "s/\$/ $(printf '%0200d' 0)/" | "$SIO" emit "$URL" -lS line
wait_until grep -q '"20000 0' slow
jq -r .args[0] slow | cut -d ' ' -f 1 >got
seq 20000 >want
assert_same want got

# The end of the server does not wait for streams.
stop_server
