#!/usr/bin/env bash
# POST /sio/emit: bodies of every kind become events, and the answer comes when they are stored.
. "$(dirname "$0")/lib.sh"

start_server --ns / --ns /chat --max-payload 100k
start "$SIO" listen "$URL" -n / -n /chat -r kitchen -L >heard 2>heard.err
wait_lines heard 2
events() { grep '"type":"event"' heard || true; }
has_events() { [ "$(events | wc -l)" -ge "$1" ]; }
wait_events() { wait_until has_events "$1"; }
post() { # post PATH CURL-OPTION...: the answer and its status
  local path=$1
  shift
  curl -sS -w '%{http_code}' "$@" -X POST "$URL/sio/emit$path" | tr -d '\n'
}
json=(-H 'Content-Type: application/json')

assert_contains "$(post /order "${json[@]}" -d '{"id":7}')" '{"id":"#'
wait_events 1
assert_equal '["order",[{"id":7}],"/",null]' "$(events | tail -n 1 | jq -c '[.event,.args,.ns,.rooms]')"
assert_contains "$(events | tail -n 1)" "$(curl -s "$URL/sio/stats" | jq -r '"\(.store.name)-\(.store.next - 1)"')"
post '/dish%20of%20the%20day?room=kitchen&ns=/chat' -H 'Content-Type: text/plain; charset=utf-8' -d 'süß "1"' >out
wait_events 2
assert_equal '["dish of the day",["süß \"1\""],"/chat",["kitchen"]]' \
  "$(events | tail -n 1 | jq -c '[.event,.args,.ns,.rooms]')"
head -c 3000 /dev/urandom >bytes
post /upload -H 'Content-Type: image/png' --data-binary @bytes >out
wait_events 3
events | tail -n 1 | jq -r '.args[0]["$binary"]' | base64 -d >got
assert_same bytes got
post /bare -H 'Content-Length: 0' >out
wait_events 4
assert_equal '[]' "$(events | tail -n 1 | jq -c .args)"
post /nested "${json[@]}" -d '[{"a":{"$binary":"aGk="}},9007199254740993]' >out
wait_events 5
assert_contains "$(events | tail -n 1)" '[[{"a":{"$binary":"aGk="}},9007199254740993]]'
assert_equal '{"id":null}200' "$(post '/gone?volatile=1' "${json[@]}" -d 1)"
wait_events 6

# Once, however often it is sent.
first=$(post '/once?id=k1' "${json[@]}" -d 1)
assert_equal "$first" "$(post '/once?id=k1' "${json[@]}" -d 1)"
wait_events 7

# Records: what listen has printed, all or nothing.
"$SIO" listen "$URL" -n / -n /chat --since all -r kitchen --idle 300ms >recorded || true
assert_equal 6 "$(wc -l <recorded)"
post '' -H 'Content-Type: application/x-ndjson' --data-binary @recorded >out
assert_equal 6 "$(sed 's/200$//' out | jq '.ids | length')"
wait_events 13
jq -c '[.event,.args,.ns,.rooms]' recorded >want
events | tail -n 6 | jq -c '[.event,.args,.ns,.rooms]' >got
assert_same want got
printf '{"event":"a"}\n\n{"event":7}\n' |
  post '' -H 'Content-Type: application/x-ndjson' --data-binary @- >out
assert_equal '{"error":{"code":"bad_request","message":"line 3: \"event\": expected a string"}}400' "$(cat out)"

# What is wrong is said, with a status.
refused() { # refused STATUS TEXT PATH CURL-OPTION...
  local status=$1 text=$2
  shift 2
  post "$@" >out
  assert_equal "$status" "$(tail -c 3 out)"
  assert_contains "$(cat out)" "$text"
}
refused 400 'byte 2' /x "${json[@]}" -d '{nope'
refused 400 'which event?' '' "${json[@]}" -d 1
refused 400 'unknown parameter rooms' '/x?rooms=a' "${json[@]}" -d 1
refused 400 'reserved' /connect "${json[@]}" -d 1
refused 400 'reserved' /sio:emit "${json[@]}" -d 1
refused 404 'no namespace /other' '/x?ns=/other' "${json[@]}" -d 1
refused 415 'application/json' /x -d 1
refused 413 '' /x "${json[@]}" -d @<(head -c 150000 /dev/zero | tr '\0' 1)
refused 403 'another origin' /x -H 'Origin: http://evil.example' -H 'Content-Type: text/plain' -d 1
post /x -H "Origin: $URL" -H 'Content-Type: text/plain' -d 1 >out
assert_equal 405 "$(curl -s -o /dev/null -w '%{http_code}' "$URL/sio/emit/x")"
wait_events 14
assert_equal 14 "$(events | wc -l)"

# With an application events are its own.
start_server --app cat
refused 404 application /x "${json[@]}" -d 1
