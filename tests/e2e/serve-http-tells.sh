#!/usr/bin/env bash
# What a server tells of itself, to whom; and the door's authentication.
. "$(dirname "$0")/lib.sh"

status() { curl -s -o out -w '%{http_code}' "$@"; }

start_server --admin 127.0.0.1:0 --admin "unix:$TMP/admin.sock"
ADMIN=$(sed -n 's/.*admin \(http.*\)/\1/p' "$SERVER_LOG")
"$SIO" emit "$URL" x
"$SIO" listen "$URL" -g workers --since all -c 1 >/dev/null
start "$SIO" listen "$URL" -r a -r b -L >heard
wait_lines heard 1
for url in "$URL" "$ADMIN"; do
  assert_equal 200 "$(status "$url/healthz")"
  assert_equal 200 "$(status "$url/readyz")"
  assert_equal 200 "$(status "$url/metrics")"
  grep -q '^sio_events_stored_total 1$' out
  grep -q '^sio_group_pending{group="workers"} 0$' out
  grep -q '^sio_rooms 2$' out
  assert_equal 200 "$(status "$url/sio/stats")"
  assert_equal '1 1 2 "workers" true' \
    "$(jq -c '.sockets, .namespaces, .store.next, .groups[0].name, .store.writable' out | xargs -d '\n')"
done
# Every metric has its help and type, and nothing stands twice.
curl -s "$URL/metrics" | sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' | sort >types
assert_equal '' "$(uniq -d types)"
curl -s "$URL/metrics" | grep -v '^#' | sed 's/[{ ].*//' | sort -u >names
assert_same types names
curl -s --unix-socket admin.sock http://x/healthz >out
assert_equal ok "$(cat out)"
assert_equal 302 "$(status "$ADMIN/")"
assert_equal 200 "$(status "$ADMIN/admin/")"
assert_equal 200 "$(status --unix-socket admin.sock http://x/admin/preset.js)"
assert_equal 404 "$(status "$URL/admin/")"
assert_equal 404 "$(status "$ADMIN/sio/events")"
assert_equal 405 "$(status -X POST -d 1 "$URL/metrics")"
assert_equal 404 "$(status "$URL/nothing")"
stop_server

# With tokens: events for who may read or write them, numbers for who may read everything, and
# health for everybody; on an admin address without asking.
printf '%s\n' boss 'reader / * r' 'team / team-* rw' >tokens
start_server --auth-file tokens --admin "unix:$TMP/admin2.sock"
as() { echo "Authorization: Bearer $1"; }
json=(-H 'Content-Type: application/json' -d 1)
assert_equal 401 "$(status "$URL/sio/events?poll=1")"
assert_contains "$(cat out)" 'a token is needed'
assert_equal 401 "$(status "${json[@]}" "$URL/sio/emit/x")"
assert_equal 401 "$(status -H "$(as nobody)" "${json[@]}" "$URL/sio/emit/x")"
assert_contains "$(curl -s -D - "$URL/sio/events")" 'WWW-Authenticate: Bearer'
assert_equal 200 "$(status -H "$(as boss)" "${json[@]}" "$URL/sio/emit/x")"
assert_equal 403 "$(status -H "$(as reader)" "${json[@]}" "$URL/sio/emit/x")"
assert_equal 403 "$(status -H "$(as team)" "${json[@]}" "$URL/sio/emit/x")"
assert_equal 200 "$(status -H "$(as team)" "${json[@]}" "$URL/sio/emit/x?room=team-a")"
assert_equal 403 "$(status -H "$(as team)" "${json[@]}" "$URL/sio/emit/x?room=other")"
printf '{"event":"y","rooms":["team-a"]}\n{"event":"y","rooms":["other"]}\n' >records
assert_equal 403 "$(status -H "$(as team)" -H 'Content-Type: application/x-ndjson' \
  --data-binary @records "$URL/sio/emit")"
assert_equal 200 "$(status -H "$(as reader)" "$URL/sio/events?since=all&poll=1")"
assert_equal 1 "$(wc -l <out)"
assert_equal 403 "$(status -H "$(as team)" "$URL/sio/events?room=other")"
assert_equal 2 "$(curl -s -H "$(as team)" "$URL/sio/events?room=team-a&since=all&poll=1" | wc -l)"
assert_equal 200 "$(status "$URL/healthz")"
assert_equal 401 "$(status "$URL/metrics")"
assert_equal 403 "$(status -H "$(as team)" "$URL/metrics")"
assert_equal 200 "$(status -H "$(as reader)" "$URL/metrics")"
assert_equal 200 "$(status --unix-socket admin2.sock http://x/metrics)"
# A token that is taken away ends its streams.
start curl -sN -H "$(as reader)" "$URL/sio/events?since=all" >stream
wait_lines stream 1
sed -i /reader/d tokens
kill -HUP "$SERVER_PID"
wait "$STARTED" || true
stop_server

# A command may be asked as well.
start_server --auth-exec 'jq -e ".headers[\"x-user\"] == \"ann\"" >/dev/null'
assert_equal 401 "$(status "${json[@]}" "$URL/sio/emit/x")"
assert_equal 200 "$(status -H 'X-User: ann' "${json[@]}" "$URL/sio/emit/x")"
assert_equal 200 "$(status -H 'X-User: ann' "$URL/sio/events?since=all&poll=1")"

expect_status 2 "$SIO" serve --admin 0.0.0.0:0 127.0.0.1:0 2>err
assert_contains "$(cat err)" '--admin 0.0.0.0:0'
