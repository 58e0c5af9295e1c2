#!/usr/bin/env bash
# --relay: plain events go to the namespace, to shared rooms, or nowhere; sio:emit always works.
. "$(dirname "$0")/lib.sh"

talk() { start python3 "$HERE/raw_client.py" "$PORT" <"$1.fifo" >"$1"; }
clients() {
  rm -f ./*.fifo
  mkfifo near.fifo far.fifo speaker.fifo
  exec 3<>near.fifo 4<>far.fifo 5<>speaker.fifo
  for name in near far speaker; do talk $name; done
  printf '40\n420["join","red"]\n' >&3
  printf '40\n420["join","blue"]\n' >&4
  printf '40\n420["join","red"]\n' >&5
  for name in near far speaker; do wait_lines $name 3; done
}

start_server --relay rooms
clients
printf '42["hi"]\n421["sio:emit",{"event":"all"}]\n' >&5
wait_lines near 5
wait_lines far 4
assert_equal '42["hi"] 42["all"]' "$(tail -n +4 near | paste -sd' ')"
assert_equal '42["all"]' "$(tail -n +4 far)"

start_server --relay none
clients
printf '427["hi"]\n421["sio:emit",{"event":"red","rooms":["red"]}]\n422["sio:emit",{"event":"all"}]\n' >&5
wait_lines near 5
wait_lines far 4
assert_equal '42["red"] 42["all"]' "$(tail -n +4 near | paste -sd' ')"
assert_equal '42["all"]' "$(tail -n +4 far)"
wait_lines speaker 6
assert_contains "$(sed -n 4p speaker)" '"code":"forbidden"'
