#!/usr/bin/env bash
# TLS: --cacert, -k, $SSL_CERT_FILE, client certificates; an unknown certificate is refused with 3.
. "$(dirname "$0")/lib.sh"

make_cert() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
    -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" -keyout "$1.key" -out "$1.crt" 2>/dev/null
}
make_cert server
make_cert client

start_server --cert server.crt --key server.key
assert_contains "$URL" https://
"$SIO" emit "$URL" --cacert server.crt e 1
"$SIO" emit "https://localhost:$PORT" --cacert server.crt e 1
"$SIO" emit "$URL" -k e 1
"$SIO" emit "$URL" -k --transport polling e 1
SSL_CERT_FILE=$TMP/server.crt "$SIO" emit "$URL" e 1

expect_status 3 "$SIO" emit "$URL" e 1 2>unknown.err
assert_contains "$(cat unknown.err)" "--cacert"
expect_status 2 "$SIO" emit "$URL" --cacert /does/not/exist e 1 2>missing.err
assert_contains "$(cat missing.err)" "/does/not/exist"

start_server --cert server.crt --key server.key --cacert client.crt
"$SIO" emit "$URL" --cacert server.crt --cert client.crt --key client.key e 1
expect_status 3 "$SIO" emit "$URL" --cacert server.crt e 1 2>none.err
# A certificate of somebody else's is no better than none.
make_cert stranger
expect_status 3 "$SIO" emit "$URL" --cacert server.crt --cert stranger.crt --key stranger.key e 1 2>other.err
expect_status 2 "$SIO" emit "$URL" --cert client.crt e 2>half.err
assert_contains "$(cat half.err)" "--key"
