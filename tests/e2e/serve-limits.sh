#!/usr/bin/env bash
# --max-payload, --max-clients and --connect-timeout are kept.
. "$(dirname "$0")/lib.sh"

start_server --max-payload 1000 --max-clients 2 --connect-timeout 300ms
handshake="$URL/socket.io/?EIO=4&transport=polling"
open=$(curl -sf "$handshake")
assert_contains "$open" '"maxPayload":1000}'
sid=$(sed 's/.*"sid":"\([^"]*\)".*/\1/' <<<"$open")
post() { curl -s -o body -w '%{http_code}' --data-binary @- "$handshake&sid=$sid"; }
printf '40' | post >/dev/null
{ printf '42["x","'; head -c 991 /dev/zero | tr '\0' x; printf '"]'; } >big
assert_equal 413 "$(post <big)"
{ printf '42["x","'; head -c 900 /dev/zero | tr '\0' x; printf '"]'; } >small
assert_equal 200 "$(post <small)"

curl -sf "$handshake" >/dev/null
assert_equal 503 "$(curl -s -o body -w '%{http_code}' "$handshake")"
assert_contains "$(cat body)" 'Too many clients'
# The second one joins no namespace, so its place is free again soon.
wait_until curl -sf -o /dev/null "$handshake"

idler_is_closed() {
  python3 "$HERE/raw_client.py" "$PORT" </dev/null >got 2>/dev/null && grep -qx closed got
}
wait_until idler_is_closed
