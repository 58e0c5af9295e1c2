#!/usr/bin/env bash
# SIGHUP: connections from then on are shown the new certificate, those that stand go on; files that
# do not fit are told of, and the old ones stay in use.
. "$(dirname "$0")/lib.sh"

# make_cert NAME: NAME.crt and NAME.key.
make_cert() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
    -addext "subjectAltName=IP:127.0.0.1" -keyout "$1.key" -out "$1.crt" 2>/dev/null
}
# install_cert NAME: the server's files are NAME's from now on.
install_cert() { cp "$1.key" server.key && cp "$1.crt" server.crt; }
shown() {
  openssl s_client -connect "127.0.0.1:$PORT" -cert "${1:-ann}.crt" -key "${1:-ann}.key" </dev/null \
    2>/dev/null | sed -n 's/^subject=.*CN = //p'
}
for name in old new ann bob; do make_cert "$name"; done
install_cert old
cp ann.crt clients.crt

start_server --cert server.crt --key server.key --cacert clients.crt
as_ann=(--cacert old.crt --cert ann.crt --key ann.key)
start "$SIO" listen "$URL" "${as_ann[@]}" -c 1 >heard
listener=$STARTED
wait_until sh -c "ss -Htn state established sport = :$PORT | grep -q ."
assert_equal old "$(shown)"

install_cert new
cp bob.crt clients.crt
kill -HUP "$SERVER_PID"
wait_until grep -q 'read the certificates again' "$SERVER_LOG"
assert_equal new "$(shown)"
# The clients' certificates are judged anew as well.
expect_status 3 "$SIO" emit "$URL" --cacert new.crt --cert ann.crt --key ann.key e 1 2>refused.err
until ! kill -0 "$listener" 2>/dev/null; do
  "$SIO" emit "$URL" --cacert new.crt --cert bob.crt --key bob.key e 1
done
expect_exit 0 "$listener"

cp old.key server.key
kill -HUP "$SERVER_PID"
wait_until grep -q 'it does not belong to server.crt; the one before stays in use' "$SERVER_LOG"
assert_equal new "$(shown bob)"
"$SIO" emit "$URL" --cacert new.crt --cert bob.crt --key bob.key e 1
stop_server
