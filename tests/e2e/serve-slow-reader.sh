#!/usr/bin/env bash
# A reader that stops reading costs the server no memory, and gets everything in order when it
# reads again; the others do not notice.
. "$(dirname "$0")/lib.sh"

start_server --store "$TMP/queue"
mkfifo slow.fifo
exec 3<>slow.fifo
start python3 "$HERE/raw_client.py" "$PORT" --stall go <slow.fifo >slow
echo 40 >&3
wait_lines slow 2
start "$SIO" listen "$URL" -c 50000 >fast
fast=$STARTED
wait_until sh -c "ss -Htn state established sport = :$PORT | grep -c . | grep -qx 2"
resident_kb() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$SERVER_PID/status"; }
before=$(resident_kb)
seq 50000 | sed "s/\$/ $(printf '%01500d' 0)/" | "$SIO" emit "$URL" -lS line
expect_exit 0 "$fast"
# 50,000 records of 1,500 bytes have passed: 80 MB that the reader has not taken.
grown=$(($(resident_kb) - before))
[ "$grown" -lt 65536 ] || fail "the server has grown by $grown KB"
touch go
wait_lines slow 50002
sed -n 's/^42\["line","\([0-9]*\) 0*"\]$/\1/p' slow >got
seq 50000 >want
assert_same want got
