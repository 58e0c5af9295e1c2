#!/usr/bin/env bash
# -v tells of the connection; -vv is what a recording of the wire has, without secrets; -vvv with them.
. "$(dirname "$0")/lib.sh"

start_server
server_port=$PORT
start_wire() {
  start python3 "$HERE/wire.py" "$server_port" sent received >wire.log
  wait_lines wire.log 1
  WIRE=127.0.0.1:$(cat wire.log)
}
# What was told with the mark $1, without the time. Names of headers are as the wire has them in
# requests; of answers they are in lower case, so both are compared that way, and in any order.
told() { sed -nE "s/^[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3} $1 //p" err; }
head_in_lower() { sed -E 's/^([A-Za-z-]+): /\L\1: /' | sort; }
same() { cmp -s <(head_in_lower <"$1") <(told "$2" | head_in_lower); }
secrets=(-A '{"token":"s3cret-a"}' -H 'Authorization: Bearer s3cret-b' -H 'Cookie: c=s3cret-c'
  -H 'X-Api-Key: s3cret-d')

for transport in websocket polling; do
  start_wire
  "$SIO" emit "http://$WIRE/ns?token=s3cret-e&plain=1" "${secrets[@]}" --transport "$transport" \
    -vvv hello '{"n":1}' 'ünï' 2>err
  wait_until same sent '>'
  wait_until same received '<'
  assert_contains "$(told '>')" '["hello",{"n":1},"ünï"]'
  assert_contains "$(told '>')" "GET /socket.io/?token=s3cret-e&plain=1&EIO=4&transport=$transport"

  # The same run, for showing to others: every line is there, and no secret.
  "$SIO" emit "http://u:s3cret-f@127.0.0.1:$server_port/ns?token=s3cret-e&plain=1" "${secrets[@]}" \
    --transport "$transport" -vv hello '{"n":1}' 'ünï' 2>err
  assert_lacks "$(cat err)" s3cret
  assert_lacks "$(cat err)" "$(printf 'u:s3cret-f' | base64)"
  assert_same <(sed -E 's/[ {].*//' sent | sort -u) <(told '>' | sed -E 's/[ {].*//' | sort -u)
  assert_contains "$(told '>')" 'Authorization: Bearer ***'
  assert_contains "$(told '>')" 'X-Api-Key: ***'
  assert_contains "$(told '>')" "token=***&plain=1&EIO=4"
  assert_contains "$(told '>')" '40/ns,{"token":"***","sio":'
done

# What is wrong with an address is told without its secrets.
expect_status 2 "$SIO" emit -s 'http://u:s3cret@h:port/?token=s3cret' x 2>err
assert_lacks "$(cat err)" s3cret
assert_contains "$(cat err)" 'http://***@h:port/'

# -v: steps, without packets and times; a server that is not there yet is told each time.
expect_status 3 "$SIO" emit -v --wait 300ms http://127.0.0.1:1 x 2>err
assert_contains "$(cat err)" '* connecting to 127.0.0.1:1 by websocket'
assert_contains "$(cat err)" 'Connection refused; trying again in 0.'
"$SIO" emit "$URL" -v hello 2>err
assert_contains "$(cat err)" '* joined namespace / as '
assert_lacks "$(cat err)" hello
