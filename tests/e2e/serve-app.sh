#!/usr/bin/env bash
# --app: a shell script is the application. It answers, addresses rooms, and is started again when
# it dies, while its clients stay.
. "$(dirname "$0")/lib.sh"

cat >app.sh <<'APP'
while IFS= read -r line; do
  from=$(printf '%s' "$line" | sed -n 's/.*"\(from\|sid\)":"\([^"]*\)".*/\2/p')
  case $line in
    *'"type":"connect"'*'"restarted":true'*)
      printf '{"type":"event","event":"again","to":"%s"}\n' "$from" ;;
    *'"type":"connect"'*)
      printf '{"type":"join","sid":"%s","rooms":["everybody"]}\n' "$from" ;;
    *'"event":"double"'*)
      ack=$(printf '%s' "$line" | sed -n 's/.*"ack":\([0-9]*\)}$/\1/p')
      n=$(printf '%s' "$line" | sed -n 's/.*"args":\[\([0-9]*\)\].*/\1/p')
      printf '{"type":"ack","from":"%s","ack":%s,"args":[%s]}\n' "$from" "$ack" $((n * 2)) ;;
    *'"event":"say"'*)
      args=$(printf '%s' "$line" | sed -n 's/.*"args":\(\[.*\]\)}$/\1/p')
      printf '{"type":"event","event":"said","args":%s,"to":["everybody"],"except":["%s"]}\n' \
        "$args" "$from" ;;
    *'"event":"die"'*) exit 3 ;;
    *'"event":"kick"'*) printf '{"type":"disconnect","sid":"%s"}\n' "$from" ;;
  esac
done
APP
start_server --app "sh '$TMP/app.sh'"
mkfifo a.fifo b.fifo
exec 3<>a.fifo 4<>b.fifo
start python3 "$HERE/raw_client.py" "$PORT" <a.fifo >a
start python3 "$HERE/raw_client.py" "$PORT" <b.fifo >b
echo 40 >&3
echo 40 >&4
wait_lines a 2
wait_lines b 2

echo '420["double",21]' >&3
wait_lines a 3
assert_equal '430[42]' "$(sed -n 3p a)"

echo '42["say","it\u0027s","😀"]' >&3
wait_lines b 3
assert_equal '42["said","it\u0027s","😀"]' "$(sed -n 3p b)"

echo '42["die"]' >&3
wait_lines a 4
wait_lines b 4
assert_equal '42["again"]' "$(sed -n 4p a)"
wait_until grep -q 'the application ended (exit status 3)' "$SERVER_LOG"
echo '421["double",4]' >&4
wait_lines b 5
assert_equal '431[8]' "$(sed -n 5p b)"

echo '42["kick"]' >&4
wait_lines b 6
assert_equal 41 "$(sed -n 6p b)"
stop_server
