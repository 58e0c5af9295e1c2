#!/usr/bin/env bash
# --store none: events are relayed and not kept, receipts have no id, and a reader that cannot keep
# up is closed.
. "$(dirname "$0")/lib.sh"

start_server --store none
mkfifo slow.fifo
exec 3<>slow.fifo
start python3 "$HERE/raw_client.py" "$PORT" --stall go <slow.fifo >slow
slow=$STARTED
echo 40 >&3
wait_lines slow 2
(
  printf '40\n427["ack"]\n'
  for _ in {1..200}; do
    printf '42["big","'
    head -c 100000 /dev/zero | tr '\0' x
    printf '"]\n'
  done
  printf '428["ack"]\n'
) >said
start python3 "$HERE/raw_client.py" "$PORT" <said >got
wait_lines got 4
assert_equal '437[{"id":null}]' "$(sed -n 3p got)"
wait_until grep -q 'reads too slowly' "$SERVER_LOG"
touch go
expect_exit 1 "$slow"
