#!/usr/bin/env bash
# --ns says which namespaces exist; a refusal leaves the connection in use.
. "$(dirname "$0")/lib.sh"

start_server --ns / --ns '/room-*'
printf '40/nope\n40/room-1\n40/Room-1\n' |
  (start python3 "$HERE/raw_client.py" "$PORT" >got; wait_lines got 4)
assert_equal '44/nope,{"message":"Invalid namespace"}' "$(sed -n 2p got)"
assert_contains "$(sed -n 3p got)" '40/room-1,{"sid":"'
assert_equal '44/Room-1,{"message":"Invalid namespace"}' "$(sed -n 4p got)"
