#!/usr/bin/env bash
# --cert and --key: https and wss; --cacert: only clients with a certificate.
. "$(dirname "$0")/lib.sh"

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key.pem -out cert.pem 2>/dev/null
start_server --cert cert.pem --key key.pem
assert_contains "$URL" https://127.0.0.1:
curl -sf --cacert cert.pem "$URL/socket.io/?EIO=4&transport=polling" | grep -q '^0{"sid"'
expect_status 60 curl -s "$URL/socket.io/?EIO=4&transport=polling"

start_server --cert cert.pem --key key.pem --cacert cert.pem
if curl -sf --cacert cert.pem "$URL/socket.io/?EIO=4&transport=polling" >/dev/null; then
  fail "a client without a certificate was served"
fi
curl -sf --cacert cert.pem --cert cert.pem --key key.pem \
  "$URL/socket.io/?EIO=4&transport=polling" | grep -q '^0{"sid"'
