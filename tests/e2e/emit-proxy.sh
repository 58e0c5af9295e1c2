#!/usr/bin/env bash
# --proxy and the environment, through real proxies: CONNECT with and without a password, SOCKS with
# names that the proxy looks up, both transports, TLS inside; and what each of them refuses, with 3.
. "$(dirname "$0")/lib.sh"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key.pem -out cert.pem 2>/dev/null
start_server
plain=$URL plain_port=$PORT
start_server --cert cert.pem --key key.pem
tls=https://localhost:$PORT

free_port() { python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
is_open() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# start_http_proxy NAME LINE...: tinyproxy on a free port, HTTP_PORT, with lines of configuration.
start_http_proxy() {
  local name=$1
  shift
  HTTP_PORT=$(free_port)
  printf '%s\n' "Port $HTTP_PORT" 'Listen 127.0.0.1' 'Timeout 600' 'LogLevel Connect' "$@" >"$name.conf"
  start tinyproxy -d -c "$name.conf" >"$name.log" 2>&1
  wait_until is_open "$HTTP_PORT"
}
# emits PROXY-LOG WHAT ARG...: `sio emit ARG...` works, and the log of the proxy tells of WHAT.
emits() {
  local log=$1 what=$2 before
  shift 2
  before=$(grep -c -- "$what" "$log" || true)
  "$SIO" emit "$@" e 1
  wait_until eval "[ \$(grep -c -- '$what' '$log') -gt $before ]"
}
# refused PART ARG...: leaves with 3 and says PART; ping names the layer, LAYER.
refused() {
  local part=$1
  shift
  expect_status 3 "$SIO" ping "$@" >ping.ndjson 2>ping.err
  assert_equal "${LAYER:-proxy}" "$(tail -n 1 ping.ndjson | jq -r .layer)"
  expect_status 3 "$SIO" emit "$@" e 1 2>refused.err
  assert_contains "$(cat refused.err)" "$part"
}

start_http_proxy open
open=http://127.0.0.1:$HTTP_PORT
asked="CONNECT 127.0.0.1:$plain_port"
emits open.log "$asked" "$plain" --proxy "$open"
emits open.log "$asked" "$plain" --proxy "127.0.0.1:$HTTP_PORT" --transport polling
emits open.log "CONNECT localhost:$PORT" "$tls" --proxy "$open" --cacert cert.pem
emits open.log "CONNECT localhost:$PORT" "$tls" --proxy "$open" --cacert cert.pem --transport polling
http_proxy=$open emits open.log "$asked" "$plain" -v 2>told.err
assert_contains "$(cat told.err)" "through proxy ${open#http://} (\$http_proxy)"
all_proxy=$open emits open.log "$asked" "$plain"
https_proxy=$open emits open.log "CONNECT localhost:$PORT" "$tls" --cacert cert.pem
# The certificate is the server's, not the proxy's.
LAYER=tls refused "self-signed certificate" "$tls" --proxy "$open"
"$SIO" ping "$tls" --proxy "$open" --cacert cert.pem -c 0 >ping.ndjson
assert_equal "proxy tls http engine path polling upgrade websocket namespace auth" \
  "$(jq -r 'select(.type == "layer" and .ok).layer' ping.ndjson | paste -sd ' ')"
assert_contains "$(jq -r 'select(.layer == "proxy").proxy' ping.ndjson)" "127.0.0.1:$HTTP_PORT"

# Whatever is exempt does not ask the proxy.
asked_before=$(grep -c CONNECT open.log)
https_proxy=$open "$SIO" emit "$plain" e 1
http_proxy=$open no_proxy=127.0.0.0/8 "$SIO" emit "$plain" e 1
no_proxy=localhost "$SIO" emit "http://localhost:$plain_port" --proxy "$open" e 1
http_proxy=$open "$SIO" emit "$plain" --proxy '' e 1
assert_equal "$asked_before" "$(grep -c CONNECT open.log)"

# Events come back through it too.
"$SIO" listen "$plain" --proxy "$open" --since all -c 2 >heard.ndjson
assert_equal 2 "$(wc -l <heard.ndjson)"

start_http_proxy closed 'BasicAuth ann pass.word'
emits closed.log "$asked" "$plain" --proxy "http://ann:pass%2Eword@127.0.0.1:$HTTP_PORT"
# Tinyproxy answers 401, others 407.
refused "answered 40" "$plain" --proxy "http://127.0.0.1:$HTTP_PORT"
assert_contains "$(cat refused.err)" USER
refused "answered 40" "$plain" --proxy "http://ann:wrong@127.0.0.1:$HTTP_PORT"
assert_lacks "$(cat refused.err)" wrong

echo 'forbidden\.example' >filter
start_http_proxy filtering "Filter \"$TMP/filter\"" "ConnectPort $plain_port"
emits filtering.log "$asked" "$plain" --proxy "http://127.0.0.1:$HTTP_PORT"
refused "403" http://forbidden.example:80 --proxy "http://127.0.0.1:$HTTP_PORT"
refused "403" "$tls" --proxy "http://127.0.0.1:$HTTP_PORT"
http_proxy=http://127.0.0.1:$HTTP_PORT refused "proxy 127.0.0.1:$HTTP_PORT (\$http_proxy)" http://forbidden.example:80

# A server that is not there, a proxy that is not there, a proxy that is none.
dead=$(free_port)
refused "500" "http://127.0.0.1:$dead" --proxy "$open"
refused "connect 127.0.0.1:$dead: Connection refused" "$plain" --proxy "127.0.0.1:$dead"
refused "proxy 127.0.0.1:$plain_port" "$plain" --proxy "http://127.0.0.1:$plain_port"
refused "does not speak SOCKS 5" "$plain" --proxy "socks5h://127.0.0.1:$plain_port"
expect_status 2 "$SIO" emit "$plain" --proxy https://127.0.0.1 e 1 2>kind.err
assert_contains "$(cat kind.err)" "socks5h://"

socks_port=$(free_port)
start microsocks -i 127.0.0.1 -p "$socks_port" -u ann -P 'pass:word' >socks.log 2>&1
wait_until is_open "$socks_port"
socks=socks5h://ann:pass:word@127.0.0.1:$socks_port
emits socks.log "connected to 127.0.0.1:$plain_port" "$plain" --proxy "$socks"
# A name for the proxy to look up that has one address: microsocks tries no second one.
emits socks.log "connected to 127.1:$plain_port" "http://127.1:$plain_port" --proxy "$socks"
emits socks.log "connected to 127.0.0.1:$plain_port" "$plain" --proxy "$socks" --transport polling
tls=https://127.0.0.1:$PORT
emits socks.log "connected to 127.0.0.1:$PORT" "$tls" --proxy "$socks" --cacert cert.pem
all_proxy=$socks emits socks.log "connected to 127.0.0.1:$PORT" "$tls" --cacert cert.pem
refused "wants a user" "$plain" --proxy "socks5h://127.0.0.1:$socks_port"
refused "refused the user or the password" "$plain" --proxy "socks5h://ann:no@127.0.0.1:$socks_port"
refused "SOCKS reply 5" "http://127.0.0.1:$dead" --proxy "$socks"
refused "does not speak HTTP" "$plain" --proxy "http://127.0.0.1:$socks_port"
