#!/usr/bin/env bash
# --threads: connections belong to threads in turn, and for clients it is one server, whichever
# thread a request of theirs comes to.
. "$(dirname "$0")/lib.sh"
unset SIO_SERVE_OPTIONS

# The threads that have connections.
workers() { grep -lx sio-worker "/proc/$SERVER_PID/task/"*/comm 2>/dev/null | wc -l; }
start_server
assert_equal 0 "$(workers)"
stop_server

mkdir files
head -c 3000000 /dev/urandom >files/big
start_server --threads 3 --static files --admin "unix:$TMP/admin.sock" --store "$TMP/queue"
assert_equal 3 "$(workers)"
# An address is one server's, with threads too.
expect_status 3 "$SIO" serve --threads 2 "127.0.0.1:$PORT" 2>err
assert_contains "$(cat err)" 'Address already in use'

# One session, each of its requests on a connection, and so on a thread, of its own.
engine="$URL/socket.io/?EIO=4&transport=polling"
post() { curl -sf --data-binary "$1" "$engine&sid=$sid"; }
poll() { curl -sf "$engine&sid=$sid"; }
sid=$(curl -sf "$engine" | sed 's/.*"sid":"\([^"]*\)".*/\1/')
assert_equal ok "$(post 40)"
assert_contains "$(poll)" '40{"sid"'
start poll >polled
poller=$STARTED
"$SIO" emit "$URL" first 1
expect_exit 0 "$poller"
assert_equal '42["first",1]' "$(cat polled)"
for i in $(seq 20); do
  assert_equal ok "$(post "42[\"n\",$i]")"
  assert_equal ok "$(post "42${i}[\"ask\",$i]")"
  assert_contains "$(poll)" "43${i}["
done
"$SIO" listen "$URL" --since all -c 41 -F '%{event} %{0}\n' >heard
{ echo 'first 1' && seq 20 | sed 's/.*/n &\nask &/'; } >want
assert_same want heard
assert_equal 400 "$(curl -so out -w '%{http_code}' "$engine&sid=gone")"

# Listeners of every thread hear every publisher of every thread, in order.
for name in a b c d e f; do
  start "$SIO" listen "$URL" -c 2000 -F '%{0}\n' line >"$name"
  declare "$name=$STARTED"
done
wait_until sh -c "ss -Htn state established sport = :$PORT | grep -c . | grep -qx 6"
seq 2000 >numbers
"$SIO" emit "$URL" -lS line <numbers
for name in a b c d e f; do
  expect_exit 0 "${!name}"
  assert_same numbers "$name"
done

# HTTP: what is answered at once, what is streamed, what is asked for at the other door.
curl -sf "$URL/big" >big
assert_same files/big big
curl -sf "$URL/sio/events?since=all&poll=1" >stream
assert_equal 2041 "$(grep -c '"type":"event"' stream)"
curl -sf --unix-socket admin.sock http://x/metrics | grep -q '^sio_' || fail "no metrics"
stop_server

# A unix socket and TLS; a peer that speaks nonsense hurts nobody.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=x \
  -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem 2>/dev/null
start_server --threads 2 --cert cert.pem --key key.pem "unix:$TMP/s.sock" --max-clients 1
for _ in 1 2 3; do echo nonsense | curl -s -m 5 "telnet://127.0.0.1:$PORT" >/dev/null || true; done
wait_lines "$SERVER_LOG" 2
TLS=$(sed -n 's/^listening \(https.*\)/\1/p' "$SERVER_LOG")
# A TLS session goes on whichever thread has its next connection.
say_tls() { openssl s_client -connect "127.0.0.1:${TLS##*:}" -ign_eof "$@" 2>/dev/null <request || true; }
printf 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n' >request
say_tls -sess_out session >/dev/null
for _ in 1 2; do say_tls -sess_in session | grep -q '^Reused, TLSv1.3' || fail "a new session"; done
start "$SIO" listen "$TLS" --cacert cert.pem -c 1 -F '%{0}\n' >heard
listener=$STARTED
wait_until sh -c "ss -Htn state established sport = :${TLS##*:} | grep -q ."
expect_status 4 "$SIO" emit "$TLS" --cacert cert.pem e 1 2>err
assert_contains "$(cat err)" "Too many clients"
kill -TERM "$listener"
expect_exit 143 "$listener"
wait_until "$SIO" emit "$TLS" --cacert cert.pem e 1 2>err
stop_server
