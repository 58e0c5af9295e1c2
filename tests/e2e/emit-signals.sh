#!/usr/bin/env bash
# A signal ends sio at once, also while it connects, and is the cause of death that the shell sees.
. "$(dirname "$0")/lib.sh"

in_log() { grep -q "$2" "$1" 2>/dev/null; }
# Background jobs of a shell ignore SIGINT, so each runs under an env that restores it.
run() { start env --default-signal=INT,TERM "$@"; }

run "$SIO" emit http://127.0.0.1:1 --wait 1h -v e 2>connecting.err
wait_until in_log connecting.err connecting
kill -INT "$STARTED"
expect_exit 130 "$STARTED"

start_server
run "$SIO" listen "$URL" -L >out 2>listen.err
wait_lines out 1
kill -TERM "$STARTED"
expect_exit 143 "$STARTED"

mkfifo pipe
run sh -c 'exec "$0" emit "$1" -lv e <pipe' "$SIO" "$URL" 2>emit.err
exec 3>pipe
wait_until in_log emit.err connected
kill -INT "$STARTED"
expect_exit 130 "$STARTED"
