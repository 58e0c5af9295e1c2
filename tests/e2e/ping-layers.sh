#!/usr/bin/env bash
# ping prints a record for each layer in order, then round trips, then a summary.
. "$(dirname "$0")/lib.sh"

layers() { jq -r 'select(.type == "layer") | .layer + (if .ok then "" else "!" end)' "$1" | paste -sd ' '; }

start_server
"$SIO" ping "$URL" -c 3 -i 10ms >all
assert_equal "dns tcp http engine path polling upgrade websocket namespace auth" "$(layers all)"
assert_equal "1 2 3" "$(jq -r 'select(.type == "rtt") | .seq' all | paste -sd ' ')"
assert_equal '{"ok":true,"code":0,"transport":"websocket","round_trips":3}' \
  "$(tail -n 1 all | jq -c '{ok, code, transport, round_trips}')"
jq -es 'last | .min_ms > 0 and .min_ms <= .avg_ms and .avg_ms <= .max_ms' all >/dev/null || fail "$(tail -n 1 all)"
jq -es 'all(.[] | select(.type == "layer"); .ms >= 0)' all >/dev/null
assert_equal '[4,25000,20000,1000000]' \
  "$(jq -c 'select(.layer == "engine") | [.version, .ping_interval_ms, .ping_timeout_ms, .max_payload]' all)"
assert_contains "$(jq -r 'select(.layer == "namespace").server' all)" sio/

"$SIO" ping "127.0.0.1:$PORT" -n chat --transport websocket -c 1 >websocket
assert_equal "dns tcp http engine path websocket namespace auth" "$(layers websocket)"
assert_equal '"WebSocket ping"' "$(jq -c 'select(.type == "rtt").by' websocket)"
assert_equal /chat "$(jq -r 'select(.layer == "namespace").ns' websocket)"

"$SIO" ping -s "$URL" --transport polling -A '{"token":"t"}' -c 1 >polling
assert_equal "dns tcp http engine path polling namespace auth" "$(layers polling)"
assert_equal '"POST"' "$(jq -c 'select(.type == "rtt").by' polling)"
assert_equal true "$(jq -c 'select(.layer == "auth").sent' polling)"

SERVER_ADDR=unix:$TMP/socket start_server
"$SIO" ping "unix:$TMP/socket" -c 0 >unix
assert_equal "tcp http engine path polling upgrade websocket namespace auth" "$(layers unix)"
assert_equal "unix:$TMP/socket" "$(jq -r 'select(.layer == "tcp").peer' unix)"

# What ping prints is no event: it can be read as records.
"$SIO" emit - -s "$URL" <all
expect_status 2 "$SIO" ping "$URL" "$URL" 2>two.err
expect_status 2 "$SIO" ping "$URL" -n a -n b 2>two.err
expect_status 2 "$SIO" ping "$URL" -A '{no' 2>auth.err
