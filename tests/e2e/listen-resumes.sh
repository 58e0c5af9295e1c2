#!/usr/bin/env bash
# A connection that breaks under a listener: what was missed is there afterwards, once, in order.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

start_server
# A proxy of our own, so that the connection can be cut while the server lives.
cat >proxy.py <<'END'
import os, socket, sys, threading
target = int(sys.argv[1])
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
live = []
def pump(a, b):
    try:
        while data := a.recv(65536): b.sendall(data)
    except OSError: pass
    for s in (a, b):
        try: s.shutdown(socket.SHUT_RDWR)
        except OSError: pass
def cut():
    for line in sys.stdin:
        for s in live:
            try: s.shutdown(socket.SHUT_RDWR)
            except OSError: pass
threading.Thread(target=cut, daemon=True).start()
while True:
    client, _ = listener.accept()
    server = socket.create_connection(("127.0.0.1", target))
    live.append(client)
    threading.Thread(target=pump, args=(client, server), daemon=True).start()
    threading.Thread(target=pump, args=(server, client), daemon=True).start()
END
mkfifo orders
start sh -c 'exec python3 proxy.py "$0" <orders' "$PORT" >proxy.log 2>proxy.err
exec 3>orders
wait_lines proxy.log 1
start "$SIO" listen "http://127.0.0.1:$(cat proxy.log)" -L -r room --strict >out 2>listen.err
wait_lines out 1
# One that has seen no event when the connection breaks.
start "$SIO" listen "http://127.0.0.1:$(cat proxy.log)" -L -r quiet --strict >quiet 2>quiet.err 3>&-
wait_lines quiet 1

seq 1 100 | "$SIO" emit "$URL" -l -r room e
wait_lines out 101
echo >&3
lost() { grep -q '"type":"disconnect"' out && grep -q '"type":"disconnect"' quiet; }
wait_until lost
"$SIO" emit "$URL" -r quiet missed
seq 101 300 | "$SIO" emit "$URL" -l -r room e
events() { grep -c '"event":"e"' out; }
all_there() { [ "$(events)" -ge 300 ]; }
wait_until all_there
sed -n 's/.*"event":"e","args":\[\([0-9]*\)\].*/\1/p' out >got
seq 300 >want
assert_same want got
assert_contains "$(cat out)" '"replay":true'
caught_up() { grep -q '"event":"missed"' quiet; }
wait_until caught_up
