#!/usr/bin/env bash
# join -: records on stdin, answers to events that ask for an ack included.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

cat >app.py <<'END'
import json, sys
def say(**command): print(json.dumps(command), flush=True)
for line in sys.stdin:
    record = json.loads(line)
    if record["type"] == "event" and record["event"] == "start":
        say(type="event", event="ask", args=[1], to=[record["from"]], ns=record["ns"], ack=7)
    if record["type"] == "ack":
        say(type="event", event="answered", args=record["args"], to=[record["from"]], ns=record["ns"])
END
start_server --app "python3 $TMP/app.py"
mkfifo in
start sh -c 'exec "$0" join "$1" -L room - <in' "$SIO" "$URL" >out 2>join.err
exec 3>in
wait_lines out 1
echo '{"event":"start"}' >&3
wait_until grep -q '"ask"' out
ack=$(sed -n 's/.*"event":"ask".*"ack":\([0-9]*\).*/\1/p' out)
echo "{\"type\":\"ack\",\"ack\":99999}" >&3
echo "{\"type\":\"ack\",\"ack\":$ack,\"args\":[\"yes\",{\"\$binary\":\"aGk=\"}]}" >&3
wait_until grep -q '"answered"' out
assert_contains "$(cat out)" '"event":"answered","args":["yes", {"$binary":"aGk="}]'
assert_contains "$(cat join.err)" 'line 2: no event waits for ack 99999'
