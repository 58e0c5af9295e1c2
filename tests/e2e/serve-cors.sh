#!/usr/bin/env bash
# --cors lets the pages of an origin read answers, polls and upgrades alike.
. "$(dirname "$0")/lib.sh"

start_server --cors http://shop.example
curl -s -D head -o /dev/null -H 'Origin: http://other.example' \
  "$URL/socket.io/?EIO=4&transport=polling"
grep -qi '^access-control-allow-origin: http://shop.example' head || fail "$(cat head)"
curl -s -D head -o /dev/null -X OPTIONS -H 'Access-Control-Request-Headers: x-a' \
  "$URL/socket.io/?EIO=4&transport=polling"
grep -q '^HTTP/1.1 204' head || fail "$(cat head)"
grep -qi '^access-control-allow-headers: x-a' head || fail "$(cat head)"
curl -s -D head -o /dev/null --http1.1 -m 2 -H 'Connection: Upgrade' -H 'Upgrade: websocket' \
  -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' \
  "$URL/socket.io/?EIO=4&transport=websocket" || true
grep -q '^HTTP/1.1 101' head || fail "$(cat head)"
grep -qi '^access-control-allow-origin: http://shop.example' head || fail "$(cat head)"
